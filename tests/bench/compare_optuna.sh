#!/usr/bin/env bash
# The lambda stage against Optuna's TPE: ten seeds, the same scores, 1,000 rows, as many trials, tau-b on the
# rest. Fails when ours is lower on average. Needs python3-optuna and the published tables.
#   tests/bench/compare_optuna.sh [UPNAS] [TRIALS]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
upnas=$(realpath "${1:-$root/build/upnas}")
trials=${2:-300}
shared=${UPNAS_SHARED:-$root/../shared}
peer=$shared/bench/peer_optuna.py
python=/usr/bin/python3
if [ ! -f "$peer" ] || ! "$python" -c 'import optuna, scipy' 2>/dev/null; then
    echo "skipped: needs $peer and python3-optuna"
    exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

tables=(--set "benchmark.scores=$shared/data/nb201_zc_proxies.csv"
    --set "benchmark.accuracy=$shared/data/nb201_accuracy_cifar10.csv")
# What lambda does not read is kept short and the same for all seeds.
short=(--set vgae.epochs=1 --set vgae.seed=0 --set mpe.epochs=1 --set mpe.seed=0 --set search.starts=1)
for seed in 0 1 2 3 4 5 6 7 8 9; do
    "$python" "$peer" --trials "$trials" --seed "$seed" >> optuna.jsonl
    "$upnas" run "$root/configs/nb201.yaml" --json --no-out "${tables[@]}" "${short[@]}" --set seed="$seed" \
        --set lambda.objective=kendall --set lambda.runs=1 --set lambda.trials="$trials" | tail -n 1 >> upnas.jsonl
done
"$python" - "$trials" <<'P'
import json, sys
ours = [json.loads(line)["tau_unused"] for line in open("upnas.jsonl")]
peer = [json.loads(line) for line in open("optuna.jsonl")]
taus = [p["tau_rest"] for p in peer]
mean = lambda v: sum(v) / len(v)
print("seed   ours   optuna")
for seed, (a, b) in enumerate(zip(ours, taus)):
    print(f"{seed:4}  {a:.4f}  {b:.4f}")
print(f"mean  {mean(ours):.4f}  {mean(taus):.4f}   {sys.argv[1]} trials, 1,000 rows; optuna took {mean([p['seconds'] for p in peer]):.1f} s each")
sys.exit(mean(ours) < mean(taus))
P
