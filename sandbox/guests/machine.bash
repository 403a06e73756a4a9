# SPDX-License-Identifier: BSL-1.0
# ovl - what overlayfs can do here, answered by behaviour
# shellcheck shell=bash
#
# The two machines: how each is given its archive, disks and channels to the host, and how it is run and watched.

# plan_disks DEVICE-PREFIX: each disk's device, file system and name, in order.
plan_disks() {
  local kind type letters=abcdefghijklmnop index=0
  for kind in "${disks[@]}"; do
    read -r type _ < <(disk_recipe "$kind")
    plan disk "$1${letters:index:1} $type $kind"
    index=$((index + 1))
  done
}

# Modules needed for what was asked: overlay and loop always, the file systems of the disks.
purposes() {
  local kind type
  echo overlay loop fuse
  for kind in "${disks[@]}"; do
    read -r type _ < <(disk_recipe "$kind")
    echo "$type"
    [ "$kind" != ext4-quota ] || echo quota
  done
}

# finish_archive STAGE: $work/initrd is the cached base with this run's files after it; concatenated archives are legal.
finish_archive() {
  local base
  base=$(base_archive)
  mkdir -p "$1/ovl"
  cp "$work/plan" "$1/ovl/plan"
  { cat "$base"; archive_tree "$1"; } >"$work/initrd"
}

prepare_qemu() {
  local stage=$work/stage kind
  mkdir "$stage"
  files_wanted >"$work/files"
  copy_files "$stage"
  expose_files
  is_covered "$PWD" || mkdir -p "$stage$PWD"
  plan_modules early-module "$stage/ovl/modules" virtio
  # shellcheck disable=SC2046 # purposes are words
  plan_modules module "$stage/ovl/modules" $(purposes)
  plan_disks /dev/vd
  plan root archive trailer /dev/vport0p1 stdout /dev/vport0p2 stderr /dev/vport0p3
  [ -z "$directory_for_output" ] || plan results /dev/vport0p4
  [ "$interactive" = no ] || plan terminal /dev/ttyS1
  finish_archive "$stage"

  # Emulated, an instruction that moves strings byte by byte, as with erms, and a fifth level of page tables are slow; so are
  # the kernel's tests of its own cryptography, a quarter of the time of a start.
  local acceleration=tcg processor=max,-erms,-la57
  # That /dev/kvm can be opened proves nothing where the processor has no virtualisation.
  if [ -w /dev/kvm ] && grep -qE '^flags.* (vmx|svm) ' /proc/cpuinfo; then acceleration=kvm processor=max; fi
  machine=(qemu-system-x86_64 -M pc -accel "$acceleration" -cpu "$processor" -m "$memory" -nodefaults -no-user-config -display none -monitor none
    -nic none -no-reboot -kernel "$kernel_directory/kernel" -initrd initrd
    -append "console=ttyS0 quiet panic=-1 oops=panic random.trust_cpu=on no_timer_check cryptomgr.notests"
    -chardev file,id=console,path=console -serial chardev:console -device virtio-serial-pci)
  local port=0 channel
  for channel in trailer stdout stderr results; do
    port=$((port + 1))
    machine+=(-chardev "file,id=$channel,path=$channel" -device "virtserialport,chardev=$channel,nr=$port,name=$channel")
  done
  for kind in "${disks[@]}"; do machine+=(-drive "file=$kind.img,if=virtio,format=raw,cache=unsafe"); done
  if [ "$interactive" = yes ]; then machine+=(-chardev stdio,id=terminal,signal=off -serial chardev:terminal); fi
}

# has_room DIRECTORY: for the guest's whole memory; a container's /dev/shm often has 64 MiB.
has_room() { [ "$(df --output=avail -k "$1" | tail -n1)" -gt $((memory * 1024)) ]; }

# A directory with room whose files may be executed: User-Mode Linux maps its memory from one.
executable_directory() {
  local directory
  for directory in /dev/shm /tmp; do
    if [ -w "$directory" ] && has_room "$directory" && ! findmnt -no OPTIONS -T "$directory" | grep -qw noexec; then echo "$directory"; return; fi
  done
  echo "$work"
}

prepare_uml() {
  local stage=$work/stage preloaded kind index=0
  mkdir "$stage"
  files_wanted >"$work/files"
  expose_files
  # shellcheck disable=SC2046 # purposes are words
  plan_modules module "$stage/ovl/modules" $(purposes)
  plan_disks /dev/ubd
  plan root hostfs trailer /dev/tty2 stdout /dev/tty3 stderr /dev/tty4
  [ "$interactive" = no ] || plan terminal /dev/tty1
  finish_archive "$stage"

  preloaded=$(compiled "$here/uml" wide_registers.cpp -shared -fPIC)
  cp "$preloaded" "$work/wide_registers.so"
  machine=(env "TMPDIR=$(executable_directory)" LD_PRELOAD=./wide_registers.so "$kernel_directory/kernel" "mem=${memory}M" umid=guest uml_dir=. initrd=initrd
    con=null con0=null,fd:6 con2=null,fd:7 con3=null,fd:8 con4=null,fd:9 ssl=null quiet panic=-1 oops=panic)
  for kind in "${disks[@]}"; do
    machine+=("ubd$index=$kind.img")
    index=$((index + 1))
  done
  if [ "$interactive" = yes ]; then machine+=(con1=fd:0,fd:1); fi
}

# In $work, for the paths given to the machine are relative: no blank or comma in the cache's path can harm them.
# Should this script be killed, the machine ends too.
start_machine() {
  cd "$work"
  ulimit -c 0
  exec setpriv --pdeathsig TERM -- timeout "$@" --kill-after=2 "$time_limit" "${machine[@]}" 6>>console 7>>trailer 8>>stdout 9>>stderr
}

# run_machine: runs the guest to its end, passing on its output as it comes, and ends as its command did.
run_machine() {
  local guest signal status=0 followers=()
  touch "$work"/{console,trailer,stdout,stderr,results}
  if [ "$interactive" = yes ]; then
    (start_machine --foreground 2>"$work/machine") || status=$?
    tell_outcome "$status"
  fi
  start_machine >"$work/machine" 2>&1 </dev/null &
  guest=$!
  tail -s 0.05 -c +1 -f --pid="$guest" "$work/stdout" &
  followers+=($!)
  tail -s 0.05 -c +1 -f --pid="$guest" "$work/stderr" >&2 &
  followers+=($!)
  for signal in INT TERM HUP; do
    # shellcheck disable=SC2064 # the guest and the signal of now
    trap "kill $guest || true; wait; end_by_signal $signal" "$signal"
  done
  # Quietly: bash would tell that the machine was aborted, which is how User-Mode Linux panics.
  { wait "$guest"; } 2>/dev/null || status=$?
  wait "${followers[@]}" || true
  tell_outcome "$status"
}

# receive_output: User-Mode Linux wrote into the directory itself; QEMU sent an archive.
receive_output() {
  if [ "$level" != uml ] && [ -n "$directory_for_output" ]; then
    tar -x --no-same-owner --touch -f "$work/results" -C "$directory_for_output"
  fi
}
