#!/bin/sh
# start-again.sh PROGRAM: starts a program of this node. If the program still runs, a killed process may have asked it
# to end: it is started when it has ended, within the 5 s after which the node ends it (init.c). A program that the node
# does not have cannot have been stopped.
set -eu
programs=$(svc status)
printf '%s\n' "$programs" | grep -q "^$1 " || exit 0
for _ in $(seq 110); do
  case $(svc status "$1") in
    *' running '*) sleep 0.05 ;;
    *) break ;;
  esac
done
exec svc start "$1"
