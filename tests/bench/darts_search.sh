#!/usr/bin/env bash
# Ways to search DARTS at one budget of the estimator's evaluations, SEEDS seeds of each, on one estimator trained on the
# first `train` (default: all) of `own` scores made here on CIFAR-10. What they predict to be best is scored as the rest
# was, calibrated as for the estimator and weighed: `measured`, of the first (top_1) and of the best of all `top` a search
# kept. `rank` is the place that takes among RANDOM random architectures, the last of those with own scores, which the
# estimator may have been trained on (the line of `random` says on how many); `above` the part of them that is better.
# Seconds are the search's alone on two threads, when it was computed.
#   tests/bench/darts_search.sh [UPNAS] [SEEDS=10] [RANDOM=2000] [own=3000] [train=OWN] [top=10] [store=DIR]
#     [NODE.SETTING=VALUE...]
. "$(dirname "$0")/lib.sh"
own=3000 train='' top=10
read_words "${@:2}"
seeds=${words[0]:-10} random=${words[1]:-2000} train=${train:-$own}
must_have cifar-10-batches-bin
if [ "$random" -gt "$own" ] || [ "$train" -gt "$own" ]; then
    skip "there are own=$own scores to take $random random architectures and $train to train on from"
fi
environment darts_search own="$own" trained_on="$train" images=cifar10 settings="${settings[*]}"

darts scores --set scores.limit="$own"
up show "$(made scores)" --csv --store "$store"
mv out own.csv

for ((seed = 0; seed < seeds; ++seed)); do
    for method in gradient evolution random; do
        darts decode --threads 2 --set scores.limit="$own" --set calibrate.train="$(train_part "$train" "$own")" \
            --set search.method="$method" --set search.seed="$seed" --set search.top="$top" \
            --set decode.modules=0 --set decode.pictures=0
        up show "$(made search)" queries --json --store "$store"
        cat out >>searches
        up show "$(made decode)" entries --json --store "$store"
        cat out >>entries
    done
done
up show "$(made calibrate)" fit --json --store "$store"
mv out fit

# All that have own scores, in the same order, then what was found, once each.
"$python" - <<'P'
import csv, json
archs = [row["arch"] for row in csv.DictReader(open("own.csv"))]
archs += [entry["arch"] for line in open("entries") for entry in json.loads(line)["value"]]
w = csv.writer(open("list.csv", "w"))
w.writerows([[a] for a in ["arch", *dict.fromkeys(archs)]])
P
listed=$(($(wc -l <list.csv) - 1))
darts lambda --set space.list=list.csv --set space.pool=0 --set calibrate.train="$(train_part "$train" "$listed")"
for node in scores calibrate lambda; do
    up show "$(made $node)" --json --store "$store"
    mv out $node
done

"$python" - "$own" "$train" "$random" <<'P'
import csv, json, statistics, sys
own, train, n_random = map(int, sys.argv[1:])
value = {node: json.load(open(node))["value"] for node in ("scores", "calibrate", "lambda", "fit")}
if value["calibrate"]["fit"] != value["fit"]:
    sys.exit("the found are not calibrated as for the estimator")
archs = [row["arch"] for row in csv.DictReader(open("list.csv"))]
measured = [sum(w * x for w, x in zip(value["lambda"]["weights"], row)) for row in value["calibrate"]["values"]]
unified = dict(zip(archs, measured, strict=True))
random = sorted(measured[own - n_random:own], reverse=True)
def say(**fields):
    print(json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in fields.items()}), flush=True)
def of(values, worst):
    return {"mean": round(statistics.mean(values), 4), "worst": round(worst(values), 4)}
def place(values):
    above = [sum(r > v for r in random) for v in values]
    return {"measured": of(values, min), "rank": of([a + 1 for a in above], max),
            "above": of([a / n_random for a in above], max)}
say(random=n_random, trained_on_of_them=max(0, n_random - (own - train)), best=random[0], tenth=random[min(9, n_random - 1)],
    median=statistics.median(random), mean=statistics.mean(random))
searches = [json.loads(line) for line in open("searches")]
entries = [json.loads(line)["value"] for line in open("entries")]
known = set(archs[:own])
for method in dict.fromkeys(s["params"]["search.method"] for s in searches):
    mine = [(s, e) for s, e in zip(searches, entries, strict=True) if s["params"]["search.method"] == method]
    seconds = [s["seconds"] for s, _ in mine]
    say(method=method, seeds=len(mine), queries=statistics.mean(s["value"] for s, _ in mine),
        predicted=of([e[0]["unified"] for _, e in mine], min), top_1=place([unified[e[0]["arch"]] for _, e in mine]),
        best_of_top=place([max(unified[a["arch"]] for a in e) for _, e in mine]), top=max(len(e) for _, e in mine),
        scored_before=sum(a["arch"] in known for _, e in mine for a in e),
        seconds={"median": round(statistics.median(seconds), 3), "worst": round(max(seconds), 3)},
        **({"starts": int(mine[0][0]["params"]["search.starts"]), "under_5_s": max(seconds) < 5}
           if "search.starts" in mine[0][0]["params"] else {}))
P
