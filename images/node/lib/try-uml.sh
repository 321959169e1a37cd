#!/bin/sh
# try-uml.sh TRIAL COMMAND...: prints the version of the User-Mode Linux kernel, and exits with 0 if one boots in this
# container and a trial's script succeeds in it. The commands load the trial's modules.
set -eu
trial=$1
shift
printf '%s\n' "$@" > /lab/modules
cat /lab/uml-release
: > /lab/guest
for file in sysctl.conf sysctl-links.conf ip.batch offload; do : > "/lab/$file"; done
echo 'link set lo up' > /lab/links.batch
cp "$trial" /lab/setup.sh
echo 'the trial' > /lab/setup.name
nodectl init > /lab/console 2>&1 &
for _ in $(seq 200); do
  if grep -q ready /lab/state 2> /dev/null; then exit 0; fi
  if grep -q failed /lab/state 2> /dev/null || ! kill -0 $! 2> /dev/null; then break; fi
  sleep 0.05
done
tail -n 5 /lab/console
exit 1
