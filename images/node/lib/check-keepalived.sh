#!/bin/sh
# Runs keepalived's own check of its configuration, and prints the first of what it says: after a word that it does not
# know, the rest of the file is often a mistake, too. keepalived ends with the same code for every complaint; here only
# those count for which a part of the file was not understood or cannot be used. Where keepalived says what it takes
# instead, it runs, as it does in production, and check configuration.clean tells of it (src/checks/configuration.ts).
# In keepalived(8), 6 means that a script runs without enable_script_security, which keepalived accepts.
set -u
words=$(keepalived --config-test 2>&1)
code=$?
shown=10
[ -z "$words" ] || printf '%s\n' "$words" | head -n $shown
rest=$(($(printf '%s\n' "$words" | wc -l) - shown))
[ $rest -le 0 ] || echo "and $rest more lines"
[ $code -eq 0 ] || [ $code -eq 6 ] && exit 0
[ -n "$words" ] || exit $code
instead='Truncating|setting default|resetting|- clearing|removing second|[Dd]isabling|must match being address owner|cannot be accessed|will be ignored'
! printf '%s\n' "$words" | grep -qvE "$instead"
