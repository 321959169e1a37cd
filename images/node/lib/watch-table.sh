#!/bin/sh
# watch-table.sh MARKER COMMAND...: prints what a command prints whenever that changes, each time after the time in
# microseconds and before a line with the marker. Ends with the process that started it.
set -eu
marker=$1
shift
last=$marker
while :; do
  now=$("$@" 2> /dev/null || true)
  if [ "$now" != "$last" ]; then
    printf '%s\n%s\n%s\n' "$(date +%s%6N)" "$now" "$marker"
    last=$now
  fi
  sleep 0.02
done
