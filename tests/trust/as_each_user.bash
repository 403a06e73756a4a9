# shellcheck shell=bash
# SPDX-License-Identifier: BSL-1.0
# ovl - what overlayfs can do here, answered by behaviour
#
# Runs programs as root and as an ordinary user, from a directory that both can read.

# shellcheck source=sandbox/unused_uid.bash
source "$(dirname "${BASH_SOURCE[0]}")/../../sandbox/unused_uid.bash"

# The modes that can be tried here.
modes() {
    if ((EUID == 0)); then
        echo root
    else
        echo "not run: root, since this user is not" >&2
    fi
    echo user-namespace
}

# enter_home FILE...: a directory of its own with copies of these, the working directory until the end.
enter_home() {
    home=$(mktemp --directory --tmpdir ovl-trust.XXXXXX)
    trap 'cd / && rm -rf "$home"' EXIT
    cp "$@" "$home"
    chmod 755 "$home"
    mkdir "$home/root" "$home/user-namespace" "$home/user"
    user=$(unused_uid)
    ((EUID != 0)) || chown "$user:$user" "$home/user-namespace" "$home/user"
    cd "$home"
}

# run_in MODE COMMAND...: as root, or as the ordinary user (who in user-namespace then makes one).
run_in() {
    local mode=$1 as=()
    shift
    if [[ $mode != root ]] && ((EUID == 0)); then
        as=(setpriv --reuid "$user" --regid "$user" --clear-groups --inh-caps=-all)
    fi
    env PATH=/usr/sbin:/usr/bin:/sbin:/bin TMPDIR="$home/$mode" HOME="$home/$mode" "${as[@]}" "$@"
}
