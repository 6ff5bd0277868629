#!/usr/bin/env bash
# Sourced by the attacks on a store that several processes use: the configuration, runs of it, and what they must give.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../cli/lib.sh"
settings=("seed=0" "seed=3" "scores.limit=40" "lambda.preset=weighted" "search.method=random")
cat >attack.yaml <<'Y'
seed: 0
data: {source: synthetic, batch: 4}
scores: {source: compute, limit: 16, channels: 4, depth: 1}
vgae: {epochs: 1}
mpe: {epochs: 1}
lambda: {preset: sum}
search: {starts: 8, steps: 3, top: 3}
Y
run_of() { # STORE SETTING: quietly, in the foreground
    timeout 120 "$upnas" run attack.yaml --no-out --threads 1 --store "$1" --set "$2"
}
# want.N: the digests of setting N, from a store of their own
reference() {
    local i
    for i in "${!settings[@]}"; do
        run_of reference "${settings[i]}" >out 2>err || { cat err >&2; fail "the reference cannot be run"; }
        digests reference >"want.$i"
    done
}
# The store is sound, and every setting gives there what it gives elsewhere.
sound() { # STORE
    local i
    timeout 60 "$upnas" verify --store "$1" >out 2>err || { cat out err >&2; fail "the store is not sound"; }
    for i in "${!settings[@]}"; do
        run_of "$1" "${settings[i]}" >out 2>err || { cat err >&2; fail "${settings[i]} cannot be run any more"; }
        digests "$1" | cmp - "want.$i" || fail "${settings[i]}: another result"
    done
}
# how a process that nobody killed may end: 0, or 1 (verify: 4) with a sentence; not by a signal, not by a time limit.
ended_well() { # RC ERRFILE ALLOWED(a regex of the sentence)
    [ "$1" = 0 ] || [ "$1" = 137 ] && return 0
    [ "$1" = 1 ] || [ "$1" = 4 ] || { cat "$2" >&2; fail "a process ended with $1"; }
    grep -qE "$3|counts as missing" "$2" || { cat "$2" "out.${2#err.}" >&2; fail "no fitting sentence ($1)"; }
}
