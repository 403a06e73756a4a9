# shellcheck shell=bash disable=SC2154,SC2034 # sourced by test_runs.bash, whose names it shares
# SPDX-License-Identifier: BSL-1.0
# ovl - what overlayfs can do here, answered by behaviour
#
# The suite in guests with other kernels, as their root, and ovlprobe's answers there against the table of expectations.
# Each kernel leaves in $build/results/KERNEL: suite.log, junit.xml, answers.json, expectations.log, console.

# Seconds from a guest's start; the suite itself takes about one minute of an idle machine under emulation.
suite_time_limit=1200
answers_time_limit=600
# Seconds for one test case, which is several times slower there.
case_time_limit=${OVL_SANDBOX_TIME_LIMIT:-300}
guest_memory=768
programs=$build/results/programs

run_in() {
    "$source/sandbox/guests/run-in" "$@"
}

# Prints "--with PROGRAM" for each of these programs that this machine has, one word a line.
with_programs() {
    local name path
    for name in "$@"; do
        path=$(PATH=$PATH:/usr/sbin:/sbin command -v "$name" || true)
        [[ -z $path ]] || printf '%s\n' --with "$path"
    done
}

# What the suite itself runs.
suite_programs=(setpriv mount umount losetup mkfs.ext4 mkfs.xfs mkfs.btrfs chattr)

# suite_on KERNEL DIRECTORY: leaves the suite's output, exit status, and how the guest ended.
suite_on() {
    local kernel=$1 results=$2 status=0 with=() scratch=() disks=ext4,xfs,btrfs
    mapfile -t with < <(with_programs "${suite_programs[@]}")
    # Before Linux 6.6 a tmpfs carries no user attributes; a disk takes twice as long.
    case $kernel in uml | 5.* | 6.[0-5]) scratch=(--env OVL_SANDBOX_SCRATCH=/mnt/ext4) ;; esac
    # User-Mode Linux is built without quotas.
    [[ $kernel == uml ]] || disks+=,ext4-quota
    mkdir -p "$results/out"
    run_in --on "$kernel" --disk "$disks" --memory "$guest_memory" --timeout "$suite_time_limit" "${with[@]}" \
        "${scratch[@]}" --env "OVL_SANDBOX_TIME_LIMIT=$case_time_limit" \
        --output-dir "$results/out" --console "$results/console" \
        --outcome "$results/suite.outcome" -- "$programs/ovl-tests" \
        "--logger=HRF,message,stdout:JUNIT,message,$results/out/junit.xml" >"$results/suite.log" 2>&1 || status=$?
    echo "$status" >"$results/suite.status"
    junit_of "$kernel" "$results"
}

# What XML may hold of a text: the names that are tried are no UTF-8, or controls.
xml_text() {
    tr -d '\000-\010\013\014\016-\037' | { iconv -c --from-code=UTF-8 --to-code=UTF-16LE || true; } |
        iconv --from-code=UTF-16LE --to-code=UTF-8
}

# The program's JUnit file with the kernel in the suite's name; where the guest left none, one that says how it ended.
junit_of() {
    local outcome
    if [[ -s $2/out/junit.xml ]]; then
        sed "s/\(<testsuite [^>]*\)name=\"/\1name=\"$1: /" "$2/out/junit.xml" | xml_text >"$2/junit.xml"
    else
        outcome=$(cat "$2/suite.outcome")
        printf '<?xml version="1.0" encoding="UTF-8"?>\n<testsuite tests="1" errors="1" name="%s: guest"><testcase name="guest"><error message="%s"/></testcase></testsuite>\n' \
            "$1" "$outcome" >"$2/junit.xml"
    fi
    rm -rf "$2/out"
}

# answers_on KERNEL DIRECTORY: what ovlprobe answers there on each filesystem, against the table.
answers_on() {
    local kernel=$1 results=$2 status=0 disks=(ext4 xfs btrfs ext4-verity) places with=()
    local expectations=$source/tests/expectations
    # Older kernels refuse such a filesystem or cannot mount it; see the table.
    case $kernel in uml | 5.* | 6.? | 6.1[0-6]) ;; *) disks+=(ext4-casefold) ;; esac
    places=$(IFS=,; echo "${disks[*]}")
    mapfile -t with < <(with_programs setpriv)
    run_in --on "$kernel" --disk "$places" --timeout "$answers_time_limit" --with "$programs/ovlprobe" \
        "${with[@]}" --outcome "$results/answers.outcome" -- \
        "$expectations/ask" "$programs/ovlprobe" "${with[1]}" "${disks[@]/#//mnt/}" /tmp/place \
        >"$results/answers.json" 2>"$results/expectations.log" || status=$?
    if ((status == 0)); then
        "$expectations/check.py" "$expectations/answers.txt" "$kernel" "$places,tmpfs" \
            <"$results/answers.json" >>"$results/expectations.log" 2>&1 || status=$?
    fi
    echo "$status" >"$results/answers.status"
}

