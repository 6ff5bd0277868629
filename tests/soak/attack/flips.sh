#!/usr/bin/env bash
# flips.sh UPNAS PROGRAMS [COUNT]: COUNT times one bit of a store's file is flipped as a disk would,
# without a change of its time, every other time under a valid seal; then verify, run and gc, each
# third time another of them first. None may crash or hang, and no record may be lost but the one that
# the bit lies in; afterwards a run and verify find the store sound.
# suite: 12
programs=$(realpath "$2")
. "$(dirname "$0")/../../cli/lib.sh"
count=${3:-2000}
folder=$work/flips
[ ! -w /dev/shm ] || folder=$(mktemp -d /dev/shm/upnas-flips-XXXXXX)
cleanup() { rm -rf "$folder"; }
mkdir -p "$folder"
cp tiny.yaml "$folder"
cd "$folder"
"$programs/soak_fill" store 400 # what gc removes
for seed in 0 1 2 3; do up run tiny.yaml --store store --no-out --set search.seed=$seed; done
up pin add last kept --store store
"$python" "$(realpath "$source_dir/tests/soak/attack/flips.py")" "$upnas" "$programs/soak_list" "$count" ||
    fail "a flipped bit did more than it may"
