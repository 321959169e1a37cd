#!/bin/sh
# In the fabric: inserts a small kernel that has netem into the wire between a node's port and its segment, or removes
# it.
#
#   hop.sh put FOLDER PORT SEGMENT BRIDGE NODE_END SEGMENT_END NETEM INIT COMMAND...
#   hop.sh take FOLDER PORT SEGMENT BRIDGE NODE_END SEGMENT_END
#
# The command boots the kernel with FOLDER/init, which becomes a link to INIT. The wire stays intact until it is ready.
set -eu
# Checks every 20 ms whether it has booted.
looks=750

put() {
  netem=$1 init=$2
  shift 2
  mkdir -p "$folder"
  ln -s "$init" "$folder/init"
  printf %s "$netem" > "$folder/netem"
  ip link add "$bridge" type bridge stp_state 0 forward_delay 0 mcast_snooping 0
  mtu=$(cat "/sys/class/net/$port/mtu")
  ip link set "$bridge" addrgenmode none arp off up
  for end in "$node_end,$bridge" "$segment_end,$segment"; do
    ip tuntap add dev "${end%,*}" mode tap
    ip link set "${end%,*}" mtu "$mtu" addrgenmode none arp off gso_max_segs 1 master "${end#*,}" up
  done
  setsid "$@" < /dev/null > "$folder/console" 2>&1 &
  pid=$!
  echo "$pid" > "$folder/pid"
  for _ in $(seq "$looks"); do
    if [ -s "$folder/shown" ]; then
      grep -q netem "$folder/shown"
      exec ip link set "$port" master "$bridge"
    fi
    kill -0 "$pid" || break
    sleep 0.02
  done
  tail -n 3 "$folder/console" >&2
  exit 1
}

take() {
  [ -e "$folder" ] || exit 0
  [ ! -e "/sys/class/net/$port" ] || ip link set "$port" master "$segment"
  kill -s KILL -- "-$(cat "$folder/pid")" 2> /dev/null || true
  for device in "$segment_end" "$node_end" "$bridge"; do
    [ ! -e "/sys/class/net/$device" ] || ip link del "$device"
  done
  rm -rf "$folder"
}

verb=$1 folder=$2 port=$3 segment=$4 bridge=$5 node_end=$6 segment_end=$7
shift 7
"$verb" "$@"
