#!/bin/sh
# Makes a container or a guest the node that the files in /lab say, before its programs start. It says which step failed,
# with that step's own words, and stops there. Sysctls come first, so that interfaces come up under them; those of the
# node's own links once there are any.
set -eu
# One stream: of two, what was written later may be read first.
exec 2>&1
lib=${0%/*}
tab=$(printf '\t')

step() { echo "init: $1"; }

# The user's files go where they belong, as the node's own kernel sees it: a guest has a /run, a /tmp and a /dev/shm of
# its own. Folders that are there stay as they are, and links to folders (/var/run) are followed.
if [ -d /lab/files ]; then
  step files
  cd /lab/files
  find . -type f -print0 > /lab/files.list
  tar -c --null -T /lab/files.list -f /lab/files.tar
  tar -x --no-same-owner -C / -f /lab/files.tar
  cd /
fi

# A command a line, by which the kernel has what the node stands on.
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

# Every program's own check of its configuration, side by side; a line has the program, its file, and a command.
[ -s /lab/checks ] || exit 0
step configurations
pids=
while IFS=$tab read -r _ _ command; do
  # shellcheck disable=SC2086 # words of ours, without spaces or patterns in them
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
