#!/bin/sh
# In the fabric: sets ports down and up repeatedly, or stops this, with all of them up.
#
#   flap.sh on MARK SECONDS PORT...   SECONDS down, and as many up
#   flap.sh off MARK PORT...
#
# The loop ends within one turn after its mark is gone.
set -eu

all() {
  state=$1
  shift
  for port; do ip link set "$port" "$state"; done
}

verb=$1 mark=$2
shift 2
case $verb in
  on)
    touch "$mark"
    (setsid "$0" loop "$mark" "$@" > /dev/null 2>&1 &)
    ;;
  loop)
    pause=$1
    shift
    exec 9> "$mark.runs"
    flock -n 9 || exit 0
    while [ -e "$mark" ]; do
      all down "$@"
      sleep "$pause"
      all up "$@"
      sleep "$pause"
    done
    ;;
  off)
    rm -f "$mark"
    [ ! -e "$mark.runs" ] || flock -w 10 "$mark.runs" rm -f "$mark.runs"
    all up "$@"
    ;;
esac
