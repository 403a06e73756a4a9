#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# ovl - what overlayfs can do here, answered by behaviour
"""strace_faults.py LEVEL MODE PROGRAM: faults that strace injects into a survey, and what it then says.

Nothing of the project's own makes these faults, so that they show what its own injector might hide. strace comes to
PROGRAM (ovl-trust-survey-once) when that is ready to begin, and goes when it is done. It counts the calls of each
thread by themselves, so that one run may have a fault in each of them.
"""
import concurrent.futures
import errno
import os
import re
import subprocess
import sys
import tempfile
import threading

ERRNOS = "EIO ENOSPC EDQUOT EACCES EPERM EMFILE ENFILE ENOMEM EINTR EROFS ELOOP ESTALE ENOSYS EBUSY".split()
# Without close(2), which strace would have not made at all, and what waits for others.
CALLS = ("openat openat2 mkdirat mknodat unlinkat renameat2 newfstatat statx fstatfs lsetxattr lgetxattr fchmodat2 "
         "getdents64 flock ioctl name_to_handle_at read fsopen fsconfig fsmount open_tree move_mount mount_setattr "
         "statmount mount umount2 unshare fchdir getrandom socketpair clone3 sendto").split()
# EPERM, EACCES and ENOSYS may be the kernel's word on the very thing that is asked about; when they are is told, and
# checked, in answers.hpp. No other errno can make another answer than `unknown` of one.
NEVER_AN_ANSWER = set(ERRNOS) - {"EPERM", "EACCES", "ENOSYS"}

# Seconds for one survey, which takes less than one.
TIME_LIMIT = 60


class Survey:
    """One survey in a fresh directory, and what was left there."""

    def __init__(self, program, mode, inject=None):
        self.answers = {}
        self.leaked = 0
        directory = tempfile.mkdtemp(prefix="ovl-strace-", dir=os.environ["TMPDIR"])
        log = directory + ".strace"
        with subprocess.Popen([program, directory, mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True) as survey:
            limit = threading.Timer(TIME_LIMIT, survey.kill)
            limit.daemon = True
            limit.start()
            survey.stdout.readline()
            command = ["strace", "-f", "-o", log, "-e", "trace=" + ",".join("?" + call for call in CALLS), "-p", str(survey.pid)]
            if inject:
                command[1:1] = ["-e", "inject=" + inject]
            with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
                said = tracer.stderr.readline()
                if "attached" not in said:
                    survey.kill()
                    sys.exit(f"strace: {said}{tracer.stderr.read()}")
                # The C library's own read of this line may be the one that is to fail: it ends the program.
                survey.stdin.write("\n")
                survey.stdin.flush()
                survey.stdout.readline()
                tracer.terminate()
            output, _ = survey.communicate("\n")
            limit.cancel()
        self.status = survey.returncode
        for line in output.splitlines():
            key, answer, *rest = line.split(" ", 3)
            if key == "leaked":
                self.leaked = int(answer)
            else:
                self.answers[key] = (answer, int(rest[0]), rest[1])
        with open(log, encoding="utf-8", errors="replace") as lines:
            self.log = lines.read()
        os.unlink(log)
        self.directory = directory

    def calls(self):
        """Each call and which one of its thread's it is.

        Those that this strace has no name for, though it logs them (fchmodat2 and statmount before 6.8), it cannot
        make fail: ovl-trust-faults-at-calls does.
        """
        counts = {}
        found = set()
        for thread, call in re.findall(r"^(\d+) +(\w+)\(", self.log, re.MULTILINE):
            if call.startswith("syscall_"):
                continue
            counts[thread, call] = counts.get((thread, call), 0) + 1
            found.add((call, counts[thread, call]))
        return sorted(found)


def swept(directory, program, mode):
    """Whether the next survey leaves nothing of what is there."""
    if not os.listdir(directory):
        os.rmdir(directory)
        return True
    subprocess.run([program, directory, mode], input="\n\n", stdout=subprocess.DEVNULL, text=True, check=False)
    return not os.listdir(directory)


def judge(before, after, call, error):
    """What is wrong with a survey under a fault."""
    # A child that ends without a report is EIO; and there may be no more namespaces, which is an answer: namespaces(7).
    of_namespaces = {"user-namespace": {errno.EIO}}
    no_more = error == "ENOSPC" and call in ("unshare", "clone3")
    if after.status != 0:
        yield f"it ended with status {after.status}"
        return
    if after.leaked:
        yield f"{after.leaked} descriptors leaked"
    for key, (was, was_errno, _) in before.answers.items():
        answer, number, why = after.answers[key]
        if answer == was:
            continue
        if answer != "unknown":
            if error in NEVER_AN_ANSWER and not (no_more and key == "user-namespace"):
                yield f"answered {why} instead of {was}"
        elif number not in {getattr(errno, error), was_errno, errno.EAGAIN} | of_namespaces.get(key, set()):
            yield f"another errno: answered {why} instead of {was}"


def main():
    level, mode, program = sys.argv[1:]
    program = os.path.abspath(program)
    before = Survey(program, mode)
    if before.status != 0 or not before.answers or not swept(before.directory, program, mode):
        sys.exit("the survey does not work without a fault")
    calls = before.calls()
    wanted = {"short": 10, "trust": 60}.get(level, len(calls))
    cases = []
    for number, (call, when) in enumerate(calls[::max(1, len(calls) // wanted)]):
        for error in ERRNOS if level == "long" else [ERRNOS[number % len(ERRNOS)]]:
            cases.append((call, when, error))

    def attempt(case):
        call, when, error = case
        after = Survey(program, mode, f"{call}:error={error}:when={when}")
        wrong = list(judge(before, after, call, error))
        if not swept(after.directory, program, mode):
            wrong.append("the next run does not sweep what is left")
        return "(INJECTED)" in after.log, wrong

    made = held = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for case, (injected, wrong) in zip(cases, pool.map(attempt, cases)):
            made += injected
            held += injected and not wrong
            for line in wrong:
                print(f"not held: strace: {case[0]} number {case[1]} {case[2]}: {line}")
    extent = "each call" if level == "long" else "a sample"
    print(f"figure: faults by strace ({extent}), {mode}: {made} made, {held} held")
    return 0 if made and made == held else 1


if __name__ == "__main__":
    sys.exit(main())
