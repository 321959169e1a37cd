#!/bin/bash
# Runs the user's setup script and reports the line that failed, under the script's name in the lab file. Bash must be
# called with -Eeu.
# shellcheck disable=SC2154 # the trap assigns it
trap 'code=$?; echo "$(cat /lab/setup.name):$LINENO: \"$BASH_COMMAND\" ended with $code" >&2' ERR
# shellcheck source=/dev/null
. /lab/setup.sh
