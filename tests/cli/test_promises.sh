#!/usr/bin/env bash
# Promises of docs/promises.md that no other test holds: how long other weights take, verify --rebuild, and what
# verify's exit status says.
. "$(dirname "$0")/lib.sh"

# ---- other weights: two seconds of the processor, of which all else is loading ----
up run tiny.yaml --json
TIMEFORMAT='%U %S'
{ time up run tiny.yaml --set lambda.preset=selected --json; } 2>took
[ "$(executed)" = "lambda search decode report " ] || fail "executed: $(executed)"
[ -n "${UPNAS_SLOW-}" ] || awk '{ exit !($1 + $2 < 2) }' took || fail "other weights take $(cat took) s of the processor"

# ---- verify: 0, and computing again ----
status() { # WANT ARG...
    local want=$1 rc=0
    shift
    "$upnas" verify "$@" >out 2>err || rc=$?
    [ $rc = "$want" ] || { cat out err >&2; fail "verify $*: exit $rc, not $want"; }
}
status 0
status 0 --rebuild 4 tiny.yaml --set lambda.preset=selected
grep -q '^4 nodes computed again, 0 with other bytes' out || fail "verify --rebuild says: $(cat out)"

# ---- 1: damage; 4: no store; 2 is cli.remote's ----
cp -r .upnas damaged
"$python" - damaged/data.mdb <<'P'
import re, sys
with open(sys.argv[1], "r+b") as f:
    data = f.read()
    for m in re.finditer(rb"\x93UPR\x01O", data): # every artifact's record, be it in use or not
        f.seek(m.start() + 60)
        f.write(bytes([data[m.start() + 60] ^ 1]))
P
touch -r .upnas/data.mdb damaged/data.mdb
status 1 --store damaged
status 4 --store nowhere
grep -q "no store in nowhere" err || fail "verify says: $(cat err)"
