#!/usr/bin/env bash
# Another lambda executes exactly lambda, search, decode and report; plan and explain say so before.
. "$(dirname "$0")/lib.sh"

up run tiny.yaml --json
up plan tiny.yaml --set lambda.preset=selected
grep -q '^lambda *run ' out || fail "plan does not run lambda"
for node in search decode report; do
    grep -qE "^$node *(run|pending) " out || fail "plan does not expect $node"
done
for node in space data scores calibrate vgae mpe; do
    grep -q "^$node *cached " out || fail "plan does not find $node cached"
done

up explain tiny.yaml lambda --set lambda.preset=selected
grep -q 'lambda.preset: weighted -> selected' out || { cat out >&2; fail "explain does not name the field and both values"; }
up explain tiny.yaml --set lambda.preset=selected --json
"$python" - <<'P'
import json
plan = json.load(open("out"))
node = [n for n in plan["nodes"] if n["node"] == "lambda"][0]
assert {"field": "lambda.preset", "before": "weighted", "after": "selected"} in node["reasons"], node
P

up run tiny.yaml --set lambda.preset=selected --json
[ "$(executed)" = "lambda search decode report " ] || fail "executed: $(executed)"
[ "$(number executed)" = 4 ] || fail "the result event counts $(number executed)"
up explain tiny.yaml lambda --set lambda.preset=selected
grep -q 'lambda.preset' out || { cat out >&2; fail "explain has forgotten why lambda ran"; }
up run tiny.yaml --json
[ "$(number executed)" = 0 ] || fail "going back executed $(executed)"
up diff last~1 last
grep -q 'setting lambda.preset: selected -> weighted' out || { cat out >&2; fail "diff does not name the setting"; }
grep -q '^lambda .*starts here' out || fail "diff does not say where it starts"
