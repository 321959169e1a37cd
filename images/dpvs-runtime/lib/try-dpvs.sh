#!/bin/sh
# try-dpvs.sh [KNI]: starts DPVS in this container, on a wire of its own, until its port is up; with KNI `on`, its KNI device
# must be there, too. Prints its version. A failure is told in the last line.
set -eu
bin=/opt/dpvs/bin
kni=${1:-off}

fails() {
  echo "$1"
  exit 1
}

for program in dpvs dpip ipvsadm keepalived; do
  [ -e "$bin/$program" ] || fails "the build has no program $program"
  missing=$(ldd "$bin/$program" 2>&1 | sed -n 's/^[[:space:]]*\([^ ]*\) => not found$/\1/p' | paste -sd ' ' -)
  [ -z "$missing" ] || fails "$program needs libraries that the image lacks: $missing"
done
version=$("$bin/dpvs" -v 2>&1 | sed -n 's/^dpvs version: *\([^,]*\).*/\1/p')
ip link add eth0 type veth peer name far0
ip link set far0 up
ip link set eth0 promisc on arp off up
cat > /etc/dpvs.conf <<CONF
global_defs {
    log_level INFO
    log_async_mode off
    kni $kni
    lldp off
}
netif_defs {
    <init> pktpool_size 16383
    <init> pktpool_cache 256
    <init> device dpdk0 {
        rx {
            queue_number 1
            descriptor_number 256
            rss all
        }
        tx {
            queue_number 1
            descriptor_number 256
        }
        promisc_mode
        kni_name dpdk0.kni
    }
}
worker_defs {
    <init> worker cpu0 {
        type master
        cpu_id 0
    }
    <init> worker cpu1 {
        type slave
        cpu_id 1
        port dpdk0 {
            rx_queue_ids 0
            tx_queue_ids 0
        }
    }
}
ipvs_defs {
    conn {
        <init> conn_pool_size 65536
    }
}
sa_pool {
    flow_enable off
}
CONF
/usr/local/lib/lab/dpvs-start.sh 2 1 eth0 > /tmp/log 2>&1 &
dpvs=$!
for _ in $(seq 200); do
  if /usr/local/lib/lab/dpvs-alive.sh dpdk0; then
    [ "$kni" = off ] || ip link show dpdk0.kni > /dev/null 2>&1 || fails "DPVS $version makes no KNI device"
    { kill "$dpvs" && wait "$dpvs"; } 2> /dev/null || true
    echo "DPVS $version"
    exit 0
  fi
  [ -d "/proc/$dpvs" ] || break
  sleep 0.05
done
status=0
[ -d "/proc/$dpvs" ] || wait "$dpvs" || status=$?
last=$(grep -v '^[[:space:]]*$' /tmp/log | tail -n 1)
[ "$status" -ne 0 ] || fails "DPVS $version runs, but its port does not come up: $last"
[ -n "$last" ] || fails "DPVS $version crashes before its first log line, with status $status: release 1.10.2 seeds DPDK's random numbers before DPDK is up, which some releases of DPDK do not survive; move rte_srand behind rte_eal_init and build again"
fails "DPVS $version does not start, status $status: $last"
