#!/usr/bin/env bash
# stops.sh UPNAS PROGRAMS [ROUNDS]: a run or a collection stopped (SIGSTOP) at random moments. Readers answer within
# three seconds; a second run says for whom it waits, and an interrupt ends it; after SIGCONT all goes on.
# suite: 5
. "$(dirname "$0")/common.sh"
rounds=${3:-60}
reference
run_of store "seed=0" >out 2>err
stops=0 waits=0
for ((i = 1; i <= rounds; ++i)); do
    if [ $((i % 3)) = 0 ]; then
        "$upnas" gc --grace 0 --keep 2 --store store >a.out 2>a.err &
    else
        "$upnas" run attack.yaml --no-out --threads 1 --store store --set "seed=$((100 + i))" >a.out 2>a.err &
    fi
    pid=$!
    sleep "0.$((RANDOM % 60 + 10))"
    kill -STOP "$pid" 2>/dev/null || { wait "$pid" || true; continue; }
    stops=$((stops + 1))
    for reader in "status" "log" "show last" "plan attack.yaml"; do
        rc=0
        # shellcheck disable=SC2086 # words
        timeout 3 "$upnas" $reader --store store >out 2>err || rc=$?
        [ "$rc" = 0 ] || { cat err >&2; kill -KILL "$pid"; fail "round $i: $reader beside a stopped process: $rc"; }
    done
    "$upnas" run attack.yaml --no-out --threads 1 --store store --set "seed=$((100 + i))" >b.out 2>b.err &
    other=$!
    sleep 1.6
    kill -INT "$other" 2>/dev/null || true
    rc=0
    for _ in $(seq 30); do kill -0 "$other" 2>/dev/null && sleep 0.1 || break; done
    kill -0 "$other" 2>/dev/null && { kill -KILL "$pid" "$other"; fail "round $i: Ctrl-C does not end a run that waits"; }
    wait "$other" || rc=$?
    [ "$rc" -le 1 ] || { cat b.err >&2; fail "round $i: the waiting run ended with $rc"; }
    ! grep -q "waiting for pid $pid on .*stopped" b.err || waits=$((waits + 1))
    kill -CONT "$pid"
    rc=0
    wait "$pid" || rc=$?
    [ "$rc" = 0 ] || { cat a.err >&2; fail "round $i: it does not go on after SIGCONT"; }
done
[ "$waits" -gt 0 ] || [ "$stops" -lt 10 ] || fail "nobody ever said for whom it waited"
sound store
echo "$stops stops: readers answered within 3 s, $waits waiting runs said for whom, all of them ended when interrupted"
