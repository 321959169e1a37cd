#!/bin/bash
# hold-mysql.sh ADDRESS PORT: one session of the MariaDB client that sends ten queries per second, and prints each
# answer as a line in the probe's format (probe.c). An answer is a name; before an error, the client repeats the query
# between dashes.
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
