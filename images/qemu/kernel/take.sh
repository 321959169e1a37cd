#!/bin/sh
# take.sh VERSION FOLDER: takes the newest Debian kernel of a version (6.12) out of its package, from the Debian release
# that carries it: boot/vmlinux, its modules, and lab/qemu-release with its name, in a folder.
set -eu
version=$1 out=$2

# The release whose mirror has each version.
case $version in
  5.10) release=bullseye ;;
  6.1) release=bookworm ;;
  6.12) release=trixie ;;
  *)
    echo "no Debian release is known to carry kernel $version" >&2
    exit 1
    ;;
esac
mirror=$(grep -rhoE '[a-z]+://[^ ]+' /etc/apt/sources.list /etc/apt/sources.list.d 2> /dev/null | grep -v security | head -n 1)
key=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$key] $mirror $release main" > /etc/apt/sources.list.d/kernel.list
apt-get update -q
package=$(apt-cache search --names-only "^linux-image-$version\." | cut -d ' ' -f 1 | grep -E '^linux-image-[0-9.]+([-+][0-9a-z]+)?-amd64$' | sort -V | tail -n 1)
cd /tmp
apt-get download "$package"
mkdir deb
dpkg-deb -x "$package"_*.deb deb
name=${package#linux-image-}
[ -d "deb/usr/lib/modules" ] || mv deb/lib deb/usr/

# Of its modules, what a network needs: the package has drivers for every machine.
modules=$out/usr/lib/modules/$name
mkdir -p "$modules/kernel/drivers/net" "$out/boot" "$out/lab"
cd "deb/usr/lib/modules/$name"
cp modules.builtin modules.builtin.modinfo modules.order "$modules/" 2> /dev/null || true
for part in net lib crypto arch fs/fuse drivers/vhost drivers/virtio drivers/net/bonding drivers/net/ipvlan drivers/net/vxlan; do
  [ ! -d "kernel/$part" ] || { mkdir -p "$modules/kernel/$part" && cp -r "kernel/$part/." "$modules/kernel/$part"; }
done
rm -rf "$modules/kernel/arch/x86/kvm"
cp kernel/drivers/net/*.ko* "$modules/kernel/drivers/net/"
find "$modules" -name '*.ko.xz' -exec xz -d {} +
ln -s usr/lib "$out/lib"
depmod -b "$out" "$name"
rm "$out/lib"

# The kernel itself, as the ELF file inside its compressed image.
image=/tmp/deb/boot/vmlinuz-$name
unpacked() {
  # shellcheck disable=SC2013 # numbers
  for at in $(grep -obUaP "$1" "$image" | cut -d : -f 1); do
    tail -c "+$((at + 1))" "$image" | $2 > "$out/boot/vmlinux" 2> /dev/null || true
    [ "$(head -c 4 "$out/boot/vmlinux" | tail -c 3)" != ELF ] || return 0
  done
  return 1
}
unpacked '\x28\xb5\x2f\xfd' 'zstd -dcq' || unpacked '\xfd7zXZ\x00' 'xz -dcq --single-stream'
echo "$name" > "$out/lab/qemu-release"
