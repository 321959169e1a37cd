#!/bin/sh
# take.sh GIVEN FOLDER: takes a kernel out of a folder that has it as bzImage or vmlinux, with lib/modules/NAME: boot/vmlinux,
# its modules, and lab/qemu-release with its name, in another folder.
set -eu
given=$1 out=$2

fails() {
  echo "$1" >&2
  exit 1
}

image=
for name in vmlinux bzImage; do
  [ ! -e "$given/$name" ] || image=$given/$name
done
[ -n "$image" ] || fails 'the folder has no bzImage and no vmlinux'
name=$(ls "$given/lib/modules" 2> /dev/null) || fails 'the folder has no lib/modules: make modules_install INSTALL_MOD_PATH=FOLDER'
[ "$(echo "$name" | wc -l)" = 1 ] || fails "lib/modules has several kernels: $(echo "$name" | tr '\n' ' ')"

# Of its modules, what a network needs: the package has drivers for every machine.
modules=$out/usr/lib/modules/$name
mkdir -p "$modules/kernel/drivers/net" "$out/boot" "$out/lab"
cd "$given/lib/modules/$name"
cp modules.builtin modules.builtin.modinfo modules.order "$modules/" 2> /dev/null || true
for part in net lib crypto arch fs/fuse drivers/vhost drivers/virtio drivers/net/bonding drivers/net/ipvlan drivers/net/vxlan; do
  [ ! -d "kernel/$part" ] || { mkdir -p "$modules/kernel/$part" && cp -r "kernel/$part/." "$modules/kernel/$part"; }
done
rm -rf "$modules/kernel/arch/x86/kvm"
cp kernel/drivers/net/*.ko* "$modules/kernel/drivers/net/"
find "$modules" -name '*.ko.xz' -exec xz -d {} +
ln -s usr/lib "$out/lib"
depmod -b "$out" "$name"
sh /kernel/early.sh "$out" "$name"
rm "$out/lib"

# The kernel itself, as the ELF file inside its compressed image.
unpacked() {
  # shellcheck disable=SC2013 # numbers
  for at in $(grep -obUaP "$1" "$image" | cut -d : -f 1); do
    tail -c "+$((at + 1))" "$image" | $2 > "$out/boot/vmlinux" 2> /dev/null || true
    [ "$(head -c 4 "$out/boot/vmlinux" | tail -c 3)" != ELF ] || return 0
  done
  return 1
}
if [ "$(head -c 4 "$image" | tail -c 3)" = ELF ]; then
  cp "$image" "$out/boot/vmlinux"
else
  unpacked '\x28\xb5\x2f\xfd' 'zstd -dcq' || unpacked '\xfd7zXZ\x00' 'xz -dcq --single-stream' || unpacked '\x1f\x8b\x08' 'gzip -dcq' || fails "$image is packed by none of zstd, xz and gzip"
fi
echo "$name" > "$out/lab/qemu-release"
