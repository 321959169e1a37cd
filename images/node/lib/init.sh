#!/bin/sh
# Sets up a container or a guest as the node that the files in /lab define, before its programs start. Reports which
# step failed, with that step's own messages, and stops there. Sysctls come first, so that they apply when interfaces
# come up; those of the node's own links follow when the links exist.
set -eu
# One stream: with two, later output may be read first.
exec 2>&1
lib=${0%/*}
tab=$(printf '\t')

step() { echo "init: $1"; }

# The user's files are put in place in the node's own kernel: a guest has its own /run, /tmp and /dev/shm. Existing
# folders stay unchanged, and links to folders (/var/run) are followed.
if [ -d /lab/files ]; then
  step files
  cd /lab/files
  find . -type f -print0 > /lab/files.list
  tar -c --null -T /lab/files.list -f /lab/files.tar
  tar -x --no-same-owner -C / -f /lab/files.tar
  cd /
fi

# One command per line; they make the kernel load what the node needs.
xargs -r -L 1 env < /lab/modules > /dev/null

step sysctls
sysctl -q -p /lab/sysctl.conf
step links
ip -batch /lab/links.batch
sysctl -q -p /lab/sysctl-links.conf
step addresses
ip -batch /lab/ip.batch
xargs -r nodectl offload < /lab/offload
if [ -s /lab/tc.batch ]; then
  step filters
  tc -batch /lab/tc.batch
fi

if [ -e /lab/setup.sh ]; then
  step "$(cat /lab/setup.name)"
  bash -Eeu "$lib/setup.sh"
fi

# Every program's own check of its configuration, in parallel; a line has the program, its file, and a command.
[ -s /lab/checks ] || exit 0
step configurations
pids=
while IFS=$tab read -r _ _ command; do
  # shellcheck disable=SC2086 # the lab's own words, without spaces or patterns
  $command &
  pids="$pids $!"
done < /lab/checks
# shellcheck disable=SC2086 # so they are parted
set -- $pids
while IFS=$tab read -r program file _; do
  wait "$1" || {
    step "$program refuses $file"
    exit 1
  }
  shift
done < /lab/checks
