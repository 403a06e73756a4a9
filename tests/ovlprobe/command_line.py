#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# ovl - what overlayfs can do here, answered by behaviour

"""command_line.py OVLPROBE SCHEMA [CLASS...]: runs ovlprobe as its users do, as root, as an ordinary user and in
a user namespace, and holds what it prints and how it ends against what is promised. What cannot be
tried here is skipped by name."""

import base64
import ctypes
import datetime
import json
import os
import pty
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM, SCHEMA = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
IS_ROOT = os.geteuid() == 0
NEEDS_ROOT = "needs CAP_SYS_ADMIN in the initial user namespace"
NOBODY = 65534
FINE, REQUIRED_IS_NO, WRONG_USAGE, COULD_NOT_TELL = 0, 1, 2, 3


class Case(unittest.TestCase):
    """A scratch directory that an ordinary user may search, and ovlprobe to run in it."""

    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.mkdtemp(prefix="ovlprobe-test-")
        os.chmod(cls.home, 0o755)
        # Where the build lies an ordinary user may have no way to.
        cls.program = os.path.join(cls.home, "ovlprobe")
        shutil.copy(PROGRAM, cls.program)
        cls.store = os.path.join(cls.home, "store")
        os.mkdir(cls.store)
        if IS_ROOT:
            os.chown(cls.store, NOBODY, NOBODY)
        cls.as_user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if IS_ROOT else []

    @classmethod
    def tearDownClass(cls):
        left = [name for name in os.listdir(cls.store) if name.startswith(".ovl-probe")]
        shutil.rmtree(cls.home)
        assert not left, f"left behind: {left}"

    def run_probe(self, *arguments, prefix=(), cwd=None, env=None, **how):
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **(env or {})}
        for name in ("ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                environment[name] = os.environ[name]
        how.setdefault("stdout", subprocess.PIPE)
        return subprocess.run([*prefix, self.program, *arguments], cwd=cwd or self.store, env=environment,
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=120, **how)

    def run_as_user(self, *arguments, **how):
        done = self.run_probe(*arguments, prefix=self.as_user, **how)
        if b"was refused" in done.stderr:
            self.no_namespace("an ordinary user gets no user namespace here: " + done.stderr.decode())
        return done

    def no_namespace(self, why):
        if os.environ.get("OVL_SANDBOX") == "require":
            self.fail(why)
        self.skipTest(why)

    def run_as_root(self, *arguments, **how):
        if not IS_ROOT:
            self.skipTest(NEEDS_ROOT)
        return self.run_probe(*arguments, **how)

    def document_of(self, done):
        """Standard output as JSON, held against the schema where there is a validator."""
        document = json.loads(done.stdout.decode("utf-8", "strict"))
        try:
            import jsonschema
        except ImportError:
            return document
        with open(SCHEMA, encoding="utf-8") as file:
            jsonschema.validate(document, json.load(file))
        return document

    def dead_directory(self):
        """A directory that does not answer, and the words before a command that make it so."""
        if not IS_ROOT or not os.path.exists("/dev/fuse"):
            self.skipTest(NEEDS_ROOT + " and /dev/fuse, to mount a filesystem whose server is dead")
        dead = os.path.join(self.home, "dead")
        os.makedirs(dead, exist_ok=True)
        # A FUSE mount whose server never reads: statfs and everything after it block.
        mount = ("import ctypes, os, subprocess, sys\n"
                 "fd = os.open('/dev/fuse', os.O_RDWR)\n"
                 "options = f'fd={fd},rootmode=40000,user_id=0,group_id=0'.encode()\n"
                 "assert ctypes.CDLL(None).mount(b'dead', sys.argv[1].encode(), b'fuse', 0, options) == 0\n"
                 "sys.exit(subprocess.run(sys.argv[2:]).returncode)\n")
        return dead, ["unshare", "-m", sys.executable, "-c", mount, dead]

    def answers(self, *arguments, run=None):
        document = self.document_of((run or self.run_probe)("--format", "json", *arguments))
        return {key: value["answer"] for key, value in document["directories"][0]["answers"].items()}


class BadInput(Case):
    def assert_refused(self, *arguments, says, **how):
        done = self.run_probe(*arguments, **how)
        text = done.stderr.decode()
        self.assertEqual(done.returncode, WRONG_USAGE, text)
        self.assertEqual(done.stdout, b"")
        self.assertRegex(text, r"\Aovlprobe: [^\n]+\n\Z")
        for part in says if isinstance(says, tuple) else (says,):
            self.assertIn(part, text)

    def test_a_directory_that_is_missing(self):
        self.assert_refused("nowhere", says=("'nowhere'", "No such file"))

    def test_an_empty_name(self):
        self.assert_refused("", says=("''", "No such file"))

    def test_a_file(self):
        self.assert_refused(self.program, says="Not a directory")

    def test_a_path_that_is_too_long(self):
        self.assert_refused("x" * 5000, says="File name too long")
        self.assert_refused("x/" * 2500, says="File name too long")

    def test_a_directory_closed_to_this_user(self):
        if not IS_ROOT:
            self.skipTest(NEEDS_ROOT + ", to make a directory that is closed to an ordinary user")
        closed = os.path.join(self.home, "closed")
        os.mkdir(closed, 0o700)
        self.assert_refused(closed, prefix=self.as_user, says=("closed", "Permission denied"))

    def test_control_characters_in_a_name_do_not_reach_the_terminal(self):
        self.assert_refused(b"\x1b[31m\xff", says=r"'\x1b[31m\xff'")

    def test_an_unknown_option(self):
        self.assert_refused("--formt", "json", says=("'--formt'", "--format"))
        self.assert_refused("-x", says="'-x'")

    def test_an_unknown_capability(self):
        for option in ("--require", "--only", "--explain"):
            self.assert_refused(option, "native-dif", says=(option, "'native-dif'", "did you mean native-diff"))
        self.assert_refused("--require", "mount,!metacopyactive", says="metacopy-active")
        self.assert_refused("--only", "zzzzzzzzzzzz", says="'zzzzzzzzzzzz'")

    def test_no_capability_at_all(self):
        for option in ("--require", "--only", "--explain"):
            self.assert_refused(option, "", says=option)
        self.assert_refused("--require", "!", says="--require")

    def test_words_that_are_none_of_the_choices(self):
        for option in ("--format", "--mode", "--backend", "--color"):
            self.assert_refused(option, "purple", says=(option, "purple"))

    def test_a_time_limit_that_is_none(self):
        for limit in ("0", "-1", "nan", "1e9", "soon", ""):
            self.assert_refused("--timeout", limit, says="--timeout")
            self.assert_refused("--output", "file", "--every", limit, says="--every")

    def test_mount_options(self):
        self.assert_refused("-o", "metacopy=maybe", says=("-o", "metacopy=maybe"))
        self.assert_refused("-o", "lowerdir=/a:/b", says=("-o", "lowerdir"))

    def test_what_does_not_go_together(self):
        self.assert_refused("--format", "nfd", ".", "/", says="nfd")
        self.assert_refused("--format", "nfd", "--recommend", says="--recommend")
        self.assert_refused("--every", "60", says=("--every", "--output"))

    def test_an_output_file_that_cannot_be(self):
        self.assert_refused("--output", "nowhere/file", says=("nowhere/file", "No such file"))
        self.assert_refused("--output", ".", says="Is a directory")
        self.assert_refused("--output", "", says="--output")


class Status(Case):
    """Told by answers that do not depend on the privilege: d-type is yes, metacopy-active is no, and what needs
    a mount cannot be told with --no-mount."""

    def status(self, *arguments):
        return self.run_as_user(*arguments).returncode

    def test_fine(self):
        self.assertEqual(self.status(), FINE)
        self.assertEqual(self.status("--require", "native-diff,!metacopy-active"), FINE)

    def test_required_is_no(self):
        self.assertEqual(self.status("--require", "metacopy-active"), REQUIRED_IS_NO)
        self.assertEqual(self.status("--require", "native-diff", "--require", "!native-diff"), REQUIRED_IS_NO)

    def test_missing_comes_before_required_is_no(self):
        done = self.run_as_user("--format", "json", "--require", "metacopy-active", "nowhere", ".")
        self.assertEqual(done.returncode, WRONG_USAGE)
        self.assertIn(b"'nowhere'", done.stderr)
        self.assertEqual([each["path"] for each in self.document_of(done)["directories"]], ["."])

    def test_required_could_not_be_told(self):
        done = self.run_probe("--no-mount", "--require", "native-diff")
        self.assertEqual(done.returncode, COULD_NOT_TELL, done.stdout)

    def test_required_is_no_comes_before_could_not_be_told(self):
        self.assertEqual(self.status("--require", "!native-diff", "/proc", "."), REQUIRED_IS_NO)

    def test_nothing_could_be_answered(self):
        self.assertEqual(self.run_probe("--no-mount", "--only", "native-diff").returncode, COULD_NOT_TELL)

    def test_rootful_without_privilege(self):
        done = self.run_probe("--mode", "rootful", prefix=self.as_user)
        self.assertEqual(done.returncode, COULD_NOT_TELL)
        self.assertIn(b"CAP_SYS_ADMIN", done.stderr)
        self.assertEqual(done.stdout, b"")

    def test_a_namespace_that_is_refused_is_explained(self):
        # Inside a user namespace of its own the limit is this test's to set.
        inner = ("echo 0 > /proc/sys/user/max_user_namespaces && "
                 "exec setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin \"$@\"")
        done = self.run_probe("--format", "json", "--only", "native-diff,d-type",
                              prefix=[*self.as_user, "unshare", "-Urm", "sh", "-c", inner, "sh"])
        if b"unshare failed" in done.stderr or b"cannot create" in done.stderr:
            self.no_namespace("no user namespace, or no limit to set: " + done.stderr.decode())
        self.assertEqual(done.returncode, COULD_NOT_TELL, done.stderr)
        self.assertRegex(done.stderr.decode(), r"stage=unshare errno=ENOSPC cause=\S+ fix=\S+")
        answers = self.document_of(done)["directories"][0]["answers"]
        self.assertEqual(answers["native-diff"]["reason"], "namespace-refused")
        self.assertEqual(answers["native-diff"]["evidence"]["errno"], "ENOSPC")

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "wb") as full:
            done = self.run_as_user(stdout=full)
        self.assertEqual(done.returncode, COULD_NOT_TELL)
        self.assertEqual(done.stderr, b"ovlprobe: standard output: No space left on device\n")

    def test_a_reader_that_has_gone(self):
        read, write = os.pipe()
        os.close(read)
        done = self.run_as_user("--list", stdout=write)
        os.close(write)
        self.assertEqual(done.returncode, COULD_NOT_TELL)
        self.assertEqual(done.stderr, b"ovlprobe: standard output: Broken pipe\n")

    def test_quiet_prints_nothing(self):
        done = self.run_as_user("--quiet", "--require", "metacopy-active")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (REQUIRED_IS_NO, b"", b""))

    def test_a_directory_that_does_not_answer_is_given_up(self):
        dead, prefix = self.dead_directory()
        done = self.run_probe("--timeout", "0.5", "--format", "json", "--only", "native-diff,new-mount-api",
                              dead, ".", prefix=prefix)
        self.assertEqual(done.returncode, FINE, done.stderr)
        first, second = self.document_of(done)["directories"]
        self.assertEqual(first["answers"]["native-diff"]["reason"], "timed-out")
        self.assertEqual(first["answers"]["native-diff"]["answer"], "unknown")
        # What was answered before it hung stands, and so does the next directory.
        self.assertNotEqual(first["answers"]["new-mount-api"]["answer"], "unknown")
        self.assertEqual(second["answers"]["native-diff"]["answer"], "yes")


