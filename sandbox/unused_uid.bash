# shellcheck shell=bash # sourced by what runs programs as an ordinary user
# SPDX-License-Identifier: BSL-1.0
# ovl - what overlayfs can do here, answered by behaviour

# A uid that is nobody's here: no process, file or limit of anybody else is touched.
unused_uid() {
    local uid=59998
    while getent passwd "$uid" >/dev/null; do
        uid=$((uid - 1))
    done
    echo "$uid"
}
