#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# ovl - what overlayfs can do here, answered by behaviour

"""check.py SOURCE BUILD OVLPROBE: tries what tools/ovlprobe/fleet offers as far as it goes without a cluster. The
image's recipe is followed by hand: the binary is built by the command that stands there, into BUILD, and is then alone
in a root directory, with the privileges that the manifest gives it and the arguments of each of its containers."""

import ctypes
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f'skipped: "check.py": needs python3-jsonschema and python3-yaml: {missing}')
    sys.exit(77)

SOURCE, BUILD, OVLPROBE = (os.path.abspath(each) for each in sys.argv[1:])
HERE = os.path.dirname(os.path.abspath(__file__))
FLEET = os.path.join(SOURCE, "tools", "ovlprobe", "fleet")
IS_ROOT = os.geteuid() == 0

# What the API asks of a DaemonSet, as far as ours uses it; a key that is not here is a mistake in spelling.
NAME = {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "maxLength": 63}
LABELS = {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1}


def strict(required, **properties):
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


PROFILE = strict(["type"], type={"enum": ["Unconfined", "RuntimeDefault", "Localhost"]})
QUANTITIES = {"type": "object", "propertyNames": {"enum": ["cpu", "memory"]},
              "additionalProperties": {"type": "string", "pattern": r"^\d+(m|Ki|Mi|Gi)?$"}}
CONTAINER = strict(
    ["name", "image"], name=NAME, image={"type": "string", "pattern": r"^[a-z0-9./-]+:[\w.-]+$"},
    args={"type": "array", "items": {"type": "string"}},
    securityContext=strict(
        [], runAsUser={"type": "integer"}, readOnlyRootFilesystem={"type": "boolean"},
        capabilities=strict([], drop={"const": ["ALL"]}, add={"type": "array", "items": {"pattern": "^[A-Z_]+$"}}),
        seccompProfile=PROFILE, appArmorProfile=PROFILE),
    resources=strict([], requests=QUANTITIES, limits=QUANTITIES),
    volumeMounts={"type": "array", "items": strict(["name", "mountPath"], name=NAME,
                                                   mountPath={"type": "string", "pattern": "^/"})})
DAEMON_SET = strict(
    ["apiVersion", "kind", "metadata", "spec"], apiVersion={"const": "apps/v1"}, kind={"const": "DaemonSet"},
    metadata=strict(["name"], name=NAME, labels=LABELS),
    spec=strict(
        ["selector", "template"], selector=strict(["matchLabels"], matchLabels=LABELS),
        template=strict(
            ["metadata", "spec"], metadata=strict(["labels"], labels=LABELS),
            spec=strict(
                ["containers"], automountServiceAccountToken={"type": "boolean"},
                terminationGracePeriodSeconds={"type": "integer"}, tolerations={"type": "array"},
                containers={"type": "array", "items": CONTAINER, "minItems": 1},
                volumes={"type": "array", "items": strict(
                    ["name", "hostPath"], name=NAME,
                    hostPath=strict(["path"], path={"type": "string", "pattern": "^/"},
                                    type={"enum": ["Directory", "DirectoryOrCreate"]}))}))))

PATIENTLY = ["--timeout", "100"]  # other tests keep the machine busy
CAPABILITIES = {"DAC_OVERRIDE": 1, "DAC_READ_SEARCH": 2, "SYS_ADMIN": 21, "SETFCAP": 31}
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}  # the C library has no function for it


def manifest():
    with open(os.path.join(FLEET, "daemonset.yaml"), encoding="utf-8") as file:
        return yaml.safe_load(file)


def pod():
    return manifest()["spec"]["template"]["spec"]


def recipe():
    """The lines of the Containerfile, continued ones joined."""
    with open(os.path.join(FLEET, "Containerfile"), encoding="utf-8") as file:
        return file.read().replace("\\\n", " ").splitlines()


