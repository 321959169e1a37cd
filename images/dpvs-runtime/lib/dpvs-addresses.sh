#!/bin/sh
# dpvs-addresses.sh MARKER: prints the addresses of the node's kernel, and those of DPVS after a line with the marker.
set -eu
ip -json addr show
echo "$1"
dpip -s addr show
