#!/usr/bin/env bash
# The pipeline of configs/nb201.yaml on scores of our own and on published ones, of the same architectures: tau-b
# of the unified score with accuracy, measured and predicted, on rows that nothing was fitted on (the weights are
# learned on half of them). Mean over seeds of the search for weights; rows and scores are the same for all.
#   tests/bench/computed.sh [UPNAS] [COUNT...=500 2000]
. "$(dirname "$0")/lib.sh"
counts=("${@:2}")
[ ${#counts[@]} -gt 0 ] || counts=(500 2000)
must_have nb201_zc_proxies.csv nb201_accuracy_cifar10.csv cifar-10-batches-bin
environment computed batch=64 images=cifar10

for n in "${counts[@]}"; do
    measure sample "$data/nb201_zc_proxies.csv" "$n" >archs.txt
    for source in compute import; do
        for target in cifar10_test cifar10_val; do
            rm -f results rows
            for seed in 0 1 2; do
                up run "$root/configs/nb201.yaml" --store "$store" --json --no-out --set space.list=archs.txt \
                    --set benchmark.scores="$data/nb201_zc_proxies.csv" \
                    --set benchmark.accuracy="$data/nb201_accuracy_cifar10.csv" --set report.target="$target" \
                    --set scores.source="$source" --set data.source=cifar10 \
                    --set data.folder="$data/cifar-10-batches-bin" --set data.seed=1 --set scores.seed=1 \
                    --set lambda.seed="$seed"
                cat last >>results
                up show "$(made report)" --json --store "$store"
                cat out >>rows
            done
            "$python" - "$n" "$source" "$target" <<'P'
import json, sys
n, source, target = sys.argv[1:]
events = [json.loads(line) for line in open("results")]
reports = [json.loads(line)["value"] for line in open("rows")]
def of(values):
    v = [x for x in values if x is not None]
    return {"mean": round(sum(v) / len(v), 4), "min": round(min(v), 4), "max": round(max(v), 4)} if v else None
print(json.dumps({"architectures": int(n), "scores": source, "accuracy": target,
                  "tau_unused": of(e["tau_unused"] for e in events), "n_unused": reports[0]["n_unused"],
                  "tau_predicted": of(e["tau_predicted"] for e in events), "n_predicted": reports[0]["n_predicted"],
                  "best_found": of(e["best"][0]["accuracy"][target] for e in events)}), flush=True)
P
        done
    done
done
