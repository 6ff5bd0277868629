#!/usr/bin/env bash
# How many scores of DARTS architectures one should pay for: the estimator trained on the first COUNT of the pool of
# configs/darts.yaml, scored here on CIFAR-10; Kendall's tau-b of predicted with own scores of the same `held` others,
# per proxy and of the unified score, mean over `seeds` of the estimator and the worst of them. First the published
# estimator (that config's), then the default one. `tau_calibration`: of the unified score by the calibration that COUNT
# rows give, but own scores, with that of all rows, which is what every unified score here is compared with.
#   tests/bench/darts_curve.sh [UPNAS] [COUNT...=250 1000 2000] [held=1000] [seeds=3] [store=DIR] [NODE.SETTING=VALUE...]
# It begins where these left off, whatever their limit: upnas run configs/darts.yaml scores --store build/bench
#   --set scores.limit=3000 --set data.batch=32 --set data.source=cifar10 --set data.folder=FOLDER
. "$(dirname "$0")/lib.sh"
held=1000 seeds=3
read_words "${@:2}"
[ ${#words[@]} -gt 0 ] || words=(250 1000 2000)
must_have cifar-10-batches-bin
must_import scipy
most=$(printf '%s\n' "${words[@]}" | sort -n | tail -n 1)
environment darts_curve held_out="$held" scored=$((most + held)) images=cifar10 settings="${settings[*]}"

darts scores --set scores.limit=$((most + held))
up show "$(made scores)" --csv --store "$store"
mv out own.csv
# The truth for all counts: own scores, calibrated among themselves and weighed.
up rank --space darts --scores own.csv --lambda carried --json
"$python" -c 'import csv, json
w = csv.writer(open("truth.csv", "w"))
w.writerow(["arch", "unified"])
w.writerows([a["arch"], a["unified"]] for a in json.load(open("out"))["ranked"])'

estimator() { # PRESET COUNT
    local seed more=()
    # What configs/darts.yaml sets belongs to the published one.
    [ "$1" = paper ] || more=(--set mpe.lr=null --set mpe.batch=null --set mpe.epochs=null)
    sed -n "1,$(($2 + 1))p; $((most + 2)),\$p" own.csv >part.csv
    rm -f reports
    for ((seed = 0; seed < seeds; ++seed)); do
        darts --set scores.source=import --set benchmark.scores=part.csv --set benchmark.accuracy=truth.csv \
            --set calibrate.train="$(train_part "$2" $(($2 + held)))" \
            --set mpe.preset="$1" "${more[@]}" --set mpe.seed="$seed" \
            --set search.method=random --set search.budget=1 --set search.top=1
        up show "$(made report)" --json --store "$store"
        cat out >>reports
    done
    "$python" - "$@" <<'P'
import json, sys
preset, count = sys.argv[1:]
values = [json.loads(line)["value"] for line in open("reports")]
def of(taus):
    taus = [t for t in taus if t is not None]
    return {"mean": round(sum(taus) / len(taus), 4), "worst": round(min(taus), 4)} if taus else None
names = values[0]["proxies"]["names"]
print(json.dumps({"mpe": preset, "trained_on": int(count), "held_out": values[0]["n_predicted"], "seeds": len(values),
                  "tau_unified": of([v["tau_predicted"] for v in values]),
                  "tau_calibration": round(values[0]["tau_unused"], 4),
                  "tau": {n: of([v["proxies"]["heldout"][i] for v in values]) for i, n in enumerate(names)}}), flush=True)
P
}

for preset in paper default; do
    for count in "${words[@]}"; do
        estimator "$preset" "$count"
    done
done
