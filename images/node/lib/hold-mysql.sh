#!/bin/bash
# hold-mysql.sh ADDRESS PORT: one session of the MariaDB client that asks ten times a second, each answer a line as the
# probe writes them (probe.c). An answer is a name; before it tells an error, the client says the question again, between
# dashes.
set -eu
(while :; do
  echo 'select @@report_host;'
  sleep 0.1
done) |
  mariadb -h "$1" -P "$2" -N -B --unbuffered --skip-reconnect --connect-timeout=3 2>&1 |
  while read -r line; do
    t=${EPOCHREALTIME/./}
    case $line in
      ERROR* | -*) echo "{\"kind\":\"held\",\"n\":0,\"at\":$t,\"end\":$t,\"lag\":0,\"ok\":false,\"why\":\"lost\"}" ;;
      '' | *' '*) ;;
      *) echo "{\"kind\":\"held\",\"n\":0,\"at\":$t,\"end\":$t,\"lag\":0,\"ok\":true,\"server\":\"$line\"}" ;;
    esac
  done
