#!/usr/bin/env bash
# Sourced by the measurements of this folder: NAME.sh [UPNAS] [WORD...]. Each prints JSON lines, the first of
# which says where it was measured; what a run had to compute is kept in build/bench (remove it to start over).
# Exit status 77: skipped, with the reason.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
upnas=$(realpath "${1:-$root/build/upnas}")
shared=$(realpath -m "${UPNAS_SHARED:-$root/../shared}")
data=$shared/data
python=/usr/bin/python3
[ -x "$python" ] || python=python3
store=$root/build/bench
export store
unset OPENBLAS_CORETYPE OPENBLAS_NUM_THREADS
export PYTHONDONTWRITEBYTECODE=1

skip() {
    echo "skipped: $*"
    exit 77
}
# must_have FILE...: of the shared data.
must_have() {
    local f
    for f in "$@"; do [ -e "$data/$f" ] || skip "$data/$f is not here"; done
}
# must_import MODULE...: of Python, as Debian's python3-MODULE.
must_import() {
    local m
    for m in "$@"; do "$python" -c "import $m" 2>/dev/null || skip "needs python3-$m"; done
}
measure() { "$python" "$root/tests/bench/measure.py" "$@"; }
# up ARG...: upnas, whose lines come only when it fails; else they are in the file `out`, and the last one of a
# run in `last`.
up() {
    "$upnas" "$@" >out 2>err || {
        cat out err >&2
        echo "upnas $* failed" >&2
        exit 1
    }
    [ "$1" != run ] || tail -n 1 out >last
}
# made NODE: the name of what that node of the last run of ours made, whoever else uses the store.
made() { printf '%s:%s' "$(sed -n 's/.*"run": "\([^"]*\)".*/\1/p' last)" "$1"; }
# read_words WORD...: NODE.SETTING=VALUE into the array `settings`, NAME=VALUE into the variable NAME, which has its
# default already, all others into the array `words`.
read_words() {
    local w
    settings=() words=()
    for w in "$@"; do
        case $w in
            *.*=*) settings+=(--set "$w") ;;
            *=*)
                [ -v "${w%%=*}" ] || {
                    echo "$0: what is $w?" >&2
                    exit 2
                }
                printf -v "${w%%=*}" %s "${w#*=}"
                ;;
            *) words+=("$w") ;;
        esac
    done
}
# darts ARG...: a run of configs/darts.yaml on CIFAR-10, a batch of 32, with the `settings`.
darts() {
    up run "$root/configs/darts.yaml" --store "$store" --json --no-out --set data.batch=32 --set data.source=cifar10 \
        --set "data.folder=$data/cifar-10-batches-bin" "${settings[@]}" "$@"
}
# train_part TRAIN ROWS: the calibrate.train that fits on the first TRAIN of so many rows.
train_part() { awk -v n="$1" -v rows="$2" 'BEGIN { printf "%.9f", n / rows }'; }
# environment NAME [KEY=VALUE...]: the first line.
environment() {
    up run "$root/configs/quick.yaml" space --store fresh --json
    up show last --json --store fresh
    measure environment out "$@"
}

# program NAME: builds tests/bench/NAME.c and names it.
program() {
    cmake --build "$root/build/release" --target "bench_$1" >&2
    echo "$root/build/release/tests/bench/bench_$1"
}

[ -x "$upnas" ] || skip "$upnas is not built; ./dev build"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
