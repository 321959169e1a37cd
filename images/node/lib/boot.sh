#!/bin/sh
# boot.sh: boots this node's own kernel. /lab/kernel names the script of this folder that becomes that kernel, and the
# megabytes that the guest may use; it takes them from the machine only when it touches them. /lab/guest lists the cards,
# one per line: how its wire is attached to the guest (raw: by a packet socket on its device; tap: by a tap that is
# bridged to it), its device, and the MTU of its wire.
set -eu
lib=${0%/*}
read -r kernel megabytes < /lab/kernel

# Each interface is removed from the container's own stack, which must neither answer nor send on it, and frames must be
# complete, because the guest reads and writes them as they are on the wire.
while read -r _ device _; do
  ip link set "$device" addrgenmode none promisc on arp off up
done < /lab/guest
ip tuntap add dev mgmt0 mode tap
cut -d ' ' -f 2 /lab/guest | xargs -r nodectl offload
# The guest's driver turns segmentation offload of a tap on again when it opens the tap, and then stalls on long frames.
ip link set mgmt0 addrgenmode none gso_max_segs 1 up
ip addr add 169.254.77.1/30 dev mgmt0

set -- tap,mgmt0,1500
n=0
while read -r how device mtu; do
  n=$((n + 1))
  if [ "$how" = raw ]; then
    set -- "$@" "raw,$device,$mtu"
    continue
  fi
  tap=tap$n wire=wire$n
  ip tuntap add dev "$tap" mode tap
  ip link add "$wire" type bridge stp_state 0 forward_delay 0 mcast_snooping 0 ageing_time 0
  ip link set "$tap" addrgenmode none gso_max_segs 1 arp off master "$wire" up
  # A bridge does not forward frames for its own ports' addresses, and this address is the guest's.
  ip link set "$device" address "$(printf '02:fe:00:00:00:%02x' "$n")" master "$wire"
  for port in "$tap" "$device"; do ip link set "$port" type bridge_slave group_fwd_mask 4; done
  for port in "$tap" "$wire"; do ip link set "$port" mtu "$mtu"; done
  ip link set "$wire" addrgenmode none arp off up
  set -- "$@" "tap,$tap,$mtu"
done < /lab/guest

exec "$lib/$kernel.sh" "$megabytes" /usr/local/bin/guest-init "$@"