class Modes(Case):
    def environment(self, done):
        document = self.document_of(done)
        return document["mode"], document["user_namespace"]

    def test_root_asks_as_it_is(self):
        done = self.run_as_root("--format", "json", "--only", "native-diff,userxattr-needed")
        mode, namespace = self.environment(done)
        if namespace["initial"]:
            self.assertEqual(mode, "rootful")
        self.assertFalse(namespace["entered"])

    def test_an_ordinary_user_enters_a_namespace(self):
        done = self.run_as_user("--format", "json", "--only", "native-diff,userxattr-needed")
        mode, namespace = self.environment(done)
        self.assertEqual((mode, namespace["initial"], namespace["entered"]), ("rootless", False, True))
        identity = NOBODY if IS_ROOT else os.geteuid()
        self.assertEqual(namespace["uid_map"], f"0 {identity} 1")
        answers = self.document_of(done)["directories"][0]["answers"]
        self.assertEqual(answers["userxattr-needed"]["answer"], "yes")
        self.assertEqual(answers["native-diff"]["answer"], "yes")

    def test_inside_a_namespace_none_is_entered(self):
        prefix = [*self.as_user, "unshare", "-Urm"]
        done = self.run_probe("--format", "json", "--only", "userxattr-needed", prefix=prefix)
        if b"unshare failed" in done.stderr:
            self.no_namespace("no user namespace here: " + done.stderr.decode())
        mode, namespace = self.environment(done)
        self.assertEqual((mode, namespace["initial"], namespace["entered"]), ("rootless", False, False))

    def test_root_may_ask_as_rootless(self):
        done = self.run_as_root("--mode", "rootless", "--format", "json", "--only", "userxattr-needed")
        mode, namespace = self.environment(done)
        self.assertEqual((mode, namespace["entered"], namespace["uid_map"]), ("rootless", True, "0 0 1"))

    def test_relative_paths_lead_to_the_same_place(self):
        os.makedirs(os.path.join(self.home, "outer", "inner"), exist_ok=True)
        for path in ("outer/inner", "./outer/../outer/inner/", "../" + os.path.basename(self.home) + "/outer"):
            document = self.document_of(self.run_as_user("--format", "json", "--only", "d-type,new-mount-api",
                                                         path, cwd=self.home))
            self.assertEqual(document["directories"][0]["path"], path)

    def test_directories_called_like_options(self):
        names = ["-o", "--help", "--version", "--", "-", "a,b:c\\d"]
        for name in names:
            os.mkdir(os.path.join(self.store, name))
        try:
            done = self.run_probe("--no-mount", "--format", "json", "--", *names)
            self.assertEqual(done.returncode, FINE, done.stderr)
            self.assertEqual([each["path"] for each in json.loads(done.stdout)["directories"]], names)
            self.assertEqual(self.run_probe("--no-mount", "--hlep", "--", "-o").returncode, WRONG_USAGE)
        finally:
            for name in names:
                os.rmdir(os.path.join(self.store, name))

    def test_every_backend(self):
        for backend in ("auto", "fsopen", "classic", "libmount"):
            done = self.run_as_user("--format", "json", "--only", "native-diff", "--backend", backend)
            if b"built without libmount" in done.stderr:
                continue
            directory = self.document_of(done)["directories"][0]
            self.assertEqual(directory["answers"]["native-diff"]["answer"], "yes", backend)
            self.assertIn(directory["backend"], ("fsopen", "classic") if backend == "auto" else (backend,))

    def test_what_cannot_be_swept_is_a_warning(self):
        # Root here, or in the user namespace.
        parent = os.path.join(self.store, ".ovl-probe-0")
        child = os.path.join(parent, "ovl-scratch-0123456789abcdef")
        os.mkdir(parent)
        os.chmod(parent, 0o1700)
        os.mkfifo(child)
        if IS_ROOT:
            os.chown(parent, NOBODY, NOBODY)
        try:
            done = self.run_as_user("--quiet", "--require", "native-diff", ".")
            self.assertEqual(done.returncode, FINE, done.stderr)
            self.assertRegex(done.stderr.decode(), r"\Aovlprobe: warning: '\.': left behind [^\n]*"
                             r"\.ovl-probe-0/ovl-scratch-0123456789abcdef[^\n]*\n\Z")
        finally:
            os.unlink(child)
            os.rmdir(parent)

    def test_the_options_of_the_runtime_count(self):
        done = self.run_as_root("--format", "json", "--only", "native-diff,metacopy-active", "-o", "metacopy=on")
        answers = self.document_of(done)["directories"][0]["answers"]
        if self.document_of(done)["mode"] == "rootless":
            self.skipTest("metacopy=on takes the initial user namespace")
        self.assertEqual(answers["metacopy-active"]["answer"], "yes")
        self.assertEqual(answers["native-diff"]["reason"], "redirect-dir-on-by-metacopy")

    def test_no_mount_answers_from_facts(self):
        answers = self.answers("--no-mount", "--only", "native-diff,mount,overlay,new-mount-api")
        self.assertEqual((answers["native-diff"], answers["mount"]), ("unknown", "unknown"))
        self.assertEqual(answers["overlay"], "yes")
        if IS_ROOT:  # fsopen(2) wants the privilege that others get from a user namespace, which is not made here
            self.assertNotEqual(answers["new-mount-api"], "unknown")

    def test_only_asks_no_more_and_require_adds(self):
        self.assertEqual(set(self.answers("--no-mount", "--only", "mount,native-diff", "--require", "!uuid")),
                         {"mount", "native-diff", "uuid"})


