#!/bin/sh
# dpvs-alive.sh PORT...: succeeds when DPVS answers and these ports are up.
set -eu
for port in "$@"; do
  timeout 1 dpip link show "$port" 2> /dev/null | grep -q '^    UP '
done
