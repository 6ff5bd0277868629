#!/usr/bin/env bash
# A second run executes nothing and is quick; output is the same.
. "$(dirname "$0")/lib.sh"

up run tiny.yaml --json
[ "$(number executed)" -gt 0 ] || fail "the first run executed nothing"
result_from best >first
digests .upnas >before

# The limit is on wall time; on a crowded machine processor time stands for it.
TIMEFORMAT='%R %U %S'
for _ in 1 2 3 4 5 6 7 8 9 10; do
    { time up run tiny.yaml --json; } 2>>took
    [ "$(number executed)" = 0 ] || fail "a rerun executed: $(executed)"
done
result_from best | cmp - first || fail "the result changed"
digests .upnas | cmp - before || fail "digests changed"
wall=$(awk '{ print $1 * 1000 }' took | sort -n | head -n 1)
cpu=$(awk '{ print ($2 + $3) * 1000 }' took | sort -n | head -n 1)
echo "no-op rerun: $wall ms, $cpu ms of them on the processor"
[ -n "${UPNAS_SLOW-}" ] || [ "${wall%.*}" -lt 200 ] || [ "${cpu%.*}" -lt 150 ] ||
    fail "a rerun takes $wall ms, limit 200"

up status tiny.yaml --json
[ "$(number run)" = 0 ] || fail "status finds stale nodes"
up run tiny.yaml
grep -q '^scores *cached' out || fail "no line 'scores cached'"
