#!/bin/sh
# take.sh PROVEN OUT: takes the User-Mode Linux kernel and its modules out of its Debian package, into a folder. The version
# PROVEN is taken as it is, if the mirror has it. Else versions are tried from the newest, and the first that boots in this
# container is taken. OUT/lab/uml-package says which version it is, and whether it is the proven one.
#
# The package comes from forky, a release that moves, and from sid, where a version is before it is in forky. Older builds
# panic on processors with a large FPU state.
set -eu
proven=$1 out=$2
name=user-mode-linux
mirror=$(grep -rhoE '[a-z]+://[^ ]+' /etc/apt/sources.list /etc/apt/sources.list.d 2> /dev/null | grep -v security | head -n 1)
key=/usr/share/keyrings/debian-archive-keyring.gpg
# Adds a release to those that packages come from.
release() {
  echo "deb [signed-by=$key] $mirror $1 main" > "/etc/apt/sources.list.d/$1.list"
  apt-get -o Acquire::Languages=none update -q
}

# Prints the versions that the mirror has, the newest first.
versions() {
  apt-cache madison "$name" | cut -d '|' -f 2 | tr -d ' ' | sort -Vru
}

# Boots a kernel as far as its first process, which says so; fails if it does not come so far.
boots() {
  printf '#!/bin/sh\necho uml-booted\n' > /uml-init
  chmod 755 /uml-init
  timeout 60 env TMPDIR=/tmp HOME=/tmp "$1/usr/bin/linux.uml" seccomp=auto mem=64M rootfstype=hostfs root=/dev/root rw init=/uml-init \
    con=null con0=fd:0,fd:1 ssl=null quiet < /dev/null 2>&1 | tee /uml-console | grep -q uml-booted
}

unpack() {
  rm -rf /tmp/deb "$2"
  mkdir -p /tmp/deb
  cd /tmp/deb
  apt-get download -q "$name=$1"
  dpkg-deb -x ./*.deb "$2"
}

release forky
versions | grep -qxF "$proven" || release sid
there=$(versions | tr '\n' ' ')
taken=
if versions | grep -qxF "$proven"; then
  unpack "$proven" /uml
  taken=$proven how=proven
else
  echo "the mirror $mirror no longer has $name $proven, which is proven to work; other versions are tried: $there" >&2
  for version in $there; do
    unpack "$version" /uml
    if boots /uml; then
      taken=$version how="tried, proven is $proven"
      break
    fi
    echo "$name $version does not boot here: $(tail -n 1 /uml-console)" >&2
  done
fi
if [ -z "$taken" ]; then
  echo "no $name of the mirror $mirror boots here (it has: $there; proven is $proven)." \
    "Take the image from a machine that has it (lab images save and load, push and pull)." >&2
  exit 1
fi

# Of its modules, what a network needs.
cd /uml/usr/lib/uml/modules/*
rm -rf kernel/fs kernel/drivers/md kernel/drivers/block kernel/sound
find . -name '*.ko' -exec strip --strip-debug {} +
mkdir -p "$out/usr/bin" "$out/usr/lib/modules" "$out/lab"
mv "$PWD" "$out/usr/lib/modules/"
mv /uml/usr/bin/linux.uml "$out/usr/bin/"
ln -s usr/lib "$out/lib"
depmod -b "$out" "$(ls "$out/usr/lib/modules")"
ls "$out/usr/lib/modules" > "$out/lab/uml-release"
echo "$taken ($how)" > "$out/lab/uml-package"
