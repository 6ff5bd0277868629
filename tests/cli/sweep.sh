#!/usr/bin/env bash
# Sourced, after lib.sh, by test_sweep.sh and soak/kill.sh: a sweep of COUNT architectures that is killed,
# and one that is cut into shares, against one that goes through.

# sweep ARG...: a run of the sweep
# shellcheck disable=SC2154 # upnas is lib.sh's
sweep() { "$upnas" run tiny.yaml --json --set scores.limit="$count" "$@"; }

scored() { digests "$1" | awk '$1 == "scores" { print $3 }'; }

# whole_sweep COUNT: what all others are compared with; sets ms, what it took
whole_sweep() {
    count=$1
    local start
    start=$(date +%s%N)
    sweep --store whole --out results-whole >out 2>err || { cat out err >&2; fail "the whole sweep"; }
    ms=$((($(date +%s%N) - start) / 1000000))
    want=$(scored whole)
    [ -n "$want" ] || fail "the sweep has no artifact"
    grep -q "\"text\": \"$count architectures, each thread needs up to [0-9]* MiB\"" out || fail "no word on memory"
}

# killed_sweep STORE KILLS: kill -9 at KILLS random moments, then to the end
killed_sweep() {
    local store=$1 kills=$2 at pid i
    for ((i = 1; i <= kills; ++i)); do
        at=$(awk -v ms="$ms" -v r=$RANDOM 'BEGIN { printf "%.3f", ms * r / 32768000 }')
        sweep --no-out --store "$store" >out 2>err &
        pid=$!
        sleep "$at"
        kill -9 "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
        echo "kill $i after $at s"
    done
    sweep --store "$store" --out "results-$store" >out 2>err || { cat out err >&2; fail "after $kills kills"; }
    [ "$(scored "$store")" = "$want" ] || fail "$store: killed $kills times, other bytes"
    digests "$store" | diff - <(digests whole) || fail "$store: other digests"
    same_files "results-$store"
    "$upnas" verify --store "$store" >out || fail "$store: not sound after $kills kills"
}

# What people take away is equal too, but for the names of runs and machines in it.
same_files() {
    local f
    for f in results-whole/*; do
        [ "$(basename "$f")" = result.json ] || cmp "$f" "$1/$(basename "$f")" || fail "$1: other files"
    done
}

# shared_sweep SHARES: each in a store of its own, merged, and then everything: nothing is scored
shared_sweep() {
    local n=$1 i stores=()
    rm -rf merged share-*
    for ((i = 1; i <= n; ++i)); do
        sweep --no-out --store "share-$i" --set scores.shard="$i/$n" >out 2>err || { cat out err >&2; fail "share $i"; }
        grep -q "\"text\": \"share $i of $n: [0-9]* of $count architectures\"" out || fail "share $i does not say so"
        stores+=("share-$i")
    done
    up merge --trust any --store merged "${stores[@]}"
    sweep --store merged --out results-merged >out 2>err || { cat out err >&2; fail "the merged sweep"; }
    grep -q "\"text\": \"$count architectures, all kept from before\"" out ||
        { grep '"scores"' out >&2; fail "something was scored again"; }
    [ "$(scored merged)" = "$want" ] || fail "$n shares, merged: other bytes"
    same_files results-merged
}
