#!/usr/bin/env bash
# kill.sh UPNAS PROGRAMS [ROUNDS [COUNT]]: kill a run at random moments, resume, check the store; ends with equal
# bytes. Then the same with a sweep of COUNT architectures, and with its shares merged.
. "$(dirname "$0")/../cli/lib.sh"
. "$source_dir/tests/cli/sweep.sh"
rounds=${3:-200}
sweep_of=${4:-2000}

up run tiny.yaml --json --store whole
digests whole >want
for ((i = 1; i <= rounds; ++i)); do
    "$upnas" run tiny.yaml --json --no-out >out 2>err &
    pid=$!
    sleep "$(awk -v r=$RANDOM 'BEGIN { printf "%.3f", r / 32768 * 3 }')"
    kill -9 "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    [ -e .upnas/data.mdb ] || continue # killed before it made the store
    up verify
    if [ $((i % 5)) = 0 ]; then
        up run tiny.yaml --json --no-out
        digests .upnas | cmp - want || fail "round $i: other digests"
        rm -rf .upnas
    fi
done
echo "$rounds kills, every store sound, equal results"

rm -rf whole
whole_sweep "$sweep_of"
killed_sweep killed "$rounds"
shared_sweep 7
echo "a sweep of $sweep_of: $rounds kills, 7 shares merged, equal results"
