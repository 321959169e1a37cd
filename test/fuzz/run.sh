#!/bin/sh
# run.sh HARNESS SEED INPUTS SOURCE...: builds a harness with the parser's own sources, and runs it.
set -eu
harness=$1 seed=$2 inputs=$3
shift 3
cd "$(dirname "$0")"
out=$(mktemp)
trap 'rm -f "$out"' EXIT
gcc -O1 -g -std=gnu17 -Wall -Wextra -Werror -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
  -o "$out" driver.c "$harness.c" "$@"
"$out" "$seed" "$inputs"
