# SPDX-License-Identifier: BSL-1.0
# ovl - what overlayfs can do here, answered by behaviour
# shellcheck shell=bash
#
# What goes into a guest: its first process, the plan, the programs with their libraries, the scratch disks.

# plan KEY VALUE...: adds records to the plan.
plan() { printf '%s\0' "$@" >>"$work/plan"; }

# compiled SOURCE-DIRECTORY SOURCE OPTIONS...: prints the cached program of these sources, made once for each version of them.
compiled() {
  local directory=$1 source=$2 digest program
  shift 2
  digest=$(cat "$directory"/* | sha256sum | cut -c1-16)
  program=$cache/programs/$digest
  if ! [ -s "$program" ]; then
    mkdir -p "$cache/programs"
    "${CXX:-c++}" -std=c++20 -O1 -s "$@" -o "$work/program" "$directory/$source" 2>"$work/complaint" ||
      die "$status_host" "cannot compile $source: $(grep -m1 error "$work/complaint" || head -n1 "$work/complaint")"
    mv "$work/program" "$program"
  fi
  printf '%s' "$program"
}

# Prints the archive with /init and, where there is one, busybox; made once for each version of them.
base_archive() {
  local busybox archive digest
  busybox=$(command -v busybox || true)
  digest=$({ cat "$here"/init/*; [ -z "$busybox" ] || stat -Lc '%s %Y' "$busybox"; } | sha256sum | cut -c1-16)
  archive=$cache/base/$digest.cpio
  [ -s "$archive" ] || make_base_archive "$archive" "$busybox"
  printf '%s' "$archive"
}

# make_base_archive ARCHIVE BUSYBOX: written aside and renamed; whoever comes second replaces it by the same.
make_base_archive() {
  local root=$work/base first_process
  mkdir -p "$cache/base" "$root"/{bin,dev,etc,mnt,proc,root,run,sys,tmp,usr/bin,usr/sbin}
  chmod -R u=rwx,go=rx "$root"
  first_process=$(compiled "$here/init" init.cpp -static)
  cp "$first_process" "$root/init"
  if [ -n "$2" ]; then
    cp -L "$2" "$root/bin/busybox"
    "$2" --list | while read -r applet; do [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"; done
  fi
  printf '%s\n' root:x:0:0:root:/root:/bin/sh user:x:1000:1000:user:/tmp:/bin/sh nobody:x:65534:65534:nobody:/:/bin/false >"$root/etc/passwd"
  printf '%s\n' root:x:0: user:x:1000: nogroup:x:65534: >"$root/etc/group"
  echo '127.0.0.1 localhost guest' >"$root/etc/hosts"
  archive_tree "$root" >"$work/base.cpio"
  mv "$work/base.cpio" "$1"
}

archive_tree() { (cd "$1" && find . -mindepth 1 -print0 | cpio -0 -o -H newc -R 0:0 --quiet); }

# The libraries a program needs, and the loader: absolute paths, one a line. A static program, or a script, has none.
libraries_of() {
  local found
  found=$(ldd -- "$1" 2>/dev/null) || return 0
  ! grep -q 'not found' <<<"$found" || die "$status_host" "$1: $(grep -m1 'not found' <<<"$found" | xargs)"
  awk '{ for (i = 1; i <= NF; ++i) if ($i ~ /^\//) print $i }' <<<"$found"
}

# The interpreter of a script, where it is not the guest's own shell.
interpreter_of() {
  local line
  IFS= read -r line < <(head -c 256 "$1" | tr -d '\0') || true
  [[ $line =~ ^'#!'[[:space:]]*(/[^[:space:]]+) ]] || return 0
  case ${BASH_REMATCH[1]} in /bin/sh | /usr/bin/env) ;; *) echo "${BASH_REMATCH[1]}" ;; esac
}

# Every file the command needs by its absolute path, one a line.
files_wanted() {
  local program
  {
    for program in "${programs[@]}"; do echo "$program"; interpreter_of "$program"; done
    [ "${#binds[@]}" = 0 ] || find "${binds[@]}" -type f -perm /111
  } | sort -u | while IFS= read -r program; do
    echo "$program"
    libraries_of "$program"
  done | sort -u
}

# Fresh file systems cover these in the guest: what is wanted from below them is bound over again.
is_covered() { case $1/ in /tmp/* | /run/* | /mnt/* | /dev/*) ;; *) return 1 ;; esac; }

expose_files() {
  local path
  while IFS= read -r path; do if is_covered "$path"; then plan expose "$path"; fi; done <"$work/files"
  for path in "${binds[@]}"; do if is_covered "$path"; then plan expose "$path"; fi; done
}

# copy_files INTO: the files, as ordinary readable ones, at their own paths.
copy_files() {
  local path
  while IFS= read -r path; do
    mkdir -p "$1${path%/*}"
    cp -L --sparse=never -- "$path" "$1$path"
  done <"$work/files"
  for path in "${binds[@]}"; do
    mkdir -p "$1$path"
    cp -RP --no-preserve=ownership -- "$path/." "$1$path"
  done
  chmod -R u+rwX,go+rX "$1"
}

# modules_of PURPOSE: in the order they are to be loaded.
modules_of() { sed -n "s/^$1 //p" "$kernel_directory/modules/order"; }

# plan_modules KEY INTO PURPOSE...: each once, overlay with the parameters asked for.
plan_modules() {
  local key=$1 into=$2 purpose module
  shift 2
  mkdir -p "$into"
  for purpose; do
    for module in $(modules_of "$purpose"); do
      if [ -e "$into/$module.ko" ]; then continue; fi
      cp "$kernel_directory/modules/$module.ko" "$into/"
      if [ "$module" = overlay ]; then plan "$key" "overlay ${parameters[*]}"; else plan "$key" "$module"; fi
    done
  done
}

# disk_recipe KIND: prints "type tool:package size-in-MiB options..."; the features are those the oldest kernel knows,
# without checksums of ext4's metadata, on which an emulated processor spends a twentieth of its time.
disk_recipe() {
  case $1 in
  ext4) echo ext4 mke2fs:e2fsprogs 256 -q -t ext4 -b 4096 -O ^metadata_csum,^orphan_file ;;
  ext4-casefold) echo ext4 mke2fs:e2fsprogs 256 -q -t ext4 -b 4096 -O casefold,^metadata_csum,^orphan_file ;;
  ext4-verity) echo ext4 mke2fs:e2fsprogs 256 -q -t ext4 -b 4096 -O verity,^metadata_csum,^orphan_file ;;
  ext4-quota) echo ext4 mke2fs:e2fsprogs 256 -q -t ext4 -b 4096 -O quota,project,^metadata_csum,^orphan_file ;;
  xfs) echo xfs mkfs.xfs:xfsprogs 512 -q"$(old_xfs)" ;;
  xfs-without-ftype) echo xfs mkfs.xfs:xfsprogs 512 -q -m crc=0 -n ftype=0 ;;
  btrfs) echo btrfs mkfs.btrfs:btrfs-progs 256 -q ;;
  vfat) echo vfat mkfs.vfat:dosfstools 64 ;;
  *) return 1 ;;
  esac
}

# What later mkfs.xfs turn on and 5.10 refuses.
old_xfs() {
  local usage
  usage=$(mkfs.xfs 2>&1 || true)
  [[ $usage != *nrext64* ]] || printf '%s' ' -i nrext64=0'
  [[ $usage != *exchange=* ]] || printf '%s' ' -i exchange=0'
  [[ $usage != *parent=* ]] || printf '%s' ' -n parent=0'
}

require_disk_kind() {
  disk_recipe "$1" >/dev/null || die "$status_usage" "unknown disk '$1'; there are: ext4 xfs btrfs vfat ext4-casefold ext4-verity ext4-quota xfs-without-ftype"
}

# make_disks: sparse files $work/KIND.img; no privilege needed.
make_disks() {
  local kind type tool size options
  for kind in "${disks[@]}"; do
    read -r type tool size options < <(disk_recipe "$kind")
    require_tools "$tool"
    truncate -s "${size}M" "$work/$kind.img"
    # shellcheck disable=SC2086 # options are words
    "${tool%%:*}" $options "$work/$kind.img" >"$work/mkfs" 2>&1 || die "$status_host" "cannot make a disk $kind: $(tail -n1 "$work/mkfs")"
  done
}
