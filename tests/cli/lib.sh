#!/usr/bin/env bash
# Sourced by every test of this folder: test_NAME.sh UPNAS. Goes to a private folder.
set -euo pipefail
upnas=$(realpath "$1")
source_dir=${UPNAS_SOURCE:-$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")}
shared=${UPNAS_SHARED:-$source_dir/../shared}
python=/usr/bin/python3
[ -x "$python" ] || python=python3
unset OPENBLAS_CORETYPE OPENBLAS_NUM_THREADS NO_COLOR
export source_dir shared python

work=$(mktemp -d)
on_exit() {
    local rc=$?
    cleanup || true
    [ "$rc" -eq 0 ] || [ "$rc" -eq 77 ] || echo "FAILED (exit $rc)" >&2
    cd / && chmod -R u+rwX "$work" 2>/dev/null && rm -rf "$work"
    exit "$rc"
}
cleanup() { :; } # a test may define its own
trap on_exit EXIT
cd "$work"
cp "$source_dir/tests/cli/tiny.yaml" .

fail() {
    echo "FAIL: $*" >&2
    exit 1
}
skip() {
    echo "skipped: $*"
    exit 77
}
# up ARG...: must succeed; out and err hold what it said.
up() {
    "$upnas" "$@" >out 2>err || {
        local rc=$?
        cat out err >&2
        fail "upnas $* exited with $rc"
    }
}
# refuse STATUS(a regex) PATTERN ARG...: must fail with that status, one line on stderr that matches.
refuse() {
    local want=$1 pattern=$2 rc=0
    shift 2
    "$upnas" "$@" >out 2>err || rc=$?
    [[ $rc =~ ^$want$ ]] || { cat err >&2; fail "upnas $* exited with $rc, not $want"; }
    [ "$(grep -vc '^upnas: warning' err)" = 1 ] || { cat err >&2; fail "upnas $* did not say one sentence"; }
    grep -qE "^upnas: .*($pattern)" err || { cat err >&2; fail "upnas $*: no '$pattern' in the sentence"; }
}
# The last run's nodes as "node key digest" lines.
digests() { # STORE
    "$upnas" show last --json --store "$1" | tr '{' '\n' |
        sed -n 's/.*"node": *"\([^"]*\)".*"key": *"\([^"]*\)", *"digest": *"\([^"]*\)".*/\1 \2 \3/p'
}
# number FIELD: of the last line of out
number() { tail -n 1 out | sed -n "s/.*\"$1\": *\([0-9.e+-]*\|null\).*/\1/p"; }
# what the result event says from FIELD on
result_from() { tail -n 1 out | grep -o "\"$1\": .*"; }
# the nodes that executed, in order, from the events in out
executed() { sed -n 's/.*"event": *"finish", *"node": *"\([^"]*\)".*"status": *"ran".*/\1/p' out | tr '\n' ' '; }
