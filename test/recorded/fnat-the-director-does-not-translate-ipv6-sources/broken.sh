tc qdisc del dev eth1 clsact
