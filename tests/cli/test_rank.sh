#!/usr/bin/env bash
# rank: by presets, runs and files of weights; its numbers are those of a plain computation; bad input is refused.
. "$(dirname "$0")/lib.sh"
bash "$source_dir/tests/cli/table.sh"
tables=(--space nb201 --scores scores.csv --accuracy accuracy.csv)

# ---- numbers, against the definition ----
echo '{"nwot": 1, "flops": -0.25, "snip": 0.5}' >w.json
up rank "${tables[@]}" --lambda w.json --json
cp out ranked.json
"$python" - <<'P'
import csv, json, statistics
weights = json.load(open("w.json"))
rows = list(csv.DictReader(open("scores.csv")))
truth = {r["arch"]: float(r["cifar10_val"]) for r in csv.DictReader(open("accuracy.csv"))}
def mid_ranks(v):
    return [sum(b < a for b in v) + (sum(b == a for b in v) + 1) / 2 for a in v]
def tau(x, y):
    sign = lambda a: (a > 0) - (a < 0)
    pairs = [(sign(x[i] - x[j]), sign(y[i] - y[j])) for i in range(len(x)) for j in range(i)]
    return sum(a * b for a, b in pairs) / (sum(a * a for a, _ in pairs) * sum(b * b for _, b in pairs)) ** 0.5
normal = statistics.NormalDist()
column = {p: [normal.inv_cdf((r - 0.5) / len(rows)) for r in mid_ranks([float(r[p]) for r in rows])] for p in weights}
unified = [sum(weights[p] * column[p][i] for p in weights) for i in range(len(rows))]
y = [truth[r["net_str"]] for r in rows]
said = json.load(open("ranked.json"))
assert said["n"] == said["architectures"] == len(rows) == 400, said["n"]
assert abs(said["tau"] - tau(unified, y)) < 1e-9, (said["tau"], tau(unified, y))
for p in ("nwot", "jacov"):
    assert abs(said["per_proxy"][p] - tau([float(r[p]) for r in rows], y)) < 1e-9, p
best = [r["arch"] for r in said["ranked"]]
want = [rows[i]["net_str"] for i in sorted(range(len(rows)), key=lambda i: -unified[i])]
assert best == want and [r["rank"] for r in said["ranked"]] == list(range(1, 401))
assert said["accuracy"] == "cifar10_val" and said["calibration"] == "rank-gauss" and said["absent"] == []
P
number_of() { "$python" -c 'import json, sys; print(json.load(open("out"))[sys.argv[1]])' "$1"; }

# ---- the same weights, however they are written ----
tau=$(number_of tau)
printf 'proxy,weight\nnwot,1\nflops,-0.25\nsnip,0.5\n' >w.csv
up rank "${tables[@]}" --lambda w.csv --json
[ "$(number_of tau)" = "$tau" ] || fail "a CSV of weights gives another tau"
up run tiny.yaml lambda --set lambda.preset=fixed --set lambda.weights='{nwot: 1, flops: -0.25, snip: 0.5}' --json
run=$(sed -n 's/.*"run": "\([^"]*\)".*/\1/p' out | tail -n 1)
up show "$run:lambda" --json
cp out shown.json
for from in "$run" last "$run:lambda" shown.json; do
    up rank "${tables[@]}" --lambda "$from" --json
    [ "$(number_of tau)" = "$tau" ] || fail "--lambda $from gives another tau"
    [ "$(number_of calibration)" = rank-gauss ] || fail "--lambda $from lost its calibration"
done
up run tiny.yaml --set lambda.preset=sum --json
up rank "${tables[@]}" --lambda last --json
[ "$(number_of calibration)" = raw ] || fail "the run's preset names raw, and rank took $(number_of calibration)"
up run tiny.yaml --set lambda.preset=selected --json
up rank "${tables[@]}" --lambda last --json
cp out of_run
up rank "${tables[@]}" --lambda results/result.json --json
cmp <(sed 's/"lambda": "[^"]*"//' of_run) <(sed 's/"lambda": "[^"]*"//' out) || fail "result.json ranks otherwise"

# ---- what is absent is said, and refused when asked ----
cut -d, -f1-10 scores.csv >few.csv
up rank --space nb201 --scores few.csv --lambda learned
grep -q 'warning: learned weighs zen, fisher, plain, nwot, which few.csv does not have: ignored' err ||
    { cat err >&2; fail "absent proxies are not named"; }
[ "$(wc -l <out)" = 401 ] && head -n 1 out | grep -q '^rank *unified *architecture$' || fail "no table of 400"
up rank --space nb201 --scores few.csv --lambda learned --json --top 3
"$python" - <<'P'
import json
said = json.load(open("out"))
assert said["n"] == 0 and said["tau"] is None and said["accuracy"] is None and len(said["ranked"]) == 3
assert sorted(said["absent"]) == ["fisher", "nwot", "plain", "zen"], said["absent"]
P
refuse 1 'few.csv has no zen, fisher, plain, nwot' rank --space nb201 --scores few.csv --lambda learned --strict
up rank "${tables[@]}" --lambda learned --calibrate raw
grep -q 'belong to calibration rank-gauss; under raw' err || fail "no word on another calibration"
grep -q 'fitted on the cifar10 accuracies of nb201: where those are among these' err || fail "no word on what was fitted on"

# ---- bad input ----
refuse 2 'rank needs --space' rank --space nb201 --scores scores.csv
refuse 2 'is no preset \(sum, .*learned, carried\), no file' rank "${tables[@]}" --lambda lost
refuse 2 'there is no store in none' rank "${tables[@]}" --lambda lost --store none
refuse 2 'is of stage scores' rank "${tables[@]}" --lambda last:scores
refuse 2 '--calibrate loud' rank "${tables[@]}" --lambda sum --calibrate loud
refuse 1 'there is no accuracy "cifar9"; there is: cifar10_val, cifar10_test' rank "${tables[@]}" --lambda sum --target cifar9
refuse 1 'scores.csv:2: .*is no architecture of darts' rank --space darts --scores scores.csv --lambda sum
echo '{"nwot": "much"}' >bad.json
refuse 1 'bad.json:1:10: the weight of nwot is a string' rank "${tables[@]}" --lambda bad.json
refuse 1 'none of the scores has a weight' rank --space nb201 --scores few.csv --lambda <(echo '{"nwot": 1}')
refuse '[12]' 'cannot open missing.csv' rank --space nb201 --scores missing.csv --lambda sum

# ---- published scores of DARTS, where they are ----
if [ -f "$shared/data/zc_nasbench301.json" ]; then
    up rank --space darts --scores "$shared/data/zc_nasbench301.json" --lambda learned --json
    mv out learned
    up rank --space darts --scores "$shared/data/zc_nasbench301.json" --lambda carried --json
    "$python" - <<'P'
import json
for name, least in (("learned", 0.45), ("out", 0.49)):
    said = json.load(open(name))
    assert said["n"] == 425 and said["absent"] == ["zen"], (said["n"], said["absent"])
    assert said["tau"] > least > max(said["per_proxy"].values()) > 0.38, (said["tau"], said["per_proxy"])
P
else
    echo "not checked: $shared/data/zc_nasbench301.json is not here"
fi
