#!/bin/sh
# First process of a hop's kernel, started through a link in the hop's folder: forwards every frame from one end to the
# other, applies the netem of the file `netem` there to what the node sends, and writes `shown` when it does.
set -e
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
folder=${0%/*}

hand() { tc filter add dev "$1" ingress protocol all matchall action mirred egress redirect dev "$2"; }

mount -t proc proc /proc
modprobe -a sch_netem sch_ingress cls_matchall act_mirred
for device in vec0 vec1; do
  ip link set "$device" addrgenmode none arp off promisc on up
  tc qdisc add dev "$device" clsact
done
# shellcheck disable=SC2046 # netem's words
tc qdisc add dev vec1 root $(cat "$folder/netem")
hand vec0 vec1
hand vec1 vec0
tc qdisc show dev vec1 > "$folder/shown"
exec sleep infinity
