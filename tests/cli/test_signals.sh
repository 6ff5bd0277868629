#!/usr/bin/env bash
# SIGTERM ends a run within two seconds, whatever it is doing, and the next run goes on from there. A process that
# the system gives little address space refuses with the size, instead of trying for ever.
. "$(dirname "$0")/lib.sh"

# ends NAME SECONDS ARG...: a run of ARG is stopped after SECONDS
ends() {
    local name=$1 after=$2 began rc=0
    shift 2
    "$upnas" run tiny.yaml --no-out --threads 2 "$@" >out 2>err &
    local pid=$!
    sleep "$after"
    kill -0 "$pid" 2>/dev/null || fail "$name: ended before it was stopped: $(cat err)"
    began=$(date +%s%N)
    kill -TERM "$pid"
    wait "$pid" || rc=$?
    local ms=$((($(date +%s%N) - began) / 1000000))
    [ "$ms" -lt 2000 ] || [ -n "${UPNAS_SLOW-}" ] || fail "$name: took $ms ms to end"
    [ "$rc" = 143 ] || [ "$rc" = 1 ] || fail "$name: exited with $rc"
    up verify
}
network=(--set data.batch=256 --set scores.channels=16 --set scores.depth=5 --set scores.limit=4)
ends scores 2 "${network[@]}"
ends vgae 3 --set vgae.epochs=1000
ends mpe 3 --set mpe.epochs=10000
ends lambda 3 --set mpe.epochs=1 --set search.starts=4096 --set search.steps=100000
up run tiny.yaml --no-out
up verify

# a network that takes longer than a run has to end costs itself alone: those before it in its block are kept
large=(--store large --threads 1 --no-out --json --set data.batch=384 --set scores.channels=16 --set scores.depth=5 --set scores.limit=4)
says() { # PATTERN: the run in the background says so
    local i
    for ((i = 0; i < 1800; ++i)); do
        ! grep -qE "$1" out || return 0
        kill -0 "$pid" 2>/dev/null || fail "the sweep ended before it said '$1': $(cat err)"
        sleep 0.05
    done
    fail "the sweep never said '$1': $(cat out)"
}
"$upnas" run tiny.yaml scores "${large[@]}" >out 2>err &
pid=$!
says '"progress", "node": "scores", "done": [1-9]'
kill -TERM "$pid"
wait "$pid" && fail "a sweep that was stopped says that all is well"
tail -n 1 out | grep -q '"event": "error".*"status": "interrupted"' && grep -q '^upnas: .*interrupted' err ||
    { cat out err >&2; fail "a sweep that was stopped does not say so"; }
"$upnas" run tiny.yaml scores "${large[@]}" >out 2>err &
pid=$!
says '"note", "node": "scores", "text": ".*each thread'
kill -KILL "$pid"
wait "$pid" 2>/dev/null || true
grep -q '4 architectures, [1-3] kept from before' out || { cat out >&2; fail "what a stopped sweep had finished is lost"; }

# address space: each refusal is one sentence with a size, and none of them takes long
for kib in 135000 165000 350000 450000 500000 550000; do
    rc=0
    (ulimit -v $kib && exec timeout -s KILL 60 "$upnas" run tiny.yaml --no-out --store "small-$kib" >out 2>err) || rc=$?
    [ "$rc" = 0 ] || { [ "$rc" = 1 ] && grep -qE '^upnas: .*[0-9]+ MiB' err; } || { cat err >&2; fail "ulimit -v $kib: exit $rc"; }
done
