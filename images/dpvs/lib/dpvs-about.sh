#!/bin/sh
# Prints the version of DPVS, and what its threads do when they are idle.
set -eu
/opt/dpvs/bin/dpvs -v 2>&1 | sed -n 's/^dpvs version: *\([^,]*\).*/\1/p'
cat /run/dpvs.threads
