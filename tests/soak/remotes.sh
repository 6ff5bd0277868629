#!/usr/bin/env bash
# remotes.sh UPNAS TESTS [ROUNDS]: people who push, pull and are killed, through a server that lies at random
# in every way it knows; then S3 as s3rver speaks it. No result ever changes, and every store is sound.
. "$(dirname "$0")/../cli/lib.sh"
. "$source_dir/tests/cli/remote.sh"
rounds=${3:-200}
methods=(rank-gauss minmax zscore signed-log)

mkdir "$work/root"
start_server main "$work/root"
as alice
for m in "${methods[@]}"; do
    scores --set "calibrate.method=$m" || fail "alice cannot score"
    digests .upnas >"$work/want.$m"
done
up key generate alice-1
up remote add team "http://127.0.0.1:$port" --rw
up push

# someone NAME ROUND: a run through the server, now and then killed; then once more, and judged
someone() {
    local m=${methods[RANDOM % 4]}
    as "$1"
    ((RANDOM % 3)) || rm -f .upnas/*.mdb
    if ! ((RANDOM % 3)); then
        (timeout -s KILL "0.$((RANDOM % 30 + 10))" "$upnas" run tiny.yaml calibrate --set scores.limit=6 \
            --set 'scores.proxies=[flops]' --no-out --set "calibrate.method=$m" || true) >killed 2>&1
    fi
    scores --set "calibrate.method=$m" || { cat err >&2; fail "round $2: $1's run failed"; }
    digests .upnas | cmp - "$work/want.$m" || fail "round $2: $1 has another result"
    "$upnas" verify >verified 2>&1 || { cat verified >&2; fail "round $2: $1's store"; }
}
for name in bob carol; do
    as $name
    up key trust "$(public alice)"
    up remote add team "http://127.0.0.1:$port" --trust alice-1 --stall 1
done
modes=(honest honest honest random random swap-cas swap-ac garbage-ac garbage-cas forged dangling cut short long huge-ac slow)
taken=0 refused=0
for ((i = 1; i <= rounds; ++i)); do
    echo "${modes[RANDOM % ${#modes[@]}]}" >"$work/root/mode"
    (someone bob $i) &
    one=$!
    (someone carol $i) &
    two=$!
    as alice # damage on the server, and its repair, at the same time
    if ! ((i % 10)); then
        for f in "$work"/root/cas/*; do ((RANDOM % 3)) || rm -f "$f"; done
        (timeout -s KILL "0.$((RANDOM % 5 + 1))" "$upnas" push || true) >pushed 2>&1
    fi
    wait $one || fail "bob failed in round $i ($(cat "$work/root/mode"))"
    wait $two || fail "carol failed in round $i ($(cat "$work/root/mode"))"
    cd "$work/bob" && taken=$((taken + $(of_remote team taken) + 0)) refused=$((refused + $(of_remote team refused) + 0))
    if ! ((i % 10)); then
        as alice
        echo honest >"$work/root/mode"
        up push --repair
    fi
done
echo "$rounds rounds of two people: equal results, sound stores; bob took $taken results in their last runs, refused $refused"

# ---- s3rver ----
command -v npm >/dev/null || skip "s3rver: there is no npm (all else was tried)"
cd "$work"
npm install --silent --no-audit --no-fund s3rver >npm.out 2>&1 || skip "s3rver: npm could not install it (all else was tried)"
s3_port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
node_modules/.bin/s3rver -d "$work/s3" -a 127.0.0.1 -p "$s3_port" --configure-bucket upnas-team >s3.out 2>&1 &
pids+=($!)
for ((i = 0; i < 100; ++i)); do "$python" -c "import socket; socket.create_connection(('127.0.0.1', $s3_port))" 2>/dev/null && break; sleep 0.1; done
export UPNAS_S3_USER=S3RVER UPNAS_S3_PASSWORD=S3RVER
as alice
up remote add s3 s3://upnas-team --endpoint "http://127.0.0.1:$s3_port" --rw
up push s3
up push s3
grep -q 'pushed 0 results, 0 artifacts' out || fail "s3rver: pushed twice: $(cat out)"
as dave
up key trust "$(public alice)"
up remote add s3 s3://upnas-team --endpoint "http://127.0.0.1:$s3_port" --trust alice-1
scores
[ -z "$(executed)" ] || fail "s3rver: executed $(executed): $(cat err)"
digests .upnas | cmp - "$work/want.rank-gauss" || fail "s3rver: other digests"
echo "s3rver: pushed and pulled, equal results"
