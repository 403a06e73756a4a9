# shellcheck shell=bash disable=SC2154 # sourced by sandbox/run, whose $build and $source it uses
# SPDX-License-Identifier: BSL-1.0
# ovl - what overlayfs can do here, answered by behaviour
#
# Runs the suite here, as an ordinary user where this is root, and on other kernels where asked to;
# adds up what really ran.

passed=0
failed=0
skipped=0
summary=()

add_counts() {
    local name=$1
    passed=$((passed + $2))
    failed=$((failed + $3))
    skipped=$((skipped + $4))
    summary+=("$(printf '%-28s %s passed, %s failed, %s skipped' "$name:" "$2" "$3" "$4")")
}

# Prints "PASSED FAILED SKIPPED" out of a test program's output: the sum of its closing lines.
# Fails where it closed with none: it died, and how many cases it had nobody knows.
counts_of_program() {
    awk '
        /^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ { p += $1; f += $3; s += $5; seen = 1 }
        END { if (!seen) exit 1; print p, f, s }
    ' "$1"
}

# The same out of ctest's JUnit file: a test that closes with a line of counts stands for as many
# cases as that says, any other for one. (ctest's own log calls a skipped test passed.)
counts_of_ctest() {
    awk '
        { sub(/^[ \t]*<system-out>/, "") }
        /<testcase / {
            p = f = s = lines = 0
            status = /status="run"/ ? "passed" : "failed"
        }
        /<skipped message="SKIP_RETURN_CODE/ { status = "skipped" }
        /^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ { p += $1; f += $3; s += $5; ++lines }
        /<\/testcase>/ {
            if (!lines) { p = status == "passed"; s = status == "skipped"; f = status == "failed" }
            # A program that fails after a clean count died on the way out.
            if (lines && status == "failed" && f == 0) f = 1
            passed += p; failed += f; skipped += s
        }
        END { print passed + 0, failed + 0, skipped + 0 }
    ' "$1"
}

# Keeps the lines in which a test program says whether it had its sandbox.
keep_sandbox_lines() {
    local line
    while IFS= read -r line; do
        summary+=("  $line")
    done < <(sed -n 's/^[ \t]*\(<system-out>\)\{0,1\}\(SANDBOX: .*\)/\2/p' "$1" 2>/dev/null || true)
}

# record_program NAME LOG STATUS: counts one run of the test program.
record_program() {
    local counts
    read -r -a counts < <(counts_of_program "$2" || echo 0 1 0)
    if (($3 != 0 && $3 != 77 && counts[1] == 0)); then
        counts[1]=1 # it died on the way out, or failed without a case to blame
    fi
    add_counts "$1" "${counts[@]}"
    keep_sandbox_lines "$2"
}

run_here() {
    local status=0 junit=$build/junit.xml whole=100000000 counts=(0 0 0)
    rm -f "$junit"
    ctest --test-dir "$build" --no-tests=error --output-on-failure --parallel "$(nproc)" \
        --output-junit "$junit" --test-output-size-passed "$whole" \
        --test-output-size-failed "$whole" || status=$?
    if [[ -e $junit ]]; then
        read -r -a counts < <(counts_of_ctest "$junit")
    fi
    if ((status != 0 && counts[1] == 0)); then
        counts[1]=1 # ctest's word stands over what its file shows
    fi
    add_counts "as $(id -un)" "${counts[@]}"
    keep_sandbox_lines "$junit"
}

# A uid that is nobody's here: no process, file or limit of anybody else is touched.
unused_uid() {
    local uid=59998
    while getent passwd "$uid" >/dev/null; do
        uid=$((uid - 1))
    done
    echo "$uid"
}

# The suite again without privileges, from a copy such a user can read and with a home of its own.
run_as_ordinary_user() {
    local uid home status=0
    uid=$(unused_uid)
    home=$(mktemp --directory --tmpdir ovl-tests.XXXXXX)
    mkdir "$home/bin" "$home/tmp"
    cp "$build"/bin/ovl-tests "$home/bin"
    if [[ -e $build/bin/ovlprobe ]]; then
        cp "$build/bin/ovlprobe" "$home/bin"
    fi
    chown -R "$uid:$uid" "$home"
    (cd "$home/tmp" && env --ignore-environment PATH="$PATH" LANG="${LANG:-C}" HOME="$home" \
        TMPDIR="$home/tmp" BOOST_TEST_COLOR_OUTPUT=no OVL_SANDBOX="${OVL_SANDBOX:-auto}" CI="${CI:-}" \
        setpriv --reuid "$uid" --regid "$uid" --clear-groups --inh-caps=-all \
        "$home/bin/ovl-tests") 2>&1 | tee "$build/ovl-tests.user.log" || status=${PIPESTATUS[0]}
    rm -rf "$home"
    record_program "as an ordinary user ($uid)" "$build/ovl-tests.user.log" "$status"
}

run_on_kernels() {
    local kernel status log
    [[ -x $source/sandbox/guests/run-in ]] || stop "tests --on: sandbox/guests/run-in is not there"
    for kernel in ${1//,/ }; do
        status=0
        log=$build/ovl-tests.$kernel.log
        "$source/sandbox/guests/run-in" --on "$kernel" "${@:2}" -- "$build/bin/ovl-tests" 2>&1 |
            tee "$log" || status=${PIPESTATUS[0]}
        record_program "on $kernel" "$log" "$status"
    done
}

# run_every_test KERNELS [GUEST ARGUMENT...]
run_every_test() {
    # A colour's escape sequence would stand before the line of counts.
    export BOOST_TEST_COLOR_OUTPUT=no
    run_here
    if ((EUID == 0)); then
        run_as_ordinary_user
    fi
    if [[ -n $1 ]]; then
        run_on_kernels "$@"
    fi

    echo
    printf '%s\n' "${summary[@]}"
    echo "$passed passed, $failed failed, $skipped skipped"
    if ((failed > 0 || passed == 0)); then
        return 1
    fi
    if [[ ${OVL_SANDBOX:-} == require ]] && ((skipped > 0)); then
        echo "OVL_SANDBOX=require: a skip is a failure"
        return 1
    fi
}
