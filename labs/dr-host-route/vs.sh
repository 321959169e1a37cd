# Makes this machine the director of direct routing, or undoes it: vs.sh start|stop.
set -eu

VIP=10.0.0.100
SERVICE=$VIP:80
REALS="10.1.1.244 10.1.1.245"

case ${1-} in
    start)
        ip address replace "$VIP/32" dev lo label lo:1
        # nothing may filter what is for the VIP; a kernel without iptables has no rules to flush
        iptables --flush || echo "no iptables in this kernel, and so no rules"
        ipvsadm --add-service --tcp-service "$SERVICE" --scheduler rr
        for real in $REALS; do
            ipvsadm --add-server --tcp-service "$SERVICE" --real-server "$real" --gatewaying --weight 1
        done
        ;;
    stop)
        ipvsadm --clear
        ip address delete "$VIP/32" dev lo
        ;;
    *)
        echo "usage: vs.sh start|stop" >&2
        exit 2
        ;;
esac
