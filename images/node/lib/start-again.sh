#!/bin/sh
# start-again.sh PROGRAM: starts a program of this node. One that runs still may have been told to end by somebody who was
# killed: it is started when it has, within the 5 s after which the node ends it (init.c). One that there is not cannot
# have been stopped.
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
