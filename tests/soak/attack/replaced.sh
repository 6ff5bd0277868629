#!/usr/bin/env bash
# replaced.sh UPNAS PROGRAMS [ROUNDS]: the store's folder removed, renamed, or its file replaced, at random moments of a
# run. Such a run never ends with 0 unless what it did is there; it says so; what took its place stays as it was.
# suite: 6
. "$(dirname "$0")/common.sh"
rounds=${3:-100}
reference
run_of spare "seed=3" >out 2>err
told=0 early=0
for ((i = 1; i <= rounds; ++i)); do
    rm -rf store moved
    "$upnas" run attack.yaml --no-out --threads 1 --store store >a.out 2>a.err &
    pid=$!
    sleep "0.$((RANDOM % 50 + 10))"
    kill -STOP "$pid" # so that it is known what it had done
    inside=$(find "/proc/$pid/fd" -lname '*store/data.mdb' 2>/dev/null | wc -l)
    case $((i % 4)) in
    0) rm -rf store ;;
    1) mv store moved 2>/dev/null || true ;;
    2) cp spare/data.mdb copy && mv copy store/data.mdb 2>/dev/null || true ;;
    3) rm -rf store && cp -r spare store ;;
    esac
    [ "$inside" != 0 ] && ! grep -q ' executed' a.out || inside=0
    kill -CONT "$pid"
    rc=0
    wait "$pid" || rc=$?
    [ "$rc" -le 1 ] || { cat a.err >&2; fail "round $i: it ended with $rc"; }
    if [ "$inside" != 0 ]; then
        [ "$rc" = 1 ] || { cat a.out a.err >&2; fail "round $i: its store was gone, and it ended with 0"; }
        grep -qE '^upnas: .*(removed or replaced|No such file)' a.err || { cat a.err >&2; fail "round $i: no fitting sentence"; }
        told=$((told + 1))
    else # it had not opened it, or was at its end
        early=$((early + 1))
    fi
    [ ! -e store/data.mdb ] || timeout 60 "$upnas" verify --store store >out 2>err || { cat out err >&2; fail "round $i: not sound"; }
done
rm -rf store && run_of store "seed=0" >out 2>err
sound store
[ "$told" -gt 0 ] || fail "no run was ever met"
echo "$rounds stores removed or replaced under a run: $told runs said so and failed, $early were not at work"
