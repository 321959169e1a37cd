ip addr add 10.140.31.49/32 dev eth0
tc qdisc add dev eth0 clsact
tc filter add dev eth0 egress protocol ip flower ip_proto tcp dst_ip 10.140.18.32/30 dst_port 80 ct_state -trk action ct commit nat src addr 10.140.31.49 pipe action ok
tc filter add dev eth0 ingress protocol ip flower ip_proto tcp dst_ip 10.140.31.49 src_port 80 ct_state -trk action ct nat pipe action ok
