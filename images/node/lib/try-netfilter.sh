#!/bin/sh
# Uses what firewalls and balancers of a user need of netfilter: marks, translation, where there is IPVS also of what it
# forwards, and nftables.
set -eu
iptables -t mangle -A PREROUTING -d 127.0.0.3 -p tcp -m multiport --dports 1,2 -j MARK --set-mark 1
iptables -t mangle -D PREROUTING -d 127.0.0.3 -p tcp -m multiport --dports 1,2 -j MARK --set-mark 1
if [ -e /proc/net/ip_vs ]; then balanced='-m ipvs --vaddr 127.0.0.3/32 --vport 1'; else balanced=; fi
# shellcheck disable=SC2086 # several words, or none
iptables -t nat -A POSTROUTING $balanced -j MASQUERADE
# shellcheck disable=SC2086
iptables -t nat -D POSTROUTING $balanced -j MASQUERADE
nft add table inet probe
nft delete table inet probe