class Manifest(unittest.TestCase):
    def test_it_is_a_daemon_set(self):
        jsonschema.validate(manifest(), DAEMON_SET)

    def test_a_wrong_key_is_seen(self):
        wrong = manifest()
        wrong["spec"]["template"]["spec"]["containers"][0]["volumeMount"] = []
        with self.assertRaises(jsonschema.ValidationError):
            jsonschema.validate(wrong, DAEMON_SET)

    def test_its_pods_are_its_own(self):
        spec = manifest()["spec"]
        self.assertEqual(spec["selector"]["matchLabels"], spec["template"]["metadata"]["labels"])

    def test_each_mount_has_a_volume_and_each_output_a_mount(self):
        volumes = {each["name"] for each in pod()["volumes"]}
        used = set()
        for container in pod()["containers"]:
            mounts = {each["mountPath"]: each["name"] for each in container["volumeMounts"]}
            used |= set(mounts.values())
            arguments = container["args"]
            self.assertIn(os.path.dirname(arguments[arguments.index("--output") + 1]), mounts)
            self.assertIn(arguments[-1], mounts)
        self.assertEqual(used, volumes)

    def test_the_image_is_of_this_version(self):
        version = subprocess.run([OVLPROBE, "--version"], capture_output=True, check=True, text=True).stdout.split()[1]
        self.assertEqual({each["image"] for each in pod()["containers"]}, {f"ovlprobe:{version}"})


class Rules(unittest.TestCase):
    def promtool(self, *arguments):
        done = subprocess.run([os.path.join(HERE, "promtool"), *arguments], capture_output=True, text=True)
        if done.returncode == 77:
            self.skipTest(done.stderr.strip())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_they_are_rules(self):
        self.promtool("check", "rules", os.path.join(FLEET, "alerts.yaml"))

    def test_what_fires_and_what_does_not(self):
        self.promtool("test", "rules", os.path.join(HERE, "alerts.test.yaml"))


