#!/bin/sh
# Prints the version of DPVS, what its threads do when they are idle, and what lets its bonds speak LACP, if any do.
set -eu
/opt/dpvs/bin/dpvs -v 2>&1 | sed -n 's/^dpvs version: *\([^,]*\).*/\1/p'
cat /run/dpvs.threads
if [ -e /run/dpvs.lacp ]; then cat /run/dpvs.lacp; fi
