#!/usr/bin/env bash
# users.sh UPNAS PROGRAMS [COUNT]: two users with other umask, locale, folder, time zone, environment
# and thread count have equal keys and bytes, and take over all of each other's work; COUNT seeds.
# suite: 1
. "$(dirname "$0")/../cli/lib.sh"
count=${3:-5}
mkdir -p first "second/a folder with spaces"
cp tiny.yaml first
cp tiny.yaml "second/a folder with spaces/mine.yaml"

second() { # ARG...: as another user would
    (
        cd "second/a folder with spaces"
        umask 077
        export LC_ALL=C.UTF-8 LANG=tr_TR.UTF-8 TZ=Asia/Kathmandu HOME=/nonexistent USER=other TMPDIR=/tmp
        export OPENBLAS_CORETYPE=Nehalem OPENBLAS_NUM_THREADS=7 OMP_NUM_THREADS=3
        "$upnas" "$@"
    )
}
for ((seed = 1; seed <= count; ++seed)); do
    (cd first && umask 002 && LC_ALL=C TZ=UTC "$upnas" run tiny.yaml --set seed="$seed" --threads 1 --no-out --json) >out 2>err
    (cd first && "$upnas" export last ../bundle) >out
    second run mine.yaml --set seed="$seed" --threads 2 --no-out --json --store alone >out 2>err
    digests first/.upnas >a
    digests "second/a folder with spaces/alone" >b
    cmp a b || fail "seed $seed: other keys or bytes"
    second import ../../bundle >out
    second run mine.yaml --set seed="$seed" --threads 2 --no-out --json >out 2>err
    [ "$(number executed)" = 0 ] || fail "seed $seed: $(number executed) nodes ran again"
done
echo "$count seeds: equal keys and bytes, every node of the other's a hit"
