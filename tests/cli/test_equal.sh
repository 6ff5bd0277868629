#!/usr/bin/env bash
# Folder, locale, umask, home, thread count and the environment's BLAS settings change no key and no byte.
. "$(dirname "$0")/lib.sh"

mkdir a "b with blank"
cp tiny.yaml a/first.yaml
cp tiny.yaml "b with blank/second.yaml"
(cd a && up run first.yaml --json --threads 1 && digests .upnas >../want)
[ -s want ] || fail "no digests"
variant() { # NAME ENV... -- ARG...
    local name=$1 vars=()
    shift
    while [ "$1" != -- ]; do vars+=("$1") && shift; done
    shift
    (
        cd "b with blank"
        env "${vars[@]}" "$upnas" run second.yaml --no-out --json --store "store-$name" "$@" >out 2>err ||
            { cat out err >&2; fail "$name failed"; }
        digests "store-$name" | diff - ../want || fail "$name: keys or bytes differ"
    )
}
umask 0077
variant threads HOME=/nonexistent LC_ALL=C.UTF-8 LANG=de_DE.UTF-8 -- --threads 2
variant zen OPENBLAS_CORETYPE=Zen OPENBLAS_NUM_THREADS=2 -- --threads 2
umask 0002
variant prescott OPENBLAS_CORETYPE=Prescott OPENBLAS_BLOCK_FACTOR=2 LC_NUMERIC=de_DE.UTF-8 -- --threads 1
variant haswell OPENBLAS_CORETYPE=Haswell OMP_NUM_THREADS=2 TZ=Asia/Tokyo -- --threads 2
! grep -q avx512f /proc/cpuinfo || variant skylakex OPENBLAS_CORETYPE=SkylakeX -- --threads 2