class Image(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        build = next(line for line in recipe() if line.startswith("RUN cmake"))
        here = {"/source": shlex.quote(SOURCE), "/build": shlex.quote(BUILD)}
        command = re.sub(r"/source\b|/build\b", lambda place: here[place[0]], build.removeprefix("RUN "))
        built = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
        assert built.returncode == 0, built.stdout + built.stderr
        copied = next(line for line in recipe() if line.startswith("COPY --from=build")).split()[2]
        cls.root = tempfile.mkdtemp(prefix="ovlprobe-image-")
        os.chmod(cls.root, 0o755)
        shutil.copy(copied.replace("/build", BUILD), os.path.join(cls.root, "ovlprobe"))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root)

    def test_the_recipe_installs_what_building_needs(self):
        with open(os.path.join(SOURCE, "sandbox", "run"), encoding="utf-8") as file:
            lists = dict(re.findall(r"^(\w+_packages)=\((.*?)\)", file.read(), re.M | re.S))
        wanted = (lists["build_packages"] + " " + lists["ovlprobe_packages"]).split()
        wanted = [each for each in wanted if not each.startswith('"') and each != "libmount-dev"]
        install = next(line for line in recipe() if "apt-get install" in line)
        given = [word for word in install.partition("apt-get install")[2].split() if not word.startswith("--")]
        self.assertEqual(sorted(given), sorted(wanted))

    def test_the_binary_needs_no_library(self):
        headers = subprocess.run(["readelf", "-l", os.path.join(self.root, "ovlprobe")], capture_output=True,
                                 check=True, text=True).stdout
        self.assertIn("LOAD", headers)
        self.assertNotIn("INTERP", headers)

    def in_container(self, container, directories):
        """Runs the binary in its root, to which these directories are mounted, as the manifest says; once."""
        libc = ctypes.CDLL(None, use_errno=True)
        arguments = list(container["args"])
        every = arguments.index("--every")
        del arguments[every:every + 2]
        context = container["securityContext"]
        kept = {CAPABILITIES[name] for name in context["capabilities"]["add"]}

        def check(status):
            if status != 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

        def mount(source, target, kind=None, flags=0):
            check(libc.mount(source and source.encode(), target.encode(), kind, ctypes.c_ulong(flags), None))

        def enter():
            bind, recursive, private, remount, read_only = 0x1000, 0x4000, 1 << 18, 0x20, 1
            check(libc.unshare(0x00020000))
            mount(None, "/", None, recursive | private)
            mount(self.root, self.root, None, bind)
            for path in ("proc", *directories):
                os.makedirs(os.path.join(self.root, path.lstrip("/")), exist_ok=True)
            mount("proc", os.path.join(self.root, "proc"), b"proc")
            for path, source in directories.items():
                mount(source, self.root + path, None, bind)
            mount(None, self.root, None, bind | remount | read_only)
            os.chdir(self.root)
            check(libc.syscall(PIVOT_ROOT[os.uname().machine], b".", b"."))
            check(libc.umount2(b".", 2))
            os.chdir("/")
            for capability in range(64):  # those that this kernel does not have are refused, and not there
                if capability not in kept:
                    libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP

        return subprocess.run(["/ovlprobe", *PATIENTLY, *arguments], preexec_fn=enter, capture_output=True, env={},
                              timeout=240)

    def run_container(self, name):
        container = next(each for each in pod()["containers"] if each["name"] == name)
        with tempfile.TemporaryDirectory(dir="/var/tmp") as store, tempfile.TemporaryDirectory() as out:
            paths = [each["mountPath"] for each in container["volumeMounts"]]
            done = self.in_container(container, {paths[0]: store, paths[1]: out})
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))
            self.assertEqual(os.listdir(store), [])
            (written,) = os.listdir(out)
            with open(os.path.join(out, written), encoding="utf-8") as file:
                text = file.read()
            whole = subprocess.run([OVLPROBE, *PATIENTLY, "--format", "json", store], capture_output=True,
                                   check=True).stdout
        answers = json.loads(whole)["directories"][0]["answers"]
        return text, {key: value["answer"] for key, value in answers.items() if key != "fuse-overlayfs"}

    def test_alone_in_its_root_it_makes_the_labels_that_root_gets(self):
        if not IS_ROOT:
            self.skipTest("needs CAP_SYS_ADMIN in the initial user namespace, as the manifest gives it")
        text, answers = self.run_container("labels")
        for key, answer in answers.items():
            if answer != "unknown":
                self.assertIn(f"ovl.{key}={'true' if answer == 'yes' else 'false'}\n", text)

    def test_alone_in_its_root_it_makes_the_metrics_that_root_gets(self):
        if not IS_ROOT:
            self.skipTest("needs CAP_SYS_ADMIN in the initial user namespace, as the manifest gives it")
        text, answers = self.run_container("metrics")
        for key, answer in answers.items():
            self.assertIn(f'ovl_capability{{path="/store",capability="{key}",answer="{answer}"}} 1\n', text)

    def test_the_small_memory_is_enough(self):
        limit = pod()["containers"][0]["resources"]["limits"]["memory"]
        self.assertRegex(limit, r"^\d+Mi$")
        with tempfile.TemporaryDirectory(dir="/var/tmp") as store:
            program = os.path.join(self.root, "ovlprobe")
            process = subprocess.Popen([program, *PATIENTLY, "--format", "nfd", store], stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        self.assertLess(usage.ru_maxrss * 2, int(limit[:-2]) * 1024)


def main():
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    for test, why in result.skipped:
        print(f'skipped: "{os.path.basename(sys.argv[0])}: {test.id()}": {why}')
    print(f"{result.testsRun - failed - skipped} passed, {failed} failed, {skipped} skipped")
    if failed != 0 or result.testsRun == 0:
        return 1
    return 77 if skipped == result.testsRun else 0


sys.exit(main())
