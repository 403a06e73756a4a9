# shellcheck shell=bash disable=SC2154 # sourced by sandbox/run and tests/trust/sanitizers, whose $build and $source it uses
# SPDX-License-Identifier: BSL-1.0
# ovl - what overlayfs can do here, answered by behaviour
#
# Runs the suite here, as an ordinary user too where this is root, and on other kernels; adds up what really ran. A case
# that one run skips may have run in another (what needs true root cannot run as an ordinary user): skipped is what ran
# nowhere.

# shellcheck source=sandbox/unused_uid.bash
source "$source/sandbox/unused_uid.bash"

passed=0
failed=0
kernels_skipped=0
emulated= # a kernel that ran in QEMU
summary=()
without_sandbox=()
skip_lists=()
skipped_for_good=()

add_counts() {
    local name=$1
    passed=$((passed + $2))
    failed=$((failed + $3))
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

# ctest's JUnit file as the plain output it holds. What tests other than the program skip, and those
# that skip as a whole, no further run can make up for: marked `skipped for good`.
plain_output() {
    awk '
        /<testcase / { name = $0; sub(/.* name="/, "", name); sub(/".*/, "", name); lines = whole = 0 }
        /<skipped message="SKIP_RETURN_CODE/ { whole = 1 }
        { sub(/^[ \t]*<system-out>/, ""); gsub(/&quot;/, "\""); gsub(/&lt;/, "<"); gsub(/&gt;/, ">") }
        { gsub(/&amp;/, "\\&") }
        /^skipped: / { ++lines; if (name != "ovl-tests") sub(/^skipped/, "skipped for good") }
        /<\/testcase>/ {
            if (whole && !lines) print "skipped for good: \"" name "\": the test exits 77"
            next
        }
        { print }
    ' "$1"
}

# record_output NAME LOG: what a run says of its sandbox, and which cases it skipped and why.
record_output() {
    local line
    while IFS= read -r line; do
        summary+=("  $line")
    done < <(grep --text '^SANDBOX: ' "$2" || true)
    grep --quiet --text '^SANDBOX: active' "$2" || without_sandbox+=("$1")
    sed -n 's/^skipped: //p' "$2" >"$2.skips"
    skip_lists+=("$2.skips")
    while IFS= read -r line; do
        skipped_for_good+=("$line")
    done < <(sed -n 's/^skipped for good: //p' "$2")
}

# record_program NAME LOG STATUS: counts one run of the test program.
record_program() {
    local counts
    read -r -a counts < <(counts_of_program "$2" || echo 0 1 0)
    if (($3 != 0 && $3 != 77 && counts[1] == 0)); then
        counts[1]=1 # it died on the way out, or failed without a case to blame
    fi
    add_counts "$1" "${counts[@]}"
    record_output "$1" "$2"
}

# Its name, or its number where it has none.
this_user() {
    id -un 2>/dev/null || id -u
}

run_here() {
    local status=0 junit=$build/junit.xml whole=100000000 counts=(0 0 0) name
    name="as $(this_user)"
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
    add_counts "$name" "${counts[@]}"
    plain_output "$junit" >"$build/ovl-tests.here.log" || true
    record_output "$name" "$build/ovl-tests.here.log"
}

# The suite again without privileges, from a copy such a user can read and with a home of its own.
run_as_ordinary_user() {
    local uid home status=0 log=$build/ovl-tests.user.log kept=() name
    for name in ASAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS; do
        [[ ! -v $name ]] || kept+=("$name=${!name}")
    done
    uid=$(unused_uid)
    home=$(mktemp --directory --tmpdir ovl-tests.XXXXXX)
    mkdir "$home/bin" "$home/tmp"
    cp "$build"/bin/ovl-tests "$home/bin"
    if [[ -e $build/bin/ovlprobe ]]; then
        cp "$build/bin/ovlprobe" "$home/bin"
    fi
    chown -R "$uid:$uid" "$home"
    (cd "$home/tmp" && env --ignore-environment PATH="$PATH" LANG="${LANG:-C}" HOME="$home" \
        TMPDIR="$home/tmp" BOOST_TEST_COLOR_OUTPUT=no OVL_SANDBOX="$OVL_SANDBOX" "${kept[@]}" \
        setpriv --reuid "$uid" --regid "$uid" --clear-groups --inh-caps=-all \
        "$home/bin/ovl-tests") 2>&1 | tee "$log" || status=${PIPESTATUS[0]}
    rm -rf "$home"
    record_program "as an ordinary user ($uid)" "$log" "$status"
}

# The cases that every run skipped, each with its reason in the last of them.
skipped_everywhere() {
    local list
    ((${#skip_lists[@]} > 0)) || return 0
    cp "${skip_lists[0]}" "$build/skipped"
    for list in "${skip_lists[@]:1}"; do
        awk -F '"' 'NR == FNR { seen[$2]; next } $2 in seen' "$build/skipped" "$list" >"$build/skipped.next"
        mv "$build/skipped.next" "$build/skipped"
    done
    cat "$build/skipped"
}

# excused SKIP HOST KERNEL...: whether these runs could not have run that case; sets excuse.
excused() {
    excuse=
    # What a guest may skip is held against a list of its own.
    [[ -n $2 ]] || excuse="this machine was not asked for"
    case $1 in
    *'needs CAP_SYS_ADMIN in the initial user namespace'* | *'needs newuidmap'*)
        ((EUID == 0)) || excuse="this is not root"
        ;;
    *'needs a guest'*)
        [[ -n $emulated ]] || excuse="no kernel of Debian's was run"
        ;;
    *'needs a kernel'*)
        [[ " ${*:3} " == *" newest "* ]] || excuse="the newest kernel was not run"
        ;;
    esac
    [[ -n $excuse ]]
}

# run_every_test HOST KERNELS-ARE KERNEL...: here, unless HOST is empty, and on each kernel; KERNELS-ARE is `required` or
# empty. Fails where something failed; with 77 where nothing could be run.
run_every_test() {
    local host=$1 kernels_are=$2 kernels=("${@:3}")
    local required=${OVL_SANDBOX:-auto} unexpected=0 skipped=() line
    # A colour's escape sequence would stand before the line of counts.
    export BOOST_TEST_COLOR_OUTPUT=no
    # The program cannot know what another run of it covers: what is required is judged here.
    if [[ $required == require ]]; then
        export OVL_SANDBOX=auto
    fi
    export OVL_SANDBOX=${OVL_SANDBOX:-auto}

    if [[ -n $host ]]; then
        run_here
        if ((EUID == 0)); then
            run_as_ordinary_user
        fi
    fi
    if ((${#kernels[@]} > 0)); then
        # shellcheck source=sandbox/kernel_runs.bash
        source "$source/sandbox/kernel_runs.bash"
        run_on_kernels "$kernels_are" "${kernels[@]}"
    fi

    echo
    printf '%s\n' "${summary[@]}"
    mapfile -t skipped < <(skipped_everywhere)
    skipped+=("${skipped_for_good[@]}")
    for line in "${skipped[@]}"; do
        if excused "$line" "$host" "${kernels[@]}"; then
            echo "skipped, as $excuse: $line"
        else
            echo "skipped: $line"
            unexpected=$((unexpected + 1))
        fi
    done
    if [[ $required == require ]]; then
        if ((unexpected > 0)); then
            echo "OVL_SANDBOX=require: $unexpected cases ran nowhere"
            failed=$((failed + unexpected))
        fi
        for line in "${without_sandbox[@]}"; do
            echo "OVL_SANDBOX=require: no sandbox $line"
            failed=$((failed + 1))
        done
    fi
    echo "$passed passed, $failed failed, $((${#skipped[@]} + kernels_skipped)) skipped"
    ((failed == 0)) || return 1
    ((passed > 0)) || return 77
}
