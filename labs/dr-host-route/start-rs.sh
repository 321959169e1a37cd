sh /root/rs.sh start
