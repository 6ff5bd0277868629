#!/usr/bin/env bash
# How far weights learned on NAS-Bench-201 alone carry to DARTS, ten seeds of each way to learn them: Kendall's tau-b
# of the unified score with NAS-Bench-201 accuracies that nothing was fitted on, and with those of 425 DARTS
# architectures, which only measure and never choose. A line per way and one per ready-made preset.
#   tests/bench/transfer.sh [UPNAS] [SEEDS=10] [SCORES of DARTS; default: the published ones]
. "$(dirname "$0")/lib.sh"
seeds=${2:-10}
must_have nb201_zc_proxies.csv nb201_accuracy_cifar10.csv zc_nasbench301.json
darts=$data/zc_nasbench301.json
theirs=(--space darts --scores "$darts")
[ -z "${3:-}" ] || theirs=(--space darts --scores "$(cd "$OLDPWD" && realpath "$3")" --accuracy "$darts")
tables=(--set "benchmark.scores=$data/nb201_zc_proxies.csv" --set "benchmark.accuracy=$data/nb201_accuracy_cifar10.csv")
# What lambda does not read is kept short and the same for all.
short=(--set vgae.epochs=1 --set vgae.seed=0 --set mpe.epochs=1 --set mpe.seed=0 --set search.starts=1)
environment transfer seeds="$seeds"

# rank LAMBDA: into the file `darts`
rank() {
    up rank "${theirs[@]}" --lambda "$1" --store ours --top 1 --json
    mv out darts
}
way() { # NAME, then the settings
    local name=$1 seed
    shift
    : >taus.jsonl
    for ((seed = 0; seed < seeds; ++seed)); do
        up run "$root/configs/nb201.yaml" --store ours --no-out --json "${tables[@]}" "${short[@]}" --set seed="$seed" "$@"
        rank "$(made lambda)"
        "$python" -c 'import json
print(json.dumps([json.load(open("last"))["tau_unused"], json.load(open("darts"))["tau"]]))' >>taus.jsonl
    done
    "$python" - "$name" <<'P'
import json, sys
nb201, darts = zip(*map(json.loads, open("taus.jsonl")))
mean = lambda v: round(sum(v) / len(v), 4)
print(json.dumps({"weights": sys.argv[1], "seeds": len(darts), "nb201_unused": mean(nb201), "nb201_worst": round(min(nb201), 4),
                  "darts": mean(darts), "darts_worst": round(min(darts), 4), "darts_best": round(max(darts), 4)}), flush=True)
P
}

for preset in carried learned selected weighted sum; do
    rank "$preset"
    "$python" -c 'import json, sys
print(json.dumps({"weights": sys.argv[1], "darts": round(json.load(open("darts"))["tau"], 4)}))' "$preset"
done
"$python" -c 'import json
print(json.dumps({"alone": {k: v and round(v, 4) for k, v in json.load(open("darts"))["per_proxy"].items()}}))'
way regression --set lambda.preset=regression
for emphasis in 0 0.5 1 2; do
    way "regression emphasis=$emphasis" --set lambda.preset=regression --set lambda.emphasis="$emphasis"
done
for ridge in 0.01 0.1 1; do
    way "regression ridge=$ridge" --set lambda.preset=regression --set lambda.ridge="$ridge"
done
way "regression without zen" --set lambda.preset=regression \
    --set "scores.proxies=[epe_nas,fisher,flops,grad_norm,grasp,jacov,l2_norm,nwot,params,plain,snip,synflow]"
way "regression without jacov and epe_nas" --set lambda.preset=regression \
    --set "scores.proxies=[fisher,flops,grad_norm,grasp,l2_norm,nwot,params,plain,snip,synflow,zen]"
way "regression signed-log" --set lambda.preset=regression --set calibrate.method=signed-log
way tpe
way "tpe kendall" --set lambda.objective=kendall
way "tpe weighted-kendall" --set lambda.objective=weighted-kendall
way "tpe kendall, one run, no climb" --set lambda.objective=kendall --set lambda.runs=1 --set lambda.refine=0
