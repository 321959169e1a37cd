# Makes this machine a real server of direct routing, or undoes it: rs.sh start|stop.
# It accepts what is for the VIP, but neither answers ARP for it nor asks under it.
set -eu

VIP=10.0.0.100

# arp LEVEL_OF_IGNORE LEVEL_OF_ANNOUNCE
arp() {
    for link in all lo; do
        sysctl -q -w "net.ipv4.conf.$link.arp_ignore=$1" "net.ipv4.conf.$link.arp_announce=$2"
    done
}

case ${1-} in
    start)
        # before the address is there, or the first ARP request would be answered
        arp 1 2
        ip address replace "$VIP/32" dev lo label lo:1
        ;;
    stop)
        ip address delete "$VIP/32" dev lo
        arp 0 0
        ;;
    *)
        echo "usage: rs.sh start|stop" >&2
        exit 2
        ;;
esac
