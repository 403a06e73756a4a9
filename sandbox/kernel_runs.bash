# shellcheck shell=bash disable=SC2154,SC2034 # sourced by test_runs.bash, whose names it shares
# SPDX-License-Identifier: BSL-1.0
# ovl - what overlayfs can do here, answered by behaviour
#
# The suite in guests with other kernels, as their root, and ovlprobe's answers there against the table of expectations.
# Each kernel leaves in $build/results/KERNEL: suite.log, junit.xml, answers.json, expectations.log, console.

# Seconds from a guest's start; the suite itself takes less than one minute of an idle machine under emulation.
suite_time_limit=900
answers_time_limit=300
guest_memory=768

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
    local kernel=$1 results=$2 status=0 with=()
    mapfile -t with < <(with_programs "${suite_programs[@]}")
    mkdir -p "$results/out"
    run_in --on "$kernel" --disk ext4,xfs,btrfs --memory "$guest_memory" --timeout "$suite_time_limit" "${with[@]}" \
        --env OVL_SANDBOX_SCRATCH=/mnt/ext4 --output-dir "$results/out" --console "$results/console" \
        --outcome "$results/suite.outcome" -- "$build/bin/ovl-tests" \
        "--logger=HRF,warning,stdout:JUNIT,all,$results/out/junit.xml" >"$results/suite.log" 2>&1 || status=$?
    echo "$status" >"$results/suite.status"
    junit_of "$kernel" "$results"
}

# The program's JUnit file with the kernel in the suite's name; where the guest left none, one that says how it ended.
junit_of() {
    local outcome
    if [[ -s $2/out/junit.xml ]]; then
        sed "s/\(<testsuite [^>]*\)name=\"/\1name=\"$1: /" "$2/out/junit.xml" >"$2/junit.xml"
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
    run_in --on "$kernel" --disk "$places" --timeout "$answers_time_limit" --with "$build/bin/ovlprobe" \
        "${with[@]}" --outcome "$results/answers.outcome" -- \
        "$expectations/ask" "$build/bin/ovlprobe" "${with[1]}" "${disks[@]/#//mnt/}" /tmp/place \
        >"$results/answers.json" 2>"$results/expectations.log" || status=$?
    if ((status == 0)); then
        "$expectations/check.py" "$expectations/answers.txt" "$kernel" "$places,tmpfs" \
            <"$results/answers.json" >>"$results/expectations.log" 2>&1 || status=$?
    fi
    echo "$status" >"$results/answers.status"
}

not_to_be_had=241

# One kernel, from fetching to the last comparison.
run_on_kernel() {
    local results=$build/results/$1
    rm -rf "$results"
    mkdir -p "$results"
    suite_on "$1" "$results"
    if (($(cat "$results/suite.status") != not_to_be_had)); then
        answers_on "$1" "$results"
    fi
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
    local kernel=$1 results=$build/results/$1 status counts=()
    status=$(cat "$results/suite.status")
    cat "$results/suite.log"
    if ((status == not_to_be_had)) && [[ $2 != required ]]; then
        summary+=("on $kernel: skipped, $(tail -n 1 "$results/suite.log")")
        kernels_skipped=$((kernels_skipped + 1))
        return
    fi
    record_program "on $kernel" "$results/suite.log" "$status"
    tell_guest_failure "$kernel" "$results/suite.outcome" "$results/suite.log"
    ((status != not_to_be_had)) || return 0
    cat "$results/expectations.log"
    read -r -a counts < <(counts_of_program "$results/expectations.log" || echo 0 1 0)
    add_counts "on $kernel, expectations" "${counts[@]}"
    tell_guest_failure "$kernel" "$results/answers.outcome" "$results/expectations.log"
}

# run_on_kernels KERNELS REQUIRED: each in a guest, as many at once as there are processors. A kernel that is not to be
# had is skipped by name, and a failure where it is required.
run_on_kernels() {
    local kernel each_kernel=()
    read -r -a each_kernel <<<"${1//,/ }"
    for kernel in "${each_kernel[@]}"; do
        while (($(jobs -r | wc -l) >= $(nproc))); do
            wait -n || true
        done
        run_on_kernel "$kernel" &
    done
    wait
    for kernel in "${each_kernel[@]}"; do
        record_kernel "$kernel" "$2"
    done
}
