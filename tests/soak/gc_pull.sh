#!/usr/bin/env bash
# gc_pull.sh UPNAS PROGRAMS [ROUNDS]: collections without any grace against people who pull from a remote into the
# same store, some killed. What the last run made or took is whole, nothing of it is computed again.
# suite: 4
. "$(dirname "$0")/../cli/lib.sh"
. "$source_dir/tests/cli/remote.sh"
rounds=${3:-250}
methods=(rank-gauss minmax zscore signed-log)

as alice
runs=()
for m in "${methods[@]}"; do
    scores --set "calibrate.method=$m" || fail "alice cannot score"
    digests .upnas >"$work/want.$m"
    runs+=("$("$upnas" log --limit 1 | cut -d" " -f1)")
done
up key generate alice-1
up remote add team "$work/root" --rw
up push

as bob
up key trust "$(public alice)"
up remote add team "$work/root" --trust alice-1
: >"$work/go"
collect() {
    local n=0
    while [ -e "$work/go" ]; do
        "$upnas" gc --grace 0h --keep 1 >>gc.out 2>gc.err || { cat gc.err >>gc.bad; }
        n=$((n + 1))
        echo "$n" >gc.rounds
    done
}
collect &
collector=$!
for ((i = 1; i <= rounds; ++i)); do
    m=${methods[RANDOM % 4]}
    (timeout -s KILL "0.0$((RANDOM % 9 + 1))" "$upnas" pull --run "${runs[RANDOM % 4]}" || true) >killed 2>&1 &
    other=$!
    scores --set "calibrate.method=$m" || { cat err >&2; fail "round $i: the run failed"; }
    wait $other || true
    [ -z "$(executed)" ] || fail "round $i: executed $(executed) instead of taking it"
    digests .upnas | cmp - "$work/want.$m" || fail "round $i: another result"
    scores --set "calibrate.method=$m" --offline || { cat err >&2; fail "round $i: the second run failed"; }
    [ -z "$(executed)" ] || fail "round $i: gc took $(executed) from the last run"
done
rm "$work/go"
wait $collector
[ ! -s gc.bad ] || { cat gc.bad >&2; fail "a collection failed"; }
up verify
[ -s gc.out ] || fail "nothing was ever collected"
echo "$rounds rounds of pulls against $(cat gc.rounds) collections, $(wc -l <gc.out) lines of what went: nothing lost"
