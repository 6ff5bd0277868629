#!/usr/bin/env bash
# float.sh UPNAS PROGRAMS [SEEDS]: a library that changes rounding, subnormals and the x87 unit's precision before
# and between nodes and in every thread changes no key and no byte.
# suite: 1
programs=$(realpath "$2")
. "$(dirname "$0")/../cli/lib.sh"
count=${3:-5}
spoilt() { UP_FLOAT_LOG=$work/log LD_PRELOAD="$programs/libsoak_float.so" "$upnas" "$@"; }
[ "$(uname -m)" = x86_64 ] || skip "the library is written for x86-64"
for ((seed = 1; seed <= count; ++seed)); do
    for threads in 3 1; do
        [ "$count" -gt 1 ] || [ $threads = 3 ] || continue # the suite has no time for both
        rm -rf plain other
        up run tiny.yaml --no-out --json --threads $threads --set seed="$seed" --store plain --set scores.limit=40
        spoilt run tiny.yaml --no-out --json --threads $threads --set seed="$seed" --store other --set scores.limit=40 >out 2>err ||
            { cat err >&2; fail "the run failed"; }
        [ "$(cat log)" -gt 10 ] || fail "the library was not met: $(cat log) times"
        digests plain >a && digests other >b
        [ -s a ] && cmp a b || fail "seed $seed, $threads threads: other keys or bytes: $(diff a b)"
    done
done
up score --space nb201 --arch 5 --batch 8 --threads 2 --json
result_from proxies >a
spoilt score --space nb201 --arch 5 --batch 8 --threads 2 --json >out
result_from proxies | cmp - a || fail "score: another result"
echo "$count seeds with a spoilt floating-point state: equal keys and bytes"
