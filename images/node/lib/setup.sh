#!/bin/bash
# Runs the user's setup script so that the line that failed is told, by the name that the lab file gives it. Bash is to be
# called with -Eeu.
# shellcheck disable=SC2154 # the trap assigns it
trap 'code=$?; echo "$(cat /lab/setup.name):$LINENO: \"$BASH_COMMAND\" ended with $code" >&2' ERR
# shellcheck source=/dev/null
. /lab/setup.sh
