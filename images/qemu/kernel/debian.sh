#!/bin/sh
# debian.sh VERSION FOLDER: unpacks the newest Debian kernel of a version (6.12), from the Debian release that carries it:
# bzImage and lib/modules/NAME in a folder.
set -eu
version=$1 out=$2

# The release whose mirror has each version.
case $version in
  5.10) release=bullseye ;;
  6.1) release=bookworm ;;
  6.12) release=trixie ;;
  *)
    echo "no Debian release is known to carry kernel $version; 5.10, 6.1 and 6.12 are known" >&2
    exit 1
    ;;
esac
mirror=$(grep -rhoE '[a-z]+://[^ ]+' /etc/apt/sources.list /etc/apt/sources.list.d 2> /dev/null | grep -v security | head -n 1)
key=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$key] $mirror $release main" > /etc/apt/sources.list.d/kernel.list
apt-get update -q
package=$(apt-cache search --names-only "^linux-image-$version\." | cut -d ' ' -f 1 | grep -E '^linux-image-[0-9.]+([-+][0-9a-z]+)?-amd64$' | sort -V | tail -n 1)
mkdir -p "$out"
cd "$out"
apt-get download "$package"
dpkg-deb -x "$package"_*.deb deb
mv "deb/boot/vmlinuz-${package#linux-image-}" bzImage
if [ -d deb/lib ]; then mv deb/lib lib; else mv deb/usr/lib lib; fi
