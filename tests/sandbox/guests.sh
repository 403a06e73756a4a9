#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# ovl - what overlayfs can do here, answered by behaviour
#
# guests.sh [LEVEL|usage|cache]...   the guests' own tests: at a level, of wrong usage, of the cache's failures
# Without arguments those in OVL_TEST_GUESTS, else usage cache uml 5.10 newest.
# Exit status: 0 all passed; 1 some failed; 77 none failed, but some were skipped (each named).
# shellcheck disable=SC2016 # what stands in single quotes is for the guest's shell
set -uo pipefail
guests=$(cd "$(dirname "$0")/../../sandbox/guests" && pwd)
run_in=$guests/run-in
project=$guests/..
if [ $# = 0 ]; then read -ra given <<<"${OVL_TEST_GUESTS:-usage cache uml 5.10 newest}"; else given=("$@"); fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0 skipped=0

# run COMMAND...: sets status, and keeps standard output and error.
run() {
  status=0
  "$@" >"$scratch/output" 2>"$scratch/error" || status=$?
}
output() { cat "$scratch/output"; }
error() { cat "$scratch/error"; }

# expect NAME CONDITION...: the condition is a command.
expect() {
  local name=$1
  shift
  if "$@"; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    printf 'FAILED %s: %s\n  status %s\n' "$name" "$*" "$status"
    head -c 400 "$scratch/output" | sed 's/^/  out: /'
    head -c 800 "$scratch/error" | sed 's/^/  err: /'
  fi
}
is() { [ "$1" = "$2" ]; }
has() { [[ $1 == *"$2"* ]]; }
skip() {
  skipped=$((skipped + 1))
  echo "SKIPPED $*"
}

command_comes_back() {
  run "$run_in" --on "$1" --outcome "$scratch/outcome" -- sh -c 'uname -r; id -u; echo wrong >&2; exit 3'
  expect "$1: exit status" is "$status" 3
  expect "$1: outcome" is "$(cat "$scratch/outcome")" "exit 3"
  expect "$1: output is the command's" is "$(output | tail -n1)" 0
  expect "$1: error is the command's alone" is "$(error)" wrong
  run "$run_in" --on "$1" --outcome "$scratch/outcome" -- sh -c 'kill -PIPE $$'
  expect "$1: signal" is "$status:$(cat "$scratch/outcome")" "141:signal 13"
  run "$run_in" --on "$1" -- /nowhere/to/be/found
  expect "$1: a command that is missing here" is "$status" 240
  run "$run_in" --on "$1" -- no-such-program
  expect "$1: a command that is missing there" is "$status" 127
}

# More than any buffer holds, through both channels, of a dynamically linked program of this machine with blanks in its arguments.
output_is_intact() {
  local script='i=0; while [ $i -lt 4000 ]; do printf "%s %064d\n" "$1" $i; printf "%s %064d\r\n" "$2" $i >&2; i=$((i + 1)); done'
  "$BASH" -c "$script" "$BASH" "to out" "to err" >"$scratch/wanted-output" 2>"$scratch/wanted-error"
  run "$run_in" --on "$1" -- "$BASH" -c "$script" "$BASH" "to out" "to err"
  expect "$1: every byte of output" cmp -s "$scratch/output" "$scratch/wanted-output"
  expect "$1: every byte of error" cmp -s "$scratch/error" "$scratch/wanted-error"
}

parameters_arrive() {
  local read_both='cat /sys/module/overlay/parameters/redirect_dir /sys/module/overlay/parameters/metacopy'
  run "$run_in" --on "$1" -o "redirect_dir=on metacopy=on" -- sh -c "$read_both"
  expect "$1: parameters on" is "$(output)" $'Y\nY'
  run "$run_in" --on "$1" -o redirect_dir=off -o metacopy=off -- sh -c "$read_both"
  expect "$1: parameters off" is "$(output)" $'N\nN'
  run "$run_in" --on "$1" -o nonsense=1 -- true
  expect "$1: a parameter there is none of" is "$status" 245
  expect "$1: says which" has "$(error)" "no parameter 'nonsense'"
}

# What the tests want of the place they run in; each line is a question and must end in yes.
place_is_as_wanted() {
  run "$run_in" --on "$1" --disk ext4,xfs,btrfs --memory 768 --env "GREETING=two words" -- sh -c '
    ask() { if "$@" >/dev/null 2>&1; then echo "yes $*"; else echo "no $*"; fi; }
    for disk in "$OVL_TEST_EXT4" "$OVL_TEST_XFS" "$OVL_TEST_BTRFS"; do
      ask grep -q " $disk ${disk#/mnt/} rw" /proc/mounts
      ask mkdir -p "$disk/upper" "$disk/work" "$disk/lower" "$disk/merged"
      ask mount -t overlay overlay -o "lowerdir=$disk/lower,upperdir=$disk/upper,workdir=$disk/work" "$disk/merged"
      ask touch "$disk/merged/file"
      ask test -f "$disk/upper/file"
    done
    ask grep -q " /tmp tmpfs rw" /proc/mounts
    ask test -e /dev/loop-control -a -e /dev/fuse -a -e /dev/null
    ask test "$GREETING" = "two words"
    ask test "$OVL_GUEST" = "'"$1"'"
    ask grep -q ^1$ /sys/class/net/lo/carrier
    ask unshare -U -r -m true'
  expect "$1: place" is "$status:$(grep -c ^yes "$scratch/output"):$(grep ^no "$scratch/output")" "0:21:"
  run "$run_in" --on "$1" --as 1000 --disk ext4 -- sh -c 'id -u; touch $OVL_TEST_EXT4/mine /tmp/mine && unshare -U -r id -u; mount -t tmpfs none /mnt 2>/dev/null || echo refused'
  expect "$1: an ordinary user, with user namespaces" is "$(output)" $'1000\n0\nrefused'
}

files_go_in_and_out() {
  mkdir -p "$scratch/in/a dir" "$scratch/out"
  echo given >"$scratch/in/a dir/file"
  run "$run_in" --on "$1" --bind "$scratch/in" --output-dir "$scratch/out" -- sh -c 'cp "$1/a dir/file" "$2/copy"; mkdir "$2/sub"; echo deep >"$2/sub/file"' sh "$scratch/in" "$scratch/out"
  expect "$1: files in and out" is "$(cat "$scratch/out/copy" "$scratch/out/sub/file" 2>&1)" $'given\ndeep'
  rm -rf "$scratch/in" "$scratch/out"
}

failures_are_distinct() {
  run "$run_in" --on "$1" --outcome "$scratch/outcome" -- sh -c 'echo 1 >/proc/sys/kernel/sysrq; echo c >/proc/sysrq-trigger; sleep 60'
  expect "$1: a panic" is "$status:$(cat "$scratch/outcome")" 242:panicked
  expect "$1: says so in one line" is "$(error | wc -l)" 1
  run "$run_in" --on "$1" --timeout 20 --outcome "$scratch/outcome" -- sh -c 'echo begun; sleep 1000'
  expect "$1: a hang" is "$status:$(cat "$scratch/outcome")" 243:hung
  expect "$1: what was said before is there" is "$(output)" begun
  run "$run_in" --on "$1" --outcome "$scratch/outcome" -- sh -c 'echo 1 >/proc/sys/kernel/sysrq; echo o >/proc/sysrq-trigger; sleep 60'
  expect "$1: no answer" is "$status:$(cat "$scratch/outcome")" 244:no-answer
  expect "$1: says so in one line" is "$(error | wc -l)" 1
}

# Types what it reads once there is a prompt: what is typed before is lost with the guest's boot.
type_at_prompt() {
  local tries=0
  until grep -q '# $' "$scratch/output" 2>/dev/null || [ $((tries += 1)) = 600 ]; do sleep 0.1; done
  cat
}

# A person's shell: what is typed arrives, what is answered comes back, and it has the terminal's size.
terminal_is_passed_on() {
  local shell="stty rows 33 cols 101; '$project/run' shell --on $1 -o 'redirect_dir=on metacopy=on'"
  if ! command -v script >/dev/null; then skip "$1: a terminal: no script(1)"; return; fi
  rm -f "$scratch/output"
  run script --quiet --return --command "$shell" /dev/null < <(type_at_prompt <<'TYPED'
echo "size $(stty size), parameters $(cat /sys/module/overlay/parameters/redirect_dir /sys/module/overlay/parameters/metacopy | tr -d '\n')"
exit 3
TYPED
  )
  expect "$1: a terminal" is "$status:$(grep -c '^size 33 101, parameters YY' "$scratch/output")" 3:1
}

two_at_once() {
  local first second first_status=0 second_status=0
  "$run_in" --on "$1" -- sh -c 'sleep 1; echo first' >"$scratch/first" 2>&1 &
  first=$!
  "$run_in" --on "$1" -- sh -c 'sleep 1; echo second; exit 4' >"$scratch/second" 2>&1 &
  second=$!
  wait "$first" || first_status=$?
  wait "$second" || second_status=$?
  expect "$1: two at once" is "$(cat "$scratch/first" "$scratch/second"):$first_status:$second_status" $'first\nsecond:0:4'
}

test_level() {
  # Fetches where it must, so that time limits below are the guest's alone.
  run "$run_in" --on "$1" -- true
  case $status in
  0) ;;
  241 | 245) skip "$1: $(error | tail -n1)"; return ;;
  *) expect "$1: starts" is "$status" 0; return ;;
  esac
  command_comes_back "$1"
  output_is_intact "$1"
  parameters_arrive "$1"
  place_is_as_wanted "$1"
  files_go_in_and_out "$1"
  terminal_is_passed_on "$1"
  failures_are_distinct "$1"
  two_at_once "$1"
}

