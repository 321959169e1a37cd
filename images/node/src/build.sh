#!/bin/sh
# Builds the project's programs into bin/ and lib/ of a folder: build.sh FOLDER [more flags of gcc]. All warnings of gcc
# are errors. The programs are linked statically, for nodes of any image; LINK='' leaves that out, as sanitizers
# require.
set -eu
out=$1
shift
cd "$(dirname "$0")"
mkdir -p "$out/bin" "$out/lib"
compile() {
  gcc -O2 -std=gnu17 -Wall -Wextra -Werror -Wconversion -Wshadow -Wformat=2 -Wundef -Wvla -Wstrict-prototypes -Wmissing-prototypes \
    -Wpointer-arith -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong -s "$@"
}
program() {
  name=$1
  shift
  # shellcheck disable=SC2086 # none, or several words
  compile ${LINK--static} -o "$out/bin/$name" "$@"
}
tls="-lmbedtls -lmbedx509 -lmbedcrypto"
program nodectl "$@" nodectl.c init.c services.c svc.c exec.c agent.c serve.c run.c frames.c buf.c fabric.c await.c ready.c handover.c wire.c job.c numbers.c die.c -lutil
# shellcheck disable=SC2086 # several words
program ask "$@" ask.c address.c answers.c buf.c dns.c numbers.c stream.c die.c $tls
# shellcheck disable=SC2086 # several words
program probe "$@" probe.c address.c answers.c dns.c numbers.c stream.c $tls
program answer "$@" answer.c address.c clients.c option.c numbers.c
program pulse "$@" pulse.c numbers.c
program toa "$@" toa.c address.c answers.c buf.c clients.c numbers.c option.c request.c segment.c die.c
program refuse "$@" refuse.c segment.c numbers.c
# Preloaded into programs of other projects.
compile "$@" -shared -fPIC -o "$out/lib/frrcaps.so" frrcaps.c
