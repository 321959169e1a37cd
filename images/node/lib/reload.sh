#!/bin/sh
# Gives a program another configuration and lets it read it (SIGHUP), or gives it back the one that it had.
#
#   reload.sh put CONF PID_FILE [NEW]   NEW takes the place of CONF, which is kept; without NEW it is read again
#   reload.sh back CONF PID_FILE        does nothing if no configuration is kept
set -eu
verb=$1 conf=$2 pid_file=$3 new=${4-}
kept=$conf.before-reload

replace() {
  cp -p "$1" "$conf.next"
  mv "$conf.next" "$conf"
}

case $verb in
  put)
    [ -e "$kept" ] || cp -p "$conf" "$kept"
    [ -z "$new" ] || replace "$new"
    kill -s HUP "$(cat "$pid_file")"
    ;;
  back)
    [ -e "$kept" ] || exit 0
    replace "$kept"
    rm "$kept"
    # A program that has ended reads it when it is started again.
    [ ! -e "$pid_file" ] || kill -s HUP "$(cat "$pid_file")" || true
    ;;
esac
