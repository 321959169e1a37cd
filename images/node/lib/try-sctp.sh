#!/bin/sh
# Uses SCTP (protocol 132): the kernel loads it for a socket.
set -eu
perl -MSocket -e 'socket(my $one, PF_INET, SOCK_STREAM, 132) or die "no socket of SCTP: $!\n"'
