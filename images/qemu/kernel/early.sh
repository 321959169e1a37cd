#!/bin/sh
# early.sh FOLDER NAME: puts the modules by which a kernel reaches its files (virtiofs) into boot/early, an initramfs; if the
# kernel has them built in, as 6.12 has, there is none.
set -eu
out=$1 name=$2
modules=$(modprobe -d "$out" -S "$name" --show-depends virtio_pci 2> /dev/null && modprobe -d "$out" -S "$name" --show-depends virtiofs)
files=$(echo "$modules" | sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++')
[ -n "$files" ] || exit 0
root=$(mktemp -d)
mkdir "$root/modules" "$root/root" "$root/proc"
cp /bin/busybox "$root/busybox"
for file in $files; do
  cp "$file" "$root/modules/"
  echo "/modules/${file##*/}"
done > "$root/order"
cp /kernel/early-init.sh "$root/init"
chmod 755 "$root/init" "$root/busybox"
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -9) > "$out/boot/early"
