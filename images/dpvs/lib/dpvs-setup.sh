#!/bin/sh
# dpvs-setup.sh PORT...: waits until the ports of a DPVS that has just started are up, gives it the commands in
# /lab/dpvs.commands, and creates /run/dpvs.ready. Does so again when DPVS was started again.
set -eu
done_for=

is_up() {
  for port in "$@"; do
    timeout 2 dpip link show "$port" 2> /dev/null | grep -q '^    UP ' || return 1
  done
}

while :; do
  pid=$(cat /run/dpvs.pid 2> /dev/null) || pid=
  if [ -n "$pid" ] && [ "$pid" != "$done_for" ] && [ -d "/proc/$pid" ] && is_up "$@"; then
    while read -r command; do
      # shellcheck disable=SC2086 # the lab's own words, without spaces or patterns
      $command || {
        echo "DPVS refuses: $command"
        exit 1
      }
    done < /lab/dpvs.commands
    done_for=$pid
    touch /run/dpvs.ready
  fi
  if [ -e /run/dpvs.ready ]; then sleep 0.2; else sleep 0.02; fi
done
