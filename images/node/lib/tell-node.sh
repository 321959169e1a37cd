#!/bin/sh
# tell-node.sh MARKER N ROUTE... N SYSCTL... FILE...: tells the links of a node, so many routes by their destinations and so
# many sysctls, a line with the marker before each, and once more before the sums of files.
set -eu
marker=$1 left=$2
shift 2
ip -json addr show
while [ "$left" -gt 0 ]; do
  echo "$marker"
  case $1 in *:*) ip -6 route show "$1" ;; *) ip route show "$1" ;; esac
  left=$((left - 1))
  shift
done
left=$1
shift
while [ "$left" -gt 0 ]; do
  echo "$marker"
  sysctl -n "$1" || true
  left=$((left - 1))
  shift
done
echo "$marker"
[ $# -eq 0 ] || sha256sum -- "$@" 2>&1 || true
