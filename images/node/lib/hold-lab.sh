#!/bin/bash
# hold-lab.sh WHO first|next: holds a lab, by a lock on a file in its fabric, for whoever keeps our stdin open. The engine
# closes that when he is gone, however he went, and the kernel then gives the lock to whoever waits. While it waits it looks
# at its stdin too, so that nobody waits who is gone. What is begun and not done stands in a file, for the next holder.
# `first` is whoever made the fabric: all others wait until that one has come.
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
