#!/bin/sh
# Puts programs and libraries of the user's FRR in the place of the image's. A program finds the image's libraries by
# a path of its own (RUNPATH), so the user's replace them there; other libraries are found by the loader's own list.
set -eu
cd /opt/frr
chmod 755 ./*
for file in *; do
  case $file in
    lib*)
      for other in /usr/lib/*/frr/"$file" /usr/lib/*/"$file"; do
        if [ -e "$other" ]; then ln -sf "/opt/frr/$file" "$other"; fi
      done
      ;;
    vtysh) ln -sf /opt/frr/vtysh /usr/bin/vtysh ;;
    *) ln -sf "/opt/frr/$file" "/usr/lib/frr/$file" ;;
  esac
done
echo /opt/frr > /etc/ld.so.conf.d/00-frr.conf
ldconfig
# What a report tells of FRR; a program that lacks a library is told by the node.
version=$(/opt/frr/zebra --version 2> /dev/null | head -n 1 || true)
sed -i "s/^frr .*/frr ${version:-of the user}/" /lab/versions
