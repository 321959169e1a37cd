#!/bin/sh
# uml.sh MEGABYTES INIT WIRE...: becomes a User-Mode Linux kernel on this container's files, with a card for each wire:
# tap,DEVICE,MTU or raw,DEVICE,MTU.
#
# initcall_blacklist=raid6_init: the kernel would spend 0.85 s of its 0.95 s of boot measuring RAID-6 code.
# nf_conntrack.hashsize: with the default for 192 MB a node ran out of entries after 1536 connections; the kernel's
# maximum number of tracked connections is eight times this value.
set -eu
megabytes=$1 init=$2
shift 2
n=0
for wire; do
  shift
  mtu=${wire##*,} wire=${wire%,*}
  set -- "$@" "vec$n:transport=${wire%,*},ifname=${wire#*,},mtu=$mtu"
  n=$((n + 1))
done
export TMPDIR=/dev/shm HOME=/dev/shm
exec linux.uml seccomp=auto "mem=${megabytes}M" rootfstype=hostfs root=/dev/root rw "init=$init" con=null con0=fd:0,fd:1 ssl=null quiet \
  initcall_blacklist=raid6_init nf_conntrack.hashsize=8192 "$@" < /dev/null
