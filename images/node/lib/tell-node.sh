#!/bin/sh
# tell-node.sh MARKER N ROUTE... N SYSCTL... FILE...: prints the links of a node, N routes by their destinations and N
# sysctls, with a line with the marker before each, and once more before the checksums of the files.
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
