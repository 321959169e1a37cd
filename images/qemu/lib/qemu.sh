#!/bin/sh
# qemu.sh MEGABYTES INIT WIRE...: becomes a stock kernel under QEMU on this container's files (virtiofs), with a card for
# each wire: tap,DEVICE,MTU. Under TCG, QEMU's software processor, unless /dev/kvm is there.
#
# The cards take no offloads, so that frames are complete on the wire. `no_timer_check`: on a machine that is short of
# processor time, the kernel's check of its timer comes too late and it panics. `clocksource=hpet`: QEMU's own clock, which
# needs no calibration. `rdrand`: the kernel has random numbers at once.
set -eu
megabytes=$1 init=$2
shift 2
lib=${0%/*}
files=/dev/shm/files.sock

# virtiofsd may only give up capabilities that this container has. It takes no more than it needs to act for the guest's
# users; bits as in capabilities(7).
has=$((0x$(sed -n 's/^CapBnd:[[:space:]]*//p' /proc/self/status)))
lacks=
for capability in chown,0 dac_override,1 fowner,3 fsetid,4 mknod,27 setfcap,31; do
  [ $((has >> ${capability#*,} & 1)) = 1 ] || lacks=$lacks:-${capability%,*}
done
/usr/libexec/virtiofsd --shared-dir / --socket-path "$files" --sandbox none --inode-file-handles=never --thread-pool-size 0 \
  --log-level error ${lacks:+--modcaps="${lacks#:}"} < /dev/null &
nodectl await "$files"

if [ -w /dev/kvm ]; then
  accel=kvm cpu=host
  clock=
else
  accel=tcg,tb-size=128 cpu=qemu64,+rdrand
  clock='no_timer_check tsc=reliable clocksource=hpet'
fi
n=0
for wire; do
  shift
  mtu=${wire##*,} wire=${wire%,*}
  set -- "$@" -netdev "tap,id=n$n,ifname=${wire#*,},script=no,downscript=no,vnet_hdr=off" \
    -device "virtio-net-pci,netdev=n$n,romfile=,host_mtu=$mtu,csum=off,gso=off,guest_csum=off,guest_tso4=off,guest_tso6=off,guest_ecn=off,guest_ufo=off,host_tso4=off,host_tso6=off,host_ecn=off,host_ufo=off"
  n=$((n + 1))
done
[ ! -e /boot/early ] || set -- "$@" -initrd /boot/early
exec qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
  -M q35,sata=off,smbus=off,vmport=off -accel "$accel" -cpu "$cpu" \
  -m "$megabytes" -object "memory-backend-memfd,id=memory,size=${megabytes}M,share=on" -numa node,memdev=memory \
  -chardev "socket,id=files,path=$files" -device vhost-user-fs-pci,chardev=files,tag=root,queue-size=256 \
  -chardev stdio,id=console,signal=off -serial chardev:console \
  -kernel /boot/vmlinux -append "console=ttyS0 quiet rootfstype=virtiofs root=root rw init=$lib/qemu-init.sh LAB_INIT=$init mitigations=off pti=off panic=-1 $clock" \
  "$@" < /dev/null
