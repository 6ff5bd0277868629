#!/usr/bin/env bash
# The lambda stage against Optuna's TPE: ten seeds, the same scores, 1,000 rows, as many trials, tau-b on the
# rest. TPE against TPE, one run and no climb; beside them the default, whose last third climbs. Fails when TPE
# is below Optuna on average. Needs python3-optuna and the published tables.
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
ours() { # FILE, then the settings of lambda
    local to=$1
    shift
    "$upnas" run "$root/configs/nb201.yaml" --json --no-out "${tables[@]}" "${short[@]}" --set seed="$seed" \
        --set lambda.objective=kendall --set lambda.runs=1 --set lambda.trials="$trials" "$@" | tail -n 1 >>"$to"
}
for seed in 0 1 2 3 4 5 6 7 8 9; do
    "$python" "$peer" --trials "$trials" --seed "$seed" >>optuna.jsonl
    ours tpe.jsonl --set lambda.refine=0
    ours climb.jsonl
done
"$python" - "$trials" <<'P'
import json, sys
read = lambda name, key: [json.loads(line)[key] for line in open(name)]
tpe, climb = read("tpe.jsonl", "tau_unused"), read("climb.jsonl", "tau_unused")
peer, seconds = read("optuna.jsonl", "tau_rest"), read("optuna.jsonl", "seconds")
mean = lambda v: sum(v) / len(v)
print("seed     tpe  optuna  tpe and climb")
for seed, row in enumerate(zip(tpe, peer, climb)):
    print(f"{seed:4}  {row[0]:.4f}  {row[1]:.4f}  {row[2]:.4f}")
print(f"mean  {mean(tpe):.4f}  {mean(peer):.4f}  {mean(climb):.4f}   {sys.argv[1]} trials, 1,000 rows; "
      f"optuna took {mean(seconds):.1f} s each")
sys.exit(mean(tpe) < mean(peer))
P
