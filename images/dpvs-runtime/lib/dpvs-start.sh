#!/bin/sh
# dpvs-start.sh IDLE WORKERS CARD...: runs DPVS with /etc/dpvs.conf on cards of this node, through packet sockets, without
# huge pages. Idle polling threads sleep (doze.so), or poll on, as IDLE says: sleep or poll. What they do is in
# /run/dpvs.threads.
set -eu
idle=$1 workers=$2
shift 2
# What a DPVS that was killed leaves would refuse this one.
rm -rf /run/dpvs.pid /run/dpvs.ipc /var/run/dpdk
cpus=$(nproc)
last=$((cpus - 1))
number=0
for card in "$@"; do
  set -- "$@" --vdev "net_af_packet$number,iface=$card,qpairs=$workers"
  shift
  number=$((number + 1))
done
# Every thread may run on each CPU: a busy CPU holds none up.
lcores="0@(0-$last)"
for worker in $(seq "$workers"); do lcores="$lcores,$worker@(0-$last)"; done
set -- dpvs -c /etc/dpvs.conf -p /run/dpvs.pid -x /run/dpvs.ipc -- --lcores "$lcores" \
  --no-pci --no-huge -m 768 --no-telemetry --file-prefix lab "$@"
if [ "$idle" = sleep ]; then
  echo 'idle threads sleep' > /run/dpvs.threads
  export LD_PRELOAD=/usr/local/lib/doze.so
  exec "$@"
fi
echo 'threads poll' > /run/dpvs.threads
# Others come first: these threads never stop by themselves.
exec chrt -i 0 "$@"
