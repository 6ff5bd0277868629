#!/usr/bin/env bash
# A second run executes nothing and is quick; output is the same.
. "$(dirname "$0")/lib.sh"

up run tiny.yaml --json
[ "$(number executed)" -gt 0 ] || fail "the first run executed nothing"
result_from best >first
digests .upnas >before

best=999999
for _ in 1 2 3 4 5; do
    start=$(date +%s%N)
    up run tiny.yaml --json
    took=$((($(date +%s%N) - start) / 1000000))
    [ "$took" -ge "$best" ] || best=$took
    [ "$(number executed)" = 0 ] || fail "a rerun executed: $(executed)"
done
result_from best | cmp - first || fail "the result changed"
digests .upnas | cmp - before || fail "digests changed"
echo "no-op rerun: $best ms"
[ -n "${UPNAS_SLOW-}" ] || [ "$best" -lt 200 ] || fail "a rerun took $best ms, limit 200"

up status tiny.yaml --json
[ "$(number run)" = 0 ] || fail "status finds stale nodes"
up run tiny.yaml
grep -q '^scores *cached' out || fail "no line 'scores cached'"
