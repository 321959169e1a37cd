#!/bin/sh
# Starts a program of the user's FRR once: without a library that it needs, the loader says which.
set -eu
"$1" --version > /dev/null
