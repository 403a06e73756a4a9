# shellcheck shell=bash
# SPDX-License-Identifier: BSL-1.0
# ovl - what overlayfs can do here, answered by behaviour
#
# Sourced by the parts that run as root and as an ordinary user: checks how they are called, and makes a directory
# that is gone at the end.

level=${1-} build=${2-}
case $level in
short | trust | long) ;;
*)
    echo "usage: ${BASH_SOURCE[1]} short|trust|long BUILD" >&2
    exit 2
    ;;
esac
build=$(cd "$build" && pwd -P)
failed=0

# What root mounts here is nobody else's business.
if ((EUID == 0)) && [[ ${OVL_TRUST_STAGE:-} != "$PPID" ]]; then
    export OVL_TRUST_STAGE=$$
    unshare --mount --propagation private "$0" "$@"
    exit
fi

base=$(mktemp --directory --tmpdir ovl-trust.XXXXXX)
chmod 755 "$base"
# What is still mounted there is in no namespace but this script's.
trap 'cd / && umount --quiet "$stage"/*/ "$base"/*/ "$base" 2>/dev/null || true; rm -rf --one-file-system -- "$base"' EXIT
stage=$base/disk
if ((EUID == 0)); then
    # An ext4 in memory: what is tried does not wait for the disk of this machine.
    mount -t tmpfs -o mode=0755 none "$base"
    mkdir "$stage"
    truncate --size 2G "$base/image"
    mkfs.ext4 -q "$base/image"
    mount -o loop "$base/image" "$stage" || echo "without a loop device: on a tmpfs"
else
    mkdir "$stage"
fi
mkdir "$stage/bin" "$stage/tmp"
cp "$build"/bin/ovl-trust-* "$build/bin/ovlprobe" "$(dirname "$0")/strace_faults.py" "$stage/bin"
export TMPDIR=$stage/tmp

# not_held WHAT: says so, and makes the part fail.
not_held() {
    echo "NOT HELD: $*"
    failed=1
}

# shellcheck source=sandbox/unused_uid.bash
source "$(dirname "${BASH_SOURCE[0]}")/../../sandbox/unused_uid.bash"
ordinary_uid=$(unused_uid)

# ordinarily PROGRAM ARGUMENT...: one of the build's programs as an ordinary user, in the directory $asked_from.
ordinarily() {
    local program=$1
    shift
    if ((EUID != 0)); then
        "$stage/bin/$program" "$@"
        return
    fi
    if [[ ! -d $stage/ordinary ]]; then
        mkdir "$stage/ordinary"
        chown "$ordinary_uid:$ordinary_uid" "$stage/ordinary"
    fi
    (cd "${asked_from:-$stage/ordinary}" && env --ignore-environment PATH="$PATH" TMPDIR="$stage/ordinary" HOME="$stage/ordinary" \
        setpriv --reuid "$ordinary_uid" --regid "$ordinary_uid" --clear-groups --inh-caps=-all \
        "$stage/bin/$program" "$@")
}

# as_root PROGRAM ARGUMENT...: the same as root, where this is root; else says that it did not run.
as_root() {
    local program=$1
    shift
    if ((EUID != 0)); then
        echo "not run, as this is not root: $program $*"
        return
    fi
    "$stage/bin/$program" "$@"
}
