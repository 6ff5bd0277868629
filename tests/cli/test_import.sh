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
mkdir elsewhere && mv scores.csv accuracy.csv elsewhere
up run "$source_dir/configs/nb201.yaml" --json "${small[@]}" \
    --set benchmark.scores=elsewhere/scores.csv --set benchmark.accuracy=elsewhere/accuracy.csv
[ "$(number executed)" = 0 ] || fail "the same bytes elsewhere executed $(executed)"
