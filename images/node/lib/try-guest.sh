#!/bin/sh
# try-guest.sh KERNEL MEGABYTES SECONDS SCRIPTS COMMAND...: prints the version of a kernel of this image, and exits with 0
# if it boots in this container within the time and the trial's scripts succeed in it. The commands load the trial's
# modules.
set -eu
kernel=$1 megabytes=$2 seconds=$3 scripts=$4
shift 4
printf '%s\n' "$@" > /lab/modules
cat "/lab/$kernel-release"
echo "$kernel $megabytes" > /lab/kernel
: > /lab/guest
for file in sysctl.conf sysctl-links.conf ip.batch offload; do : > "/lab/$file"; done
echo 'link set lo up' > /lab/links.batch
# shellcheck disable=SC2086 # their paths, without spaces
cat $scripts > /lab/setup.sh
echo 'the trial' > /lab/setup.name
nodectl init > /lab/console 2>&1 &
for _ in $(seq $((seconds * 20))); do
  if grep -q ready /lab/state 2> /dev/null; then exit 0; fi
  if grep -q failed /lab/state 2> /dev/null || ! kill -0 $! 2> /dev/null; then break; fi
  sleep 0.05
done
tail -n 5 /lab/console
exit 1
