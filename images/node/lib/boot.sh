#!/bin/sh
# boot.sh: boots this node's own kernel. /lab/guest lists its cards, one per line: how its wire is attached to the guest
# (raw, or whole, as kernels/uml.ts explains), and its device.
set -eu
lib=${0%/*}
# Megabytes that the guest may use; it takes them from the machine only when it touches them.
megabytes=192

# Each interface is removed from the container's own stack, which must neither answer nor send on it, and frames must be
# complete, because the guest reads and writes them as they are on the wire.
while read -r _ device; do
  ip link set "$device" addrgenmode none promisc on arp off up
done < /lab/guest
ip tuntap add dev mgmt0 mode tap
cut -d ' ' -f 2 /lab/guest | xargs -r nodectl offload
# The guest's driver turns segmentation offload of a tap on again when it opens the tap, and then stalls on long frames.
ip link set mgmt0 addrgenmode none gso_max_segs 1 up
ip addr add 169.254.77.1/30 dev mgmt0

set -- transport=tap,ifname=mgmt0
n=0
while read -r how device; do
  n=$((n + 1))
  if [ "$how" = raw ]; then
    set -- "$@" "transport=raw,ifname=$device"
    continue
  fi
  tap=tap$n wire=wire$n
  ip tuntap add dev "$tap" mode tap
  ip link add "$wire" type bridge stp_state 0 forward_delay 0 mcast_snooping 0 ageing_time 0
  ip link set "$tap" addrgenmode none gso_max_segs 1 arp off master "$wire" up
  # A bridge does not forward frames for its own ports' addresses, and this address is the guest's.
  ip link set "$device" address "$(printf '02:fe:00:00:00:%02x' "$n")" master "$wire"
  for port in "$tap" "$device"; do ip link set "$port" type bridge_slave group_fwd_mask 4; done
  ip link set "$wire" addrgenmode none arp off up
  set -- "$@" "transport=tap,ifname=$tap"
done < /lab/guest

exec "$lib/guest.sh" "$megabytes" /usr/local/bin/guest-init "$@"
