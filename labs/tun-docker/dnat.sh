# the host's own ssh server, which the health check asks
dropbear -R -p 172.17.42.40:22

# iptables -t nat -A PREROUTING -d 172.17.42.200/32 -p tcp --dport 36000 -j DNAT --to-destination 172.18.0.2:22
# where the kernel has no iptables, connection tracking in traffic control does the same: there on the
# way out of the tunnel, and back on the way to the client
iptables -t nat -A PREROUTING -d 172.17.42.200/32 -p tcp --dport 36000 -j DNAT --to-destination 172.18.0.2:22 && exit 0
modprobe -a act_ct cls_flower sch_ingress
tc qdisc add dev tunl0 clsact
tc filter add dev tunl0 ingress protocol ip flower dst_ip 172.17.42.200 ip_proto tcp dst_port 36000 \
    ct_state -trk action ct commit nat dst addr 172.18.0.2 port 22 pipe action ok
tc qdisc add dev eth0 clsact
tc filter add dev eth0 egress protocol ip flower src_ip 172.18.0.2 ip_proto tcp src_port 22 \
    ct_state -trk action ct nat pipe action ok
