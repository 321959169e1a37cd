#!/bin/sh
# Uses what a director of kernel LVS needs: IPVS, and the traffic control that translates for Full-NAT.
set -eu
ipvsadm -A -t 127.0.0.1:1 -s rr
ipvsadm -D -t 127.0.0.1:1
tc qdisc add dev lo clsact
tc filter add dev lo egress prio 1 protocol ip flower ip_proto tcp dst_port 1 ct_state -trk action ct commit nat src addr 127.0.0.2 pipe action ok
tc qdisc del dev lo clsact