wrong_usage_is_told() {
  run "$run_in" --on 9.banana -- true
  expect "unknown kernel" is "$status" 240
  expect "unknown kernel lists" has "$(error)" "uml 5.10 6.1 6.12 6.18 newest"
  run "$run_in" --on 6.1 --disk floppy -- true
  expect "unknown disk lists" has "$status $(error)" "there are: ext4 xfs btrfs"
  run "$run_in" --on 6.1 --timeout soon -- true
  expect "time limit" is "$status" 240
  run "$run_in" -- true
  expect "no level" is "$status" 240
  for words in "tests --on 6.1,9.banana" "tests --on ,"  "shell --on 9.banana" "ovlprobe --on 9.banana -- /tmp"; do
    # shellcheck disable=SC2086 # words
    run "$project/run" $words
    expect "sandbox/run $words" is "$status" 2
    expect "sandbox/run $words lists" has "$(error)" "uml 5.10 6.1 6.12 6.18 newest"
    case $words in
    tests*) expect "sandbox/run $words lists this machine" has "$(error)" "there are: host " ;;
    *) expect "sandbox/run $words lists kernels alone" has "$(error)" "there are: uml " ;;
    esac
  done
}

# A directory with every program of this machine but the one named.
without() {
  mkdir "$scratch/programs"
  ln -s /usr/bin/* /bin/* "$scratch/programs/" 2>/dev/null
  rm -f "$scratch/programs/$1"
}

# The cache's failures, on a cache of its own; User-Mode Linux is the smallest.
cache_is_never_corrupt() {
  export XDG_CACHE_HOME=$scratch/cache
  local cached=$XDG_CACHE_HOME/ovl/guests/levels/uml first
  run env OVL_DEBIAN_MIRROR=http://127.0.0.1:9/debian "$run_in" --on uml --outcome "$scratch/outcome" -- true
  expect "no network" is "$status:$(cat "$scratch/outcome")" 241:unavailable
  expect "no network leaves nothing" test ! -e "$cached"
  run unshare -Urn "$run_in" --on uml --outcome "$scratch/outcome" -- true
  if has "$(error)" "unshare: "; then skip "no interface: $(error | head -n1)"; else
    expect "no interface" is "$status:$(cat "$scratch/outcome"):$(error | grep -c 'kernel uml is not to be had: ')" 241:unavailable:1
    expect "no interface leaves nothing" test ! -e "$cached"
  fi

  run "$guests/fetch" uml
  if [ "$status" = 241 ]; then skip "cache: $(error | tail -n1)"; return; fi
  expect "fetched" is "$status" 0
  rm -rf "$XDG_CACHE_HOME"
  "$guests/fetch" uml 2>"$scratch/first" & first=$!
  run "$guests/fetch" uml
  expect "two fetches: the second" is "$status" 0
  expect "two fetches: the first" wait "$first"
  expect "two fetches: one fetched" is "$(cat "$scratch/first" "$scratch/error" | grep -c fetching)" 1

  rm -rf "$cached"
  setsid "$guests/fetch" uml 2>/dev/null & first=$!
  until compgen -G "$XDG_CACHE_HOME/ovl/guests/work/*/debs/partial" >/dev/null || compgen -G "$XDG_CACHE_HOME/ovl/guests/work/*/tree" >/dev/null || ! kill -0 "$first" 2>/dev/null; do sleep 0.05; done
  kill -KILL -- "-$first"
  wait "$first" 2>/dev/null
  expect "killed: nothing half-written in its place" test ! -e "$cached"
  run "$guests/fetch" uml
  expect "killed: the next fetches" is "$status:$(find "$XDG_CACHE_HOME/ovl/guests/work" -mindepth 1)" 0:

  truncate -s 1000 "$cached/kernel"
  run "$guests/fetch" uml
  expect "half-written: repaired" is "$status:$([ "$(stat -c %s "$cached/kernel")" -gt 1000 ] && echo whole)" 0:whole
  run "$guests/fetch" uml
  expect "whole: left alone" is "$status:$(error)" 0:
  run "$guests/fetch" --release uml
  expect "its release" is "$status:$(output)" "0:$(cat "$cached/release")"
  rm "$cached/manifest"
  run "$guests/fetch" uml
  expect "no manifest: repaired" is "$status:$([ -s "$cached/manifest" ] && echo whole)" 0:whole

  run "$guests/fetch" 3.2
  expect "a kernel the archive has not" is "$status" 241
  # shellcheck disable=SC2016 # expanded by the inner shell
  run unshare -Urm bash -c 'mount -t tmpfs -o size=60m none "$1" && XDG_CACHE_HOME=$1 "$2" uml; status=$?; find "$1/ovl/guests/levels" -mindepth 1; exit $status' bash "$XDG_CACHE_HOME" "$guests/fetch"
  if has "$(error)" "unshare"; then skip "full disk: $(error | head -n1)"; else
    expect "full disk" is "$status:$(output)" 245:
    expect "full disk: says so" has "$(error)" "no space left"
  fi
  if command -v qemu-system-x86_64 >/dev/null; then
    without qemu-system-x86_64
    unset XDG_CACHE_HOME
    run env PATH="$scratch/programs" "$run_in" --on 5.10 --outcome "$scratch/outcome" -- true
    expect "no qemu" is "$status" 245
    expect "no qemu: says how to get it" has "$(error)" "sudo apt-get install -y --no-install-recommends qemu-system-x86"
  fi
}

if [ "$(uname -m)" != x86_64 ]; then
  echo "SKIPPED: guests run x86-64 programs; this machine is $(uname -m)"
  exit 77
fi
for each in "${given[@]}"; do
  case $each in
  usage) wrong_usage_is_told ;;
  cache) cache_is_never_corrupt ;;
  *) test_level "$each" ;;
  esac
done
echo "$passed passed, $failed failed, $skipped skipped"
if [ "$failed" != 0 ]; then exit 1; elif [ "$skipped" != 0 ]; then exit 77; fi
