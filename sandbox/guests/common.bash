# SPDX-License-Identifier: BSL-1.0
# ovl - what overlayfs can do here, answered by behaviour
# shellcheck shell=bash
#
# What `fetch` and `run-in` share: the levels, the cache's layout, and how each failure of their own is told.

levels=(uml 5.10 6.1 6.12 6.18 newest)

# A guest's command may exit with any status; these are high ones that no tool in the suite uses.
# shellcheck disable=SC2034 # each is used by one of the two
{
status_usage=240
status_unavailable=241
status_panicked=242
status_hung=243
status_no_answer=244
status_host=245
}

: "${XDG_CACHE_HOME:=${HOME:?HOME or XDG_CACHE_HOME must say where guests are cached}/.cache}"
# mkfs lives there, which an ordinary user's PATH leaves out.
PATH=$PATH:/usr/sbin:/sbin
cache=$XDG_CACHE_HOME/ovl/guests
work=

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# die STATUS MESSAGE...: one clear line, and the status that tells the kind. Called at the top level, never in a subshell.
die() {
  local status=$1
  shift
  say "$*"
  exit "$status"
}

remove_work() { [ -z "$work" ] || rm -rf -- "$work"; }

# Makes $work, a directory of this process's own below the cache; also sweeps those whose process is gone.
make_work() {
  local left
  mkdir -p "$cache/work" 2>/dev/null || die "$status_host" "cannot create $cache/work: is XDG_CACHE_HOME or HOME writable?"
  for left in "$cache/work"/*.*; do
    if [ -d "$left" ] && ! [ -d "/proc/$(basename "${left%.*}")" ]; then rm -rf -- "$left"; fi
  done
  work=$(mktemp -d "$cache/work/$$.XXXXXX") || die "$status_host" "cannot create a directory in $cache/work"
  trap remove_work EXIT
}

# A level is one of the documented ones, or any MAJOR.MINOR the archive happens to have.
require_level() {
  local known
  for known in "${levels[@]}"; do [ "$1" != "$known" ] || return 0; done
  [[ $1 =~ ^[0-9]+\.[0-9]+$ ]] || die "$status_usage" "unknown kernel '$1'; there are: ${levels[*]}, or another MAJOR.MINOR that Debian has"
}

require_x86_64() {
  [ "$(uname -m)" = x86_64 ] || die "$status_unavailable" "guests run x86-64 programs; this machine is $(uname -m)"
}

# Prints what is missing of the given tools as "tool (Debian package)", one a line.
missing_tools() {
  local tool
  for tool; do command -v "${tool%%:*}" >/dev/null || printf '%s ' "${tool#*:}"; done
}

# require_tools tool:package...
require_tools() {
  local packages
  packages=$(missing_tools "$@")
  [ -z "$packages" ] || die "$status_host" "missing programs; install them with: sudo apt-get install -y --no-install-recommends ${packages% }"
}

# Whole means: every file named in the manifest is there with its size. A crash between write and rename, or a hand, can undo that.
is_whole() {
  local size name
  [ -s "$1/manifest" ] || return 1
  while read -r size name; do
    [ "$(stat -c %s -- "$1/$name" 2>/dev/null)" = "$size" ] || return 1
  done <"$1/manifest"
}

level_directory() { printf '%s/levels/%s' "$cache" "$1"; }