class Json(Case):
    def test_every_level_keeps_the_schema(self):
        try:
            import jsonschema  # noqa: F401
        except ImportError:
            self.skipTest("needs python3-jsonschema")
        self.document_of(self.run_as_user("--format", "json", ".", "/", "/proc"))
        self.document_of(self.run_probe("--format", "json", "--no-mount", ".", "/proc"))
        if IS_ROOT:
            self.document_of(self.run_as_root("--format", "json", ".", "/proc"))

    def test_the_validator_can_say_no(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("needs python3-jsonschema")
        document = self.document_of(self.run_probe("--format", "json", "--no-mount"))
        document["directories"][0]["answers"]["mount"]["answer"] = "maybe"
        with open(SCHEMA, encoding="utf-8") as file, self.assertRaises(jsonschema.ValidationError):
            jsonschema.validate(document, json.load(file))

    def test_standard_output_is_nothing_but_json(self):
        done = self.run_probe("--format", "json", "--no-mount", ".", "nowhere")
        self.assertEqual(len(self.document_of(done)["directories"]), 1)
        self.assertIn(b"nowhere", done.stderr)

    def test_a_document_also_where_no_directory_is_left(self):
        done = self.run_probe("--format", "json", "nowhere")
        self.assertEqual((done.returncode, self.document_of(done)["directories"]), (WRONG_USAGE, []))

    def test_every_capability_of_the_list_is_answered(self):
        listed = [line.split()[0] for line in self.run_probe("--list").stdout.decode().splitlines() if line[0] != " "]
        self.assertGreaterEqual(len(listed), 35)
        document = self.document_of(self.run_as_user("--format", "json"))
        self.assertEqual(sorted(document["directories"][0]["answers"]), sorted(listed))

    def test_a_path_that_is_not_utf_8(self):
        name = b"not \xff utf-8 \xe2\x82"
        os.mkdir(os.path.join(self.home.encode(), name))
        done = self.run_probe("--format", "json", "--no-mount", name, "store", cwd=self.home)
        odd, plain = self.document_of(done)["directories"]
        self.assertEqual(base64.b64decode(odd["path_bytes"], validate=True), name)
        self.assertIn("\ufffd", odd["path"])
        self.assertNotIn("path_bytes", plain)


class Text(Case):
    def test_a_row_for_every_capability_and_no_mark_for_states(self):
        text = self.run_as_user("--only", "native-diff,metacopy-active,userxattr-needed").stdout.decode()
        self.assertRegex(text, r"(?m)^  ✓ native-diff +yes ")
        self.assertRegex(text, r"(?m)^    metacopy-active +no ")
        self.assertRegex(text, r"(?m)^    userxattr-needed +yes ")
        self.assertIn("fix: mount with userxattr", text)

    def test_why_evidence_and_fix_of_what_is_not_known(self):
        text = self.run_probe("--no-mount", "--only", "native-diff").stdout.decode()
        self.assertRegex(text, r"(?m)^  \? native-diff  unknown  ")
        self.assertRegex(text, r"(?m)^ +fix: ")

    def test_what_many_rows_share_is_explained_once(self):
        text = self.run_probe("--no-mount").stdout.decode()
        self.assertEqual(text.count("fix: ask again without --no-mount"), 1)
        self.assertIn("for the same reason as mount", text)

    def test_as_many_layers_as_the_kernel_takes(self):
        text = self.run_as_user("--only", "many-layers").stdout.decode()
        self.assertRegex(text, r"(?m)^  ✓ many-layers  \d+ ")
        self.assertNotIn("filesystem not known", text)

    def test_many_layers_are_really_mounted_where_they_are_asked_for_by_name(self):
        def reason(*arguments):
            document = self.document_of(self.run_as_user("--format", "json", *arguments))
            return document["directories"][0]["answers"]["many-layers"]
        asked_for = reason("--only", "many-layers")
        if asked_for["reason"] == "many-layers-in-a-page":
            self.skipTest("this kernel takes layers in one string alone, and they are mounted in any case")
        self.assertEqual((asked_for["reason"], asked_for["value"]), ("many-layers-mounted", 500))
        self.assertEqual(reason()["reason"], "many-layers-appended")

    def test_all_is_well_in_one_line(self):
        text = self.run_as_user("--only", "mount,native-diff,d-type").stdout.decode()
        self.assertRegex(text, r"(?m)^all is well: mount, native-diff, d-type$")
        text = self.run_as_user("--only", "mount,native-diff").stdout.decode()
        self.assertNotIn("all is well", text)

    def test_no_colour_where_there_is_no_terminal(self):
        self.assertNotIn(b"\x1b", self.run_probe("--no-mount").stdout)
        self.assertIn(b"\x1b[33m", self.run_probe("--no-mount", "--color", "always").stdout)

    def on_terminal(self, *arguments, prefix=(), **env):
        """What a terminal gets to see."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen([*prefix, self.program, *arguments], cwd=self.store, stdin=subprocess.DEVNULL,
                                   stdout=theirs, stderr=theirs,
                                   env={"PATH": os.environ["PATH"], "TERM": "xterm", "LC_ALL": "C.UTF-8", **env})
        os.close(theirs)
        seen = b""
        try:
            while part := os.read(ours, 4096):
                seen += part
        except OSError:  # The other end is closed.
            pass
        os.close(ours)
        process.wait()
        return seen

    def test_colour_on_a_terminal_and_how_to_be_without(self):
        self.assertIn(b"\x1b[33m", self.on_terminal("--no-mount"))
        self.assertNotIn(b"\x1b[33m", self.on_terminal("--no-mount", NO_COLOR="1"))
        self.assertNotIn(b"\x1b[33m", self.on_terminal("--no-mount", TERM="dumb"))
        self.assertNotIn(b"\x1b[33m", self.on_terminal("--no-mount", "--color", "never"))

    def test_progress_on_a_terminal_after_half_a_second(self):
        self.assertNotIn(b"waiting", self.on_terminal("--no-mount"))
        dead, prefix = self.dead_directory()
        arguments = ("--timeout", "1.2", "--only", "native-diff", dead)
        seen = self.on_terminal(*arguments, prefix=prefix, NO_COLOR="1")
        spent = [float(each) for each in re.findall(rb"waiting for \S+/dead \((\d\.\d) s\)", seen)]
        self.assertGreater(len(spent), 2, seen)
        self.assertGreaterEqual(spent[0], 0.5)
        self.assertEqual(spent, sorted(set(spent)))
        # The last of it is wiped before the answer is printed.
        self.assertTrue(seen[seen.rindex(b"waiting"):].partition(b"\r\x1b[K")[2].lstrip().startswith(b"Linux "), seen)
        self.assertNotIn(b"waiting", self.run_probe(*arguments, prefix=prefix).stderr)

    def test_ascii_where_the_locale_is_not_utf_8(self):
        name = "überall"
        os.makedirs(os.path.join(self.store, name), exist_ok=True)
        for arguments in (("--only", "native-diff", name), ("--list",)):
            text = self.run_as_user(*arguments, env={"LC_ALL": "C"}).stdout
            self.assertTrue(text.isascii(), text)
        self.assertIn(name, self.run_probe("--no-mount", name).stdout.decode())

    def test_lines_fit(self):
        for arguments in (("--no-mount",), ("--list",), ("--explain", "native-diff"), ()):
            for line in self.run_as_user(*arguments).stdout.decode().splitlines():
                self.assertLessEqual(len(line), 100, line)

    def test_explanations(self):
        for line in self.run_probe("--list").stdout.decode().splitlines():
            if line[0] == " ":
                continue
            done = self.run_probe("--explain", line.split()[0])
            self.assertEqual(done.returncode, FINE)
            meaning, trade_off, sources = done.stdout.decode().split("\n\n")[1:4]
            self.assertGreater(len(meaning), 20)
            self.assertRegex(trade_off, r"\ATrade-off: [^ ]")
            self.assertRegex(sources, r"\ASources: [^ ]")

    def test_help_and_version(self):
        self.assertEqual(self.run_probe("--help").returncode, FINE)
        self.assertRegex(self.run_probe("--version").stdout.decode(), r"\Aovlprobe \d+\.\d+\.\d+\n\Z")


class KernelLog(Case):
    """A survey does on purpose what the kernel refuses; how much of that its log gets is counted."""

    def lines_of(self, run):
        try:
            log = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        except OSError as error:
            self.skipTest(f"the kernel's log cannot be read: {error}")
        try:
            os.lseek(log, 0, os.SEEK_END)
            run()
            lines = []
            while True:
                try:
                    line = os.read(log, 8192).decode(errors="replace").partition(";")[2].splitlines()[0]
                except BlockingIOError:
                    return lines
                if line.startswith("overlayfs:"):
                    lines.append(line)
        finally:
            os.close(log)

    def fewest(self, run, bound):
        """Others may write to the log meanwhile: the quietest of some runs counts."""
        if not IS_ROOT:
            self.skipTest(NEEDS_ROOT + ", to read the kernel's log")
        fewest = self.lines_of(run)
        for _ in range(20):
            if len(fewest) <= bound:
                break
            fewest = min(fewest, self.lines_of(run), key=len)
        if len(fewest) > bound and self.lines_of(lambda: time.sleep(2)):
            self.skipTest("the kernel's log is written to by others: " + fewest[0])
        print(f"{len(fewest)} lines in the kernel's log ... ", end="")
        self.assertLessEqual(len(fewest), bound, "\n".join(fewest))

    def test_of_a_survey_as_root(self):
        self.fewest(lambda: self.run_as_root("--timeout", "60"), 2)

    def test_of_a_survey_as_an_ordinary_user(self):
        self.fewest(lambda: self.run_as_user("--timeout", "60"), 11)

    def test_of_the_three_answers(self):
        self.fewest(lambda: self.run_as_root("--only", "native-diff,metacopy-active,userxattr-needed"), 0)


class Recommendation(Case):
    def test_the_recommended_options_mount(self):
        for run, prefix in ((self.run_as_user, [*self.as_user, "unshare", "-Urm"]),
                            *(((self.run_as_root, ["unshare", "-m"]),) if IS_ROOT else ())):
            done = run("--recommend")
            self.assertRegex(done.stdout.decode(), r"\A[a-z_=,]*\n\Z")
            options = done.stdout.decode().strip()
            if prefix[-1] == "-Urm":
                self.assertIn("userxattr", options.split(","))
            with tempfile.TemporaryDirectory(dir=self.store) as tree:
                for layer in ("lower", "upper", "work", "merged"):
                    os.mkdir(os.path.join(tree, layer))
                for root, layers, _ in os.walk(tree):
                    if IS_ROOT and run == self.run_as_user:
                        for path in (root, *(os.path.join(root, layer) for layer in layers)):
                            os.chown(path, NOBODY, NOBODY)
                layers = "lowerdir=lower,upperdir=upper,workdir=work"
                subprocess.run([*prefix, "sh", "-c",
                                f"mount -t overlay -o {','.join(filter(None, (layers, options)))} overlay merged "
                                "&& : > merged/file"], cwd=tree, check=True)
                self.assertTrue(os.path.exists(os.path.join(tree, "upper", "file")))

    def test_nothing_where_nothing_mounts(self):
        self.assertEqual(self.run_as_user("--recommend", "/proc").stdout, b"\n")


class Labels(Case):
    def test_a_feature_file(self):
        done = self.run_as_user("--format", "nfd")
        first, *labels = done.stdout.decode().splitlines()
        match = re.fullmatch(r"# \+expiry-time=(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)", first)
        expires = datetime.datetime.strptime(match[1], "%Y-%m-%dT%H:%M:%SZ")
        self.assertGreater(expires, datetime.datetime.utcnow())
        self.assertGreater(len(labels), 30)
        for label in labels:
            self.assertRegex(label, r"\Aovl\.[a-z0-9]([a-z0-9.-]*[a-z0-9])?=(true|false)\Z")
            self.assertLessEqual(len(label.split("=")[0]), 63)
        self.assertLess(len(done.stdout), 65536)
        self.assertIn("ovl.native-diff=true", labels)
        self.assertIn("ovl.metacopy-active=false", labels)

    def test_what_is_not_known_has_no_label(self):
        self.assertNotIn(b"native-diff", self.run_probe("--format", "nfd", "--no-mount").stdout)

    def test_a_textfile(self):
        odd = b'quo"te \\ back\nline \xff'
        os.mkdir(os.path.join(self.home.encode(), odd))
        done = self.run_probe("--format", "prometheus", "--no-mount", "store", odd, cwd=self.home)
        text = done.stdout.decode("utf-8", "strict")
        sample = re.compile(r'[a-z_]+\{([a-z_]+="([^"\\\n]|\\["\\n])*",?)*\} [0-9.]+')
        for line in text.splitlines():
            self.assertTrue(line.startswith(("# HELP ", "# TYPE ")) or sample.fullmatch(line), line)
        self.assertIn('ovl_capability{path="store",capability="native-diff",answer="unknown"} 1\n', text)
        self.assertIn(r'path="quo\"te \\ back\\x0aline \\xff"', text)

    def test_promtool_takes_it(self):
        text = self.run_as_user("--format", "prometheus", ".", "/proc").stdout
        promtool = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fleet", "promtool")
        checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True)
        if checked.returncode == 77:
            self.skipTest(checked.stderr.decode().strip())
        self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, b""))
        wrong = subprocess.run([promtool, "check", "metrics"], input=text.replace(b"} 1", b"} one"), capture_output=True)
        self.assertNotEqual(wrong.returncode, 0)


class OutputFile(Case):
    def setUp(self):
        self.directory = tempfile.mkdtemp(dir=self.home)
        self.file = os.path.join(self.directory, "ovl.prom")

    def write(self, file, *arguments, **how):
        return self.run_probe("--format", "prometheus", "--no-mount", "--output", file, *arguments, **how)

    def test_a_new_file(self):
        done = self.write(self.file)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (FINE, b"", b""))
        with open(self.file, encoding="utf-8") as file:
            self.assertIn("ovl_capability", file.read())
        self.assertEqual(os.listdir(self.directory), ["ovl.prom"])
        mask = os.umask(0)
        os.umask(mask)
        self.assertEqual(stat.S_IMODE(os.stat(self.file).st_mode), 0o666 & ~mask)

    def test_a_reader_keeps_what_it_has_open(self):
        with open(self.file, "w", encoding="utf-8") as file:
            file.write("old")
        with open(self.file, encoding="utf-8") as reader:
            self.write(self.file)
            self.assertEqual(reader.read(), "old")
        self.assertGreater(os.path.getsize(self.file), 3)

    def test_again_and_again(self):
        process = subprocess.Popen([self.program, "--no-mount", "--output", self.file, "--every", "0.01"],
                                   cwd=self.store, env={"PATH": os.environ["PATH"]})
        try:
            for _ in range(2):
                for _ in range(1000):
                    if os.path.exists(self.file):
                        break
                    time.sleep(0.01)
                os.unlink(self.file)
            self.assertIsNone(process.poll())
        finally:
            process.kill()
            process.wait()

    def test_a_relative_name(self):
        self.write("ovl.prom", cwd=self.directory)
        self.assertEqual(os.listdir(self.directory), ["ovl.prom"])

    def test_a_symbolic_link_stays_one(self):
        link = os.path.join(self.home, "link")
        with open(self.file, "w", encoding="utf-8"):
            os.symlink(self.file, link)
        self.write(link)
        self.assertTrue(os.path.islink(link))
        self.assertGreater(os.path.getsize(self.file), 0)

    def test_a_device_is_written_to_and_not_replaced(self):
        if not IS_ROOT:
            self.skipTest(NEEDS_ROOT + ", who alone could replace a device")
        done = self.write("/dev/full")
        self.assertIn(b"No space left on device", done.stderr)
        self.assertTrue(stat.S_ISCHR(os.stat("/dev/full").st_mode))

    def test_nothing_is_left_where_there_is_no_space(self):
        full = os.path.join(self.home, "full")
        os.makedirs(full, exist_ok=True)
        if not IS_ROOT:
            self.skipTest(NEEDS_ROOT + ", to mount a full filesystem")
        fill = ('mount -t tmpfs -o size=4k,nr_inodes=10 tmpfs "$1" && head -c 4096 /dev/zero > "$1/fill"; shift; '
                '"$@"; status=$?; ls -A "$OLD"; exit $status')
        done = self.write(os.path.join(full, "ovl.prom"), prefix=["unshare", "-m", "sh", "-c", fill, "sh", full],
                          env={"OLD": full})
        self.assertEqual(done.returncode, COULD_NOT_TELL)
        self.assertIn(b"No space left on device", done.stderr)
        self.assertEqual(done.stdout.split(), [b"fill"])


def main():
    # What counts lines in the log that all share is run by its name, when nothing else is.
    module = sys.modules[__name__]
    cases = [each for each in vars(module).values() if isinstance(each, type) and issubclass(each, Case)]
    names = sys.argv[3:] or [each.__name__ for each in cases if each not in (Case, KernelLog)]
    suite = unittest.defaultTestLoader.loadTestsFromNames(names, module)
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
