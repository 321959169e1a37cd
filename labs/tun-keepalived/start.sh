# the tunnel's module and its device tunl0 are there already
bash /root/lvs_tun.sh start
bash /root/lvs_tun.sh status
