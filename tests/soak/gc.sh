#!/usr/bin/env bash
# gc.sh UPNAS PROGRAMS [ROUNDS]: collections without any grace against three writers, some killed.
# suite: 20
programs=$(realpath "$2")
. "$(dirname "$0")/../cli/lib.sh"
"$programs/soak_collect" store "${3:-1000}" 2>err || { cat err >&2; fail "gc lost something"; }
[ ! -s err ] || { cat err >&2; fail "something was said"; }
"$upnas" verify --store store