not_to_be_had=241

# The programs without what a debugger wants of them, five sixths of their size, which each guest would have to load.
slim_programs() {
    local name
    mkdir -p "$programs"
    for name in ovl-tests ovlprobe; do
        objcopy --strip-debug "$build/bin/$name" "$programs/$name"
    done
}

# Has each kernel fetched; leaves for each how that ended.
fetch_kernels() {
    local kernel status
    for kernel; do
        rm -rf "$build/results/$kernel"
        mkdir -p "$build/results/$kernel"
        status=0
        "$source/sandbox/guests/fetch" "$kernel" 2>"$build/results/$kernel/fetch.log" || status=$?
        echo "$status" >"$build/results/$kernel/fetch.status"
        "$source/sandbox/guests/fetch" --release "$kernel" >"$build/results/$kernel/release"
    done
}

fetched() {
    (($(cat "$build/results/$1/fetch.status") == 0))
}

# timed TASK KERNEL DIRECTORY: also leaves the seconds it took.
timed() {
    local begun=$SECONDS
    "$@"
    echo "$((SECONDS - begun)) s" >"$3/${1%_on}.time"
}

# run_guests KERNEL...: as many at once as there are processors, the long ones first.
run_guests() {
    local task kernel
    for task in suite_on answers_on; do
        for kernel; do
            while (($(jobs -r | wc -l) >= $(nproc))); do
                wait -n || true
            done
            timed "$task" "$kernel" "$build/results/$kernel" &
        done
    done
    wait
}

# How a guest ended that left no counts, as a failure of its own kind.
tell_guest_failure() {
    case $(cat "$2" 2>/dev/null) in
    panicked | hung | no-answer | host)
        summary+=("  on $1: the guest failed: $(tail -n 1 "$3")")
        ;;
    esac
}

record_kernel() {
    local kernel=$1 results=$build/results/$1 why counts=()
    if ! fetched "$kernel"; then
        why=$(tail -n 1 "$results/fetch.log")
        if (($(cat "$results/fetch.status") == not_to_be_had)) && [[ $2 != required ]]; then
            summary+=("on $kernel: skipped, $why")
            kernels_skipped=$((kernels_skipped + 1))
        else
            add_counts "on $kernel" 0 1 0
            summary+=("  on $kernel: $why")
        fi
        return 0
    fi
    [[ $kernel == uml ]] || emulated=$kernel
    cat "$results/suite.log"
    record_program "on $kernel, $(cat "$results/suite.time")" "$results/suite.log" "$(cat "$results/suite.status")"
    tell_guest_failure "$kernel" "$results/suite.outcome" "$results/suite.log"
    "$source/tests/expectations/skips.py" "$source/tests/expectations/skips.txt" "$kernel" \
        "$(cat "$results/release")" <"$results/suite.log" >"$results/skips.log" 2>&1 || true
    cat "$results/skips.log"
    read -r -a counts < <(counts_of_program "$results/skips.log" || echo 0 1 0)
    add_counts "on $kernel, expected skips" "${counts[@]}"
    cat "$results/expectations.log"
    read -r -a counts < <(counts_of_program "$results/expectations.log" || echo 0 1 0)
    add_counts "on $kernel, $(cat "$results/answers.time"), answers" "${counts[@]}"
    tell_guest_failure "$kernel" "$results/answers.outcome" "$results/expectations.log"
}

# run_on_kernels KERNELS-ARE KERNEL...: each in guests of its own. A kernel that is not to be had is skipped by name, and
# a failure where KERNELS-ARE is `required`.
run_on_kernels() {
    local kernels_are=$1 kernel had=()
    shift
    slim_programs
    fetch_kernels "$@"
    for kernel; do
        if fetched "$kernel"; then had+=("$kernel"); fi
    done
    run_guests "${had[@]}"
    for kernel; do
        record_kernel "$kernel" "$kernels_are"
    done
}
