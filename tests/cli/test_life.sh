#!/usr/bin/env bash
# The life of a store: gc and pins, bundles, two processes on one store.
. "$(dirname "$0")/lib.sh"

# Two runs of one config at once: every node executes once, and both have equal results.
"$upnas" run tiny.yaml --json --no-out >one 2>err1 &
first=$!
"$upnas" run tiny.yaml --json --no-out >two 2>err2 &
wait $first && wait $! || { cat err1 err2 >&2; fail "two runs at once"; }
ran=$(cat one two | grep -c '"status": *"ran"')
[ "$ran" = 10 ] || fail "$ran nodes were executed by two runs, not 10"
for f in one two; do tail -n 1 $f | sed 's/.*"tau_unused"/"tau_unused"/' >$f.result; done
cmp one.result two.result || fail "other results"
digests .upnas >want

# Killed while it computes: the one that waits takes over.
"$upnas" run tiny.yaml --json --no-out --set seed=5 >one 2>err1 &
first=$!
for _ in $(seq 100); do grep -q '"event": *"start", *"node": *"scores"' one && break || sleep 0.05; done
"$upnas" run tiny.yaml --json --no-out --set seed=5 >two 2>err2 &
second=$!
for _ in $(seq 100); do grep -q 'another process is computing it' two && break || sleep 0.05; done
kill -9 $first
wait $first || true
wait $second || { cat err2 >&2; fail "the waiting run"; }

# gc: what --dry-run lists is what goes; runs keep what they need, pins keep runs.
up gc --grace 0 --json
[ "$(grep -c '"event": "remove"' out)" = 0 ] || fail "gc took something that a run needs"
oldest=$("$upnas" log --json | sed -n 's/.*"run": "\([^"]*\)".*/\1/p' | tail -n 1)
up pin add "$oldest" paper
up pin list
grep -q "^paper *run $oldest" out || fail "the pin is not listed"
up show paper
grep -q "$oldest" out || fail "a pin is no name for its run"
"$upnas" gc --grace 0 --keep 1 --dry-run | grep -v '^would' >dry
up gc --grace 0 --keep 1
grep -v '^removed' out | cmp - dry || fail "gc removed other records than --dry-run listed"
[ "$("$upnas" log --json | wc -l)" = 2 ] || fail "not the newest run and the pinned one are left"
up verify
up run tiny.yaml --json --no-out
[ "$(number executed)" = 0 ] || fail "a pinned run lost something"
digests .upnas | cmp - want || fail "other digests after gc"
before=$(stat -c %s .upnas/data.mdb)
up pin remove paper
refuse 1 'no pin "paper"' pin remove paper
up gc --grace 0 --max-size 300K
[ "$(stat -c %s .upnas/data.mdb)" -lt "$before" ] || fail "the file did not become smaller"
up gc --grace 0 --max-size 1K
up status --json
[ "$(number results)" = 0 ] && [ "$(number parts)" = 0 ] || fail "--max-size left results"
up verify
up run tiny.yaml --json --no-out
digests .upnas | cmp - want || fail "other digests after everything was collected"
refuse 2 'a time such as 14d' gc --grace soon
refuse 2 'a size such as' gc --max-size much

# Bundles: whole or not at all.
up export last bundle
up import bundle --store other
up run tiny.yaml --json --no-out --store other
[ "$(number executed)" = 0 ] || fail "an imported run is computed again"
digests other | cmp - want || fail "other digests in the other store"
up export last~1 again --store other
cmp bundle again || fail "equal runs have other bundles"
size=$(stat -c %s bundle)
for at in 3 50 $((size / 3)) $((size / 2)) $((size - 40)); do
    cp bundle bad
    byte=$(printf %02x $((0x5a ^ at % 7)))
    # shellcheck disable=SC2059 # the format is the byte
    printf "\\x$byte" | dd of=bad bs=1 seek="$at" conv=notrunc status=none
    cmp -s bundle bad || refuse 1 'bundle' import bad --store fresh
    head -c "$at" bundle >bad
    refuse 1 'bundle' import bad --store fresh
done
[ ! -e fresh ] || fail "a bad bundle left something behind"
