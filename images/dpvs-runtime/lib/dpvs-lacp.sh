#!/bin/sh
# dpvs-lacp.sh BOND...: lets DPVS speak LACP on bonds while it is idle. DPDK puts LACP's frames into the next burst of
# packets that DPVS sends on a bond, and an idle DPVS sends none. For an IPv6 address that comes, DPVS asks whether another
# node has it: one packet, twice a second, well within LACP's three seconds.
set -eu
echo 'LACP by a packet on each bond twice a second' > /run/dpvs.lacp
while :; do
  number=0
  for bond in "$@"; do
    number=$((number + 1))
    timeout 2 dpip addr add "fe80::1ac:$number/128" dev "$bond" > /dev/null 2>&1 || true
    timeout 2 dpip addr del "fe80::1ac:$number/128" dev "$bond" > /dev/null 2>&1 || true
  done
  sleep 0.5
done
