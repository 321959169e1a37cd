#!/bin/bash
# Keeps programs of a node stopped most of the time, or lets them run again.
#
#   slow.sh on SECONDS PROGRAM...   stops them for SECONDS at a time
#   slow.sh off PROGRAM...
#
# The loop ends within one turn after its mark is gone.
set -eu
mark=/run/fault-slow

# Sends a signal to every process of the programs; fails if there is none.
all() {
  signal=$1
  shift
  pids=$(pidof "$@")
  read -ra each <<< "$pids"
  kill -s "$signal" "${each[@]}"
}

verb=$1
shift
case $verb in
  on)
    pidof "${@:2}" > /dev/null
    touch "$mark"
    (setsid "$0" loop "$@" > /dev/null 2>&1 &)
    ;;
  loop)
    pause=$1
    shift
    exec 9> "$mark.runs"
    flock -n 9 || exit 0
    while [ -e "$mark" ]; do
      all STOP "$@" || true
      sleep "$pause"
      all CONT "$@" || true
      sleep 0.01
    done
    ;;
  off)
    rm -f "$mark"
    [ ! -e "$mark.runs" ] || flock -w 10 "$mark.runs" rm -f "$mark.runs"
    all CONT "$@" || true
    ;;
esac
