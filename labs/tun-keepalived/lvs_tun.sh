# Makes this machine a real server behind an IPIP tunnel, undoes it, or tells whether it is one:
# lvs_tun.sh start|stop|status
set -eu

VIP=222.33.180.62

# Sysctls of a link, each NAME=VALUE.
conf() {
    link=$1
    shift
    for setting; do sysctl -q -w "net.ipv4.conf.$link.$setting"; done
}

case ${1-} in
    start)
        # what comes out of the tunnel has a source that is not reached by it
        conf tunl0 rp_filter=0 forwarding=1 arp_ignore=1 arp_announce=2
        conf all arp_ignore=1 arp_announce=2
        ip address replace "$VIP/32" broadcast "$VIP" dev tunl0
        ip link set tunl0 up
        ip route replace "$VIP/32" dev tunl0
        ;;
    stop)
        ip address flush dev tunl0
        ip link set tunl0 down
        conf tunl0 rp_filter=1 forwarding=0 arp_ignore=0 arp_announce=0
        conf all arp_ignore=0 arp_announce=0
        ;;
    status)
        if [ -n "$(ip -4 address show dev tunl0 to "$VIP")" ] && [ -n "$(ip route show "$VIP" dev tunl0)" ]; then
            echo "real server of $VIP behind a tunnel: yes"
        else
            echo "real server of $VIP behind a tunnel: no"
        fi
        ;;
    *)
        echo "usage: lvs_tun.sh start|stop|status" >&2
        exit 2
        ;;
esac
