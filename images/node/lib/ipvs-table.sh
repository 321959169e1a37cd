#!/bin/sh
# ipvs-table.sh MARKER: all that ipvsadm shows of a director's table, list after list with the marker between two.
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
