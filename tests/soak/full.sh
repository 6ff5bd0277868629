#!/usr/bin/env bash
# full.sh UPNAS PROGRAMS [COUNT]: a disk that is full at the n-th write, and a map that cannot grow
# at the n-th time, for at most COUNT values of n each: a sentence, and nothing lost.
# suite: 12
programs=$(realpath "$2")
. "$(dirname "$0")/../cli/lib.sh"
count=${3:-1000}
fault() { LD_PRELOAD="$programs/libsoak_fault.so" "$@"; }

"$programs/soak_load" base 0 6 >before
cp -r base store
UP_FAULT_LOG=$work/log fault "$programs/soak_load" store 6 12 >all
read -r writes maps <log
[ "$writes" -gt 20 ] && [ "$maps" -gt 1 ] || fail "the faults are not met: $writes writes, $maps maps"

# try KIND N: records 6 to 17 into a store that has 0 to 5
try() {
    local rc=0
    rm -rf store && cp -r base store
    env "UP_FAULT_$1=$2" LD_PRELOAD="$programs/libsoak_fault.so" "$programs/soak_load" store 6 12 >after 2>err || rc=$?
    [ "$rc" = 1 ] || { cat err >&2; fail "$1 $2: exit $rc"; }
    [ "$(wc -l <err)" = 1 ] || { cat err >&2; fail "$1 $2: not one sentence"; }
    grep -qE 'is full|half-way' err || { cat err >&2; fail "$1 $2: what is wrong is not said"; }
    "$programs/soak_load" store check 18 >there
    cat before after | sort | comm -23 - <(sort there) >lost
    [ ! -s lost ] || { cat lost >&2; fail "$1 $2: lost"; }
    # 2: what the filling program wrote names no node, so that nobody can vouch for it; it is no damage
    "$upnas" verify --store store >out 2>&1 || [ $? = 2 ] || { cat out >&2; fail "$1 $2: not sound"; }
    "$programs/soak_load" store 6 12 | cmp - all || fail "$1 $2: cannot go on"
}
# each KIND MOST: at most COUNT values from 1 to MOST, spread evenly
each() {
    local n step=$((($2 + count - 1) / count))
    for ((n = 1; n <= $2; n += step)); do
        try "$1" "$n"
        tried=$((tried + 1))
    done
}
tried=0
each WRITE "$writes"
each MAP "$maps"

# A whole run on a disk that is full at the n-th write: a sentence, and the next run finishes it.
up run tiny.yaml --json --no-out --store whole
digests whole >want
for n in 1 5 12; do
    rc=0
    UP_FAULT_WRITE=$n fault "$upnas" run tiny.yaml --no-out --store part >out 2>err || rc=$?
    [ "$rc" = 1 ] && grep -q '^upnas: .*full' err || { cat err >&2; fail "run, write $n: exit $rc"; }
done
up run tiny.yaml --json --no-out --store part
digests part | cmp - want || fail "other digests after full disks"
echo "$tried of $writes writes and $maps enlargements refused: each a sentence, nothing lost"
