#!/usr/bin/env bash
# deploy/parallel.sh SCENARIO DIR PARTS [OPTION...]: a sweep in parts by GNU parallel. With more machines:
# PARALLEL="--sshlogin user@host" and a folder that all of them see.
set -euo pipefail
scenario=$1 out=$2 parts=$3
shift 3
seq "$parts" | parallel --halt now,fail=1 \
  "${SIXSLOT:-sixslot}" sweep "$scenario" --jobs 1 --shard "{}/$parts" --output "$out.parts/{}" "$@"
"${SIXSLOT:-sixslot}" merge "$out.parts"/* --output "$out"
rm -r "$out.parts"
