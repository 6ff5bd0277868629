#!/usr/bin/env bash
# The benchmark pipeline on a made-up table: taus and accuracies are there, and rerunning with the
# files elsewhere (same bytes) computes nothing.
. "$(dirname "$0")/lib.sh"
bash "$source_dir/tests/cli/table.sh"
small=(--set vgae.epochs=1 --set mpe.epochs=3 --set lambda.samples=150 --set lambda.trials=20
    --set search.starts=16 --set search.steps=5 --set search.top=3)

up run "$source_dir/configs/nb201.yaml" --json "${small[@]}" \
    --set benchmark.scores=scores.csv --set benchmark.accuracy=accuracy.csv
"$python" - <<'P'
import json
events = [json.loads(line) for line in open("out")]
r = events[-1]
assert r["event"] == "result" and r["executed"] > 0, r
assert -1 <= r["tau_unused"] <= 1 and -1 <= r["tau_predicted"] <= 1, r
assert len(r["best"]) == 3
for b in r["best"]:
    assert set(b) >= {"arch", "unified", "flops", "params", "accuracy"}, b
assert [b["unified"] for b in r["best"]] == sorted((b["unified"] for b in r["best"]), reverse=True)
P
# A table that is shown reads back as it was: as scores, and as the pool.
up show scores --csv
mv out shown.csv
head -n 1 shown.csv | grep -q '^arch,' || fail "no column arch: $(head -n 1 shown.csv)"
awk -F, -v OFS=, 'NR == 3 { $2 = "nan"; $3 = "" } 1' shown.csv >holes.csv && mv holes.csv shown.csv
up run "$source_dir/configs/nb201.yaml" scores --store other --set benchmark.scores=shown.csv --set space.list=shown.csv
up show scores --csv --store other
cmp out shown.csv || fail "the table of scores does not read back"
up show benchmark --csv
head -n 1 out | grep -q ',cifar10_val' || fail "no accuracies: $(head -n 1 out)"
[ "$(wc -l <out)" -ge "$(wc -l <shown.csv)" ] || fail "the benchmark's table is short"
refuse 2 'space, scores or benchmark; lambda' show lambda --csv
refuse 2 'whole artifact' show scores scores --csv
refuse 2 'whole artifact' show last --csv

mkdir elsewhere && mv scores.csv accuracy.csv elsewhere
up run "$source_dir/configs/nb201.yaml" --json "${small[@]}" \
    --set benchmark.scores=elsewhere/scores.csv --set benchmark.accuracy=elsewhere/accuracy.csv
[ "$(number executed)" = 0 ] || fail "the same bytes elsewhere executed $(executed)"
