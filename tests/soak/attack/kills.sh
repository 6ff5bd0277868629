#!/usr/bin/env bash
# kills.sh UPNAS PROGRAMS [ROUNDS]: ten processes at once on one store (runs, gc, merge, push, status, verify), most
# of them killed at random moments: the store stays sound, nobody calls it damaged, and results stay equal.
# suite: 3
. "$(dirname "$0")/common.sh"
rounds=${3:-60}
reference
run_of other "seed=9" >out 2>err
export HOME=$work/home
mkdir -p "$HOME"
up key generate attack-1
up init --store store
up remote add team "$work/team" --rw --trust attack-1 --store store
kills=0 ends=0
for ((i = 1; i <= rounds; ++i)); do
    pids=() names=()
    start() {
        timeout 90 "$upnas" "$@" --store store >"out.${#pids[@]}" 2>"err.${#pids[@]}" &
        pids+=($!) names+=("$1")
        sleep "0.0$((RANDOM % 3))"
    }
    for n in 1 2 3 4 5; do start run attack.yaml --no-out --threads 1 --set "${settings[RANDOM % 5]}"; done
    keep=()
    [ $((RANDOM % 3)) != 0 ] || keep=(--keep 2)
    start gc --grace 0 "${keep[@]}"
    start merge other --trust any
    start push
    start status
    start verify
    sleep "0.0$((RANDOM % 9))"
    for n in "${!pids[@]}"; do
        # the process, not the one that keeps its time
        [ $((RANDOM % 10)) -ge 6 ] || { pkill -KILL -P "${pids[n]}" 2>/dev/null && kills=$((kills + 1)); } || true
    done
    for n in "${!pids[@]}"; do
        rc=0
        wait "${pids[n]}" 2>/dev/null || rc=$?
        ends=$((ends + 1))
        [ "${names[n]} $rc" != "verify 1" ] || fail "round $i: verify beside others calls a sound store damaged"
        ended_well "$rc" "err.$n" "in use by another|another gc is at work|not pushed"
        ! grep -qE 'data.mdb is damaged|is kept as damaged' "err.$n" || { cat "err.$n" >&2; fail "${names[n]}: damaged"; }
    done
    timeout 60 "$upnas" verify --store store >out 2>err || { cat out err >&2; fail "round $i: not sound"; }
done
sound store
echo "$rounds rounds of ten processes, $kills of $ends killed: sound, equal results, verify beside gc alarmed by nothing"
