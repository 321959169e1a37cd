#!/bin/bash
# hold-lab.sh WHO first|next: holds a lab, by a lock on a file in its fabric, for the process that keeps stdin open. The
# engine closes stdin when that process has ended, for whatever reason, and the kernel then gives the lock to the next
# one that waits. While it waits, it also watches its stdin, so that it does not wait for a process that has ended.
# Unfinished work is recorded in a file, for the next holder. `first` is the creator of the fabric: all others wait
# until it has come.
set -e
who=$1 turn=$2 told=
[ "$turn" = first ] || [ -e /lab/holder ] || {
  echo unbegun
  exit
}
exec 9>> /lab/hold
until flock -n 9; do
  [ "$told" ] || {
    told=1
    echo "busy $(cat /lab/holder)"
  }
  read -rt 0.1 || [ $? -gt 128 ] || exit 0
done
[ "$turn" != first ] || echo '*' > /lab/unfinished
echo "$who" > /lab/holder
echo "held $(cat /lab/unfinished 2> /dev/null)"
while read -r word nodes; do
  case $word in
    begin)
      echo "$nodes" > /lab/unfinished
      echo begun
      ;;
    done)
      rm -f /lab/unfinished
      echo finished
      exit
      ;;
  esac
done
