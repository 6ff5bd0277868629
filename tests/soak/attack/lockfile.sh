#!/usr/bin/env bash
# lockfile.sh UPNAS PROGRAMS [ROUNDS]: the store's lock files removed, replaced or put back under runs, a collector and
# readers. Nobody crashes, the store stays sound; whoever was stopped says which file it was; the next run finishes.
# suite: 6
. "$(dirname "$0")/common.sh"
rounds=${3:-100}
reference
said=0
files=(lock.mdb lock.mdb lock.mdb open.lock use.lock hold.lock gc.lock claim.lock)
for ((i = 1; i <= rounds; ++i)); do
    pids=()
    [ $((i % 4)) = 1 ] && rm -rf store
    for n in 0 1 2 3 4 5; do
        case $n in
        3) timeout 90 "$upnas" gc --grace 0 --keep 3 --store store >"out.$n" 2>"err.$n" & ;;
        4) timeout 90 "$upnas" verify --store store >"out.$n" 2>"err.$n" & ;;
        *) timeout 90 "$upnas" run attack.yaml --no-out --threads 1 --store store --set "seed=$((i * 10 + n))" \
            --set scores.limit=48 >"out.$n" 2>"err.$n" & ;;
        esac
        pids+=($!)
        sleep "0.0$((RANDOM % 8))"
        f=store/${files[RANDOM % ${#files[@]}]}
        case $((RANDOM % 3)) in
        0) { cp "$f" copy && mv copy "$f"; } 2>/dev/null || true ;;
        *) rm -f "$f" ;;
        esac
    done
    for n in "${!pids[@]}"; do
        rc=0
        wait "${pids[n]}" 2>/dev/null || rc=$?
        ended_well "$rc" "err.$n" "lock file .* was removed or replaced|there is no store|another gc is at work|in use by"
        [ "$rc" = 0 ] || said=$((said + 1))
        ! grep -q 'data.mdb is damaged' "err.$n" || { cat "err.$n" >&2; fail "round $i: damaged"; }
    done
    timeout 60 "$upnas" verify --store store >out 2>err || { cat out err >&2; fail "round $i: not sound"; }
done
sound store
echo "$rounds rounds with lock files removed under six processes: $said stopped with a sentence, every store sound"
