sh /root/vs.sh start
