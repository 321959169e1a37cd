#!/bin/sh
# ipvs-table.sh MARKER: prints everything that ipvsadm shows of a director's table, list by list, with the marker
# between two lists.
set -eu
marker=$1
ipvsadm -Ln
echo "$marker"
ipvsadm -Ln --stats --exact
echo "$marker"
ipvsadm -Ln --rate --exact
echo "$marker"
ipvsadm -Ln --thresholds
echo "$marker"
ipvsadm -Ln --tun-info
echo "$marker"
ipvsadm -L --timeout
