#!/bin/sh
# Filters segments to ports of this node, in its own kernel.
#
#   filter.sh nft NAME WHAT PORT...   by nftables
#   filter.sh tc NAME WHAT PORT...    by traffic control, for a kernel whose nftables cannot match addresses
#   filter.sh lift NAME               removes the filter of either kind
#
# WHAT is `reset`: all are refused; or `silence`: those with payload are dropped, so that connections open.
set -eu
# Maximum bytes of a segment without payload: for IPv4 with its header (a SYN with all its options has 60), for IPv6
# without. One less than a power of two: traffic control compares by masks.
headers=63
# Priorities of these filters: a card of a guest may have others.
prio_ip=71 prio_ipv6=72

by_nft() {
  what=$1
  shift
  ports=$(echo "$*" | tr ' ' ',')
  case $what in
    reset) rules="tcp dport { $ports } counter reject with tcp reset;" ;;
    silence) rules="tcp dport { $ports } ip length > $headers counter drop; tcp dport { $ports } ip6 length > $headers counter drop;" ;;
  esac
  printf 'table inet %s { chain input { type filter hook input priority 0; %s }; }' "$name" "$rules" | nft -f -
  nft list table inet "$name" | grep counter
}

# tc-u32(8): PROTOCOL, its header's name, the offset of its length field (the length of the whole packet, or of the part
# after the header), the priority, and the ports.
tc_family() {
  protocol=$1 header=$2 length=$3 prio=$4
  shift 4
  for port; do
    set -- prio "$prio" protocol "$protocol" u32 match "$header" protocol 6 0xff match "$header" dport "$port" 0xffff
    [ "$what" = reset ] ||
      tc filter add dev "$device" ingress "$@" match u16 0 "$(printf '0x%x' $((0xffff & ~headers)))" at "$length" action pass
    tc filter add dev "$device" ingress "$@" action drop
  done
}

by_tc() {
  what=$1
  shift
  mkdir -p "$folder"
  modprobe -q -a sch_ingress cls_u32 act_gact || true
  if [ "$what" = reset ]; then
    setsid refuse "$@" < /dev/null > "$folder/log" 2>&1 &
    echo $! > "$folder/pid"
  fi
  for path in /sys/class/net/*; do
    device=${path##*/}
    if tc qdisc add dev "$device" clsact 2> /dev/null; then echo "$device" >> "$folder/devices"; fi
    tc_family ip ip 2 "$prio_ip" "$@"
    tc_family ipv6 ip6 4 "$prio_ipv6" "$@"
    tc filter show dev "$device" ingress | grep -q gact
  done
  [ ! -e "$folder/pid" ] || kill -0 "$(cat "$folder/pid")"
}

lift() {
  nft delete table inet "$name" 2> /dev/null || true
  [ -d "$folder" ] || exit 0
  for path in /sys/class/net/*; do
    for prio in "$prio_ip" "$prio_ipv6"; do tc filter del dev "${path##*/}" ingress prio "$prio" 2> /dev/null || true; done
  done
  if [ -e "$folder/devices" ]; then
    while read -r device; do tc qdisc del dev "$device" clsact || true; done < "$folder/devices"
  fi
  [ ! -e "$folder/pid" ] || kill "$(cat "$folder/pid")" || true
  rm -rf "$folder"
}

verb=$1 name=$2
shift 2
folder=/run/$name
case $verb in
  nft) by_nft "$@" ;;
  tc) by_tc "$@" ;;
  lift) lift ;;
esac
