#!/bin/sh
# Starts DPVS in this container with KNI, as try-dpvs.sh does without it.
exec /usr/local/lib/lab/try-dpvs.sh on
