#!/bin/sh
# dpvs-setup.sh PORT...: waits until the ports of a DPVS that has just started are up, gives it the commands in
# /lab/dpvs.commands, and creates /run/dpvs.ready. Does so again when DPVS was started again. While DPVS works, the
# kernel has a route to each VIP in /lab/dpvs.announced, which OSPF announces; it drops packets, as DPVS answers them.
set -eu
lib=${0%/*}
configured=

configure() {
  while read -r command; do
    # shellcheck disable=SC2086 # the lab's own words, without spaces or patterns
    $command || {
      echo "DPVS refuses: $command"
      exit 1
    }
  done < /lab/dpvs.commands
}

# announce VERB: `replace` or `del`
announce() {
  while read -r vip; do
    ip route "$1" blackhole "$vip" 2> /dev/null || true
  done < /lab/dpvs.announced
}

while :; do
  pid=$(cat /run/dpvs.pid 2> /dev/null) || pid=
  if [ -n "$pid" ] && [ -d "/proc/$pid" ] && "$lib/dpvs-alive.sh" "$@"; then
    if [ "$pid" != "$configured" ]; then
      configure
      configured=$pid
      echo ready > /run/dpvs.ready
      # keepalived has put its services and addresses into the DPVS that ended.
      if svc status keepalived 2> /dev/null | grep -q running; then
        svc stop keepalived && svc start keepalived
      fi
    fi
    announce replace
  else
    announce del
  fi
  if [ -e /run/dpvs.ready ]; then sleep 0.2; else sleep 0.02; fi
done
