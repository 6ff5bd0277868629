#!/usr/bin/env bash
# What averaging k draws of weights and images is worth (scores.repeats): for k = 1, 2, 4, on a sample of
# NAS-Bench-201 and CIFAR-10 images, per proxy
#   two_seeds   tau-b between the k-average of one seed and that of another
#   accuracy    tau-b with the test accuracy, all rows (nothing is fitted), mean of the two seeds
# and for the unified score, its weights learned from validation accuracy, the tau-b with test accuracy on rows
# that they were not fitted on.
#   tests/bench/repeats.sh [UPNAS] [COUNT=500] [BATCH=64]
. "$(dirname "$0")/lib.sh"
count=${2:-500} batch=${3:-64} repeats=(1 2 4)
must_have nb201_zc_proxies.csv nb201_accuracy_cifar10.csv cifar-10-batches-bin
must_import scipy
environment repeats architectures="$count" batch="$batch" images=cifar10
measure sample "$data/nb201_zc_proxies.csv" "$count" >archs.txt

for k in "${repeats[@]}"; do
    for seed in 1 2; do
        # What the taus do not depend on is kept short, and the same for all.
        up run "$root/configs/nb201.yaml" --store "$store" --json --no-out --set space.list=archs.txt \
            --set scores.source=compute --set scores.repeats="$k" --set data.draws="${repeats[-1]}" \
            --set data.source=cifar10 --set data.folder="$data/cifar-10-batches-bin" --set data.batch="$batch" \
            --set data.seed="$seed" --set scores.seed="$seed" \
            --set benchmark.accuracy="$data/nb201_accuracy_cifar10.csv" --set report.target=cifar10_test \
            --set vgae.epochs=1 --set mpe.epochs=1 --set search.starts=1
        cat last >>"unified.$k"
        up show "$(made scores)" --csv --store "$store"
        mv out "scores.$k.$seed"
        up show "$(made report)" n_unused --json --store "$store"
        cat out >>"rows.$k"
    done
    measure agree "scores.$k.1" "scores.$k.2" >"agree.$k"
    measure accuracy "$data/nb201_accuracy_cifar10.csv" cifar10_test "scores.$k.1" "scores.$k.2" >"accuracy.$k"
    "$python" - "$k" <<'P'
import json, sys
k = sys.argv[1]
lines = lambda name: [json.loads(line) for line in open(f"{name}.{k}")]
for a, b in zip(lines("agree"), lines("accuracy")):
    print(json.dumps({"k": int(k), "proxy": a["proxy"], "n": a["n"], "two_seeds": a["tau"], "accuracy": b["tau"]}))
taus = [r["tau_unused"] for r in lines("unified")]
print(json.dumps({"k": int(k), "unified": "tpe", "n": min(r["value"] for r in lines("rows")),
                  "accuracy": round(sum(taus) / len(taus), 4), "of_each_seed": [round(t, 4) for t in taus]}), flush=True)
P
done
