#!/bin/sh
# dpvs-table.sh MARKER: prints what DPVS's ipvsadm shows of a director's table, list by list, with the marker between
# two lists.
set -eu
marker=$1
ipvsadm -ln
echo "$marker"
ipvsadm -ln --stats --exact
echo "$marker"
ipvsadm -ln --rate
echo "$marker"
ipvsadm -ln --thresholds
