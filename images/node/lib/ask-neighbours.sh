#!/bin/sh
# ask-neighbours.sh TIMES [ADDRESS DEVICE]...: asks TIMES times for each address on its device, all in parallel.
# Neighbour discovery has no tool of its own here: after its entry is deleted, the kernel asks for a neighbour again.
set -eu
times=$1
shift

ask() {
  case $1 in
    *:*)
      ip neigh flush to "$1" dev "$2"
      ping -q -c 1 -W 1 -I "$2" "$1"
      ;;
    *) arping -q -b -c 1 -w 1 -I "$2" "$1" ;;
  esac
}

while [ $# -gt 0 ]; do
  (for _ in $(seq "$times"); do ask "$1" "$2" || break; done) > /dev/null 2>&1 &
  shift 2
done
wait
