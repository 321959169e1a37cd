#!/bin/sh
# dpvs-network.sh MARKER: prints the addresses of DPVS, its IPv4 routes and its IPv6 routes, with the marker between two
# lists.
set -eu
dpip addr show
echo "$1"
dpip route show
echo "$1"
dpip -6 route show
