#!/usr/bin/env bash
# Own scores against published ones: Kendall's tau-b per proxy between what upnas computes on CIFAR-10 images
# and what the benchmark has, on a sample of its architectures. A score is one draw of weights and images, so two
# sets of scores never agree wholly; beside each tau, a mean over seeds, stands how far others agree: every two of
# our own draws and, for nb201, the published scores with a fresh draw in PyTorch, and two such draws.
#   tests/bench/published.sh [UPNAS] [COUNT=500] [SPACE=nb201] [SEEDS=2]
. "$(dirname "$0")/lib.sh"
count=${2:-500} space=${3:-nb201} seeds=${4:-2}
case "$space" in
    nb201) table=nb201_zc_proxies.csv batch=64 ;;
    darts) table=zc_nasbench301.json batch=32 ;;
    *) skip "no published scores of the space $space" ;;
esac
must_have "$table" cifar-10-batches-bin
must_import scipy
measure sample "$data/$table" "$count" >archs.txt
"$upnas" run "$root/configs/quick.yaml" space --set space.name="$space" --set space.list=archs.txt --store spaces \
    >/dev/null 2>&1 || skip "this upnas has no space $space"
environment published space="$space" batch="$batch" images=cifar10 table="$table" seeds="$seeds"

# scores TO ARG...: the table of scores of the sample
scores() {
    local to=$1
    shift
    up run "$root/configs/quick.yaml" scores --store "$store" --json --set space.name="$space" \
        --set space.list=archs.txt --set scores.limit=0 "$@"
    up show "$(made scores)" --csv --store "$store"
    mv out "$to"
}
scores theirs.csv --set scores.source=import --set benchmark.scores="$data/$table"
proxies=$(head -n 1 theirs.csv | cut -d, -f2-)
for ((seed = 1; seed <= seeds; ++seed)); do
    scores "ours.$seed.csv" --set scores.proxies="[$proxies]" --set data.source=cifar10 \
        --set data.folder="$data/cifar-10-batches-bin" --set data.batch="$batch" \
        --set data.seed="$seed" --set scores.seed="$seed"
done
# Measured with the published implementation on NAS-Bench-201, CIFAR-10, N=64.
cat >ceilings.json <<'J'
{"synflow": [0.98, 0.98], "zen": [0.96, 0.97], "nwot": [0.93, 0.94], "snip": [0.90, 0.90], "grad_norm": [0.88, 0.88],
 "fisher": [0.87, 0.88], "jacov": [0.80, 0.79], "l2_norm": [0.75, 0.75], "epe_nas": [0.68, 0.68],
 "plain": [0.17, 0.13], "flops": [1, 1], "params": [1, 1]}
J
[ "$space" = nb201 ] || echo '{}' >ceilings.json
measure published ceilings.json theirs.csv ours.*.csv
