#!/usr/bin/env bash
# Where numbers come from: --why from a node, a path, a number as results print it, a run; JSON that
# fits its schema; and diff, which names the file or setting that a difference comes from.
. "$(dirname "$0")/lib.sh"
bash "$source_dir/tests/cli/table.sh"
small=(--set vgae.epochs=1 --set mpe.epochs=3 --set lambda.preset=sum
    --set search.starts=16 --set search.steps=5 --set search.top=3)
sed 's/$/ /' accuracy.csv >same-values.csv
bench() { up run "$source_dir/configs/nb201.yaml" --set benchmark.scores=scores.csv --set "benchmark.accuracy=$1" "${small[@]}" "${@:2}"; }
bench accuracy.csv
unified=$("$python" -c 'import csv; print(next(csv.DictReader(open("results/results.csv")))["unified"])')
flops=$("$python" -c 'import csv; print(next(csv.DictReader(open("results/results.csv")))["flops"])')

# the number in the table, the one on the terminal, the path: one answer
up show "$unified" --why
head -n 1 out | grep -qx "search unified/0 = $unified" || { cat out >&2; fail "the number $unified"; }
sed 1d out | grep -v '^also' >chain
grep -qE '^also +decode entries/0/unified$' out && grep -qE '^also +report best/0/unified$' out || fail "where else it stands"
up show search/unified/0 --why
sed 1d out | cmp - chain || fail "the path says something else than the number"
up show search unified/0 --why
sed 1d out | cmp - chain || fail "the two words say something else than the path"
rounded=$("$python" -c "print('%.4f' % $unified)")
up show "$rounded" --why
grep -q "that number rounded" out || { cat out >&2; fail "$rounded is not taken as rounded"; }
up show "last:$flops" --why
head -n 1 out | grep -q "flops.* = $flops" || { cat out >&2; fail "the number $flops"; }

negative=$("$python" -c 'import csv; r = next(csv.DictReader(open("results/results.csv"))); print(min((v for k, v in r.items() if k.startswith("predicted")), key=float))')
if [ "${negative#-}" != "$negative" ]; then
    up show "$negative" --why
    head -n 1 out | grep -q "predicted/.* = $negative" || { cat out >&2; fail "the number $negative"; }
fi

# everything is in the chain
for word in '^lambda version [0-9]' '  setting   lambda.preset: sum  \(--set lambda.preset=sum\)' \
    '  setting   [0-9]+ more at their defaults' '  input     calibrate +[0-9a-f]{32}$' \
    '  file      benchmark.scores = scores.csv [0-9a-f]{32}$' '  key       [0-9a-f]{32}, portable$' \
    '  when      20..-..-..T.*Z, took .*, in run ' "  by        $(id -un) on " '^  blas      OpenBLAS [0-9.]+, Haswell kernels$' \
    '^  compiler  (gcc|.*[Cc]lang) ?[0-9.]+' '^  cpu       .' '^  libc      glibc 2' '^  user      ' \
    '^  benchmark.accuracy = accuracy.csv [0-9a-f]{32} \(.*\), read by benchmark$'; do
    grep -qE "$word" chain || { cat chain >&2; fail "the chain lacks: $word"; }
done

# the schema
n=0
for words in last "$unified" search/unified/0 "search unified/0" "scores scores/0" decode 64 benchmark; do
    # shellcheck disable=SC2086 # words
    up show $words --why --json
    cp out "json-$((++n))"
    "$python" - "$source_dir/cli/answer/why.schema.json" <<'P'
import json, sys
doc = json.loads(open("out").read())
nodes = [a["node"] for a in doc["chain"]]
assert len(set(nodes)) == len(nodes)
for a in doc["chain"]:
    for i in a["inputs"]:
        assert i["digest"] is None or any((b["node"], b["digest"]) == (i["node"], i["digest"]) for b in doc["chain"]), i
assert {f["path"] for f in doc["sources"]} <= {"scores.csv", "accuracy.csv"} and (len(nodes) < 3 or doc["sources"])
try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed: the schema is not looked at")
    sys.exit(0)
schema = json.load(open(sys.argv[1]))
jsonschema.Draft7Validator.check_schema(schema)
jsonschema.Draft7Validator(schema).validate(doc)
P
done
grep -q "\"value\": $unified" json-2 || fail "the value is not in the JSON"

refuse 2 'has the number 0.123456789' show 0.123456789 --why
refuse 2 'no node "nonsense"' show nonsense --why
refuse 2 "there is no 'nothing' here" show search/nothing --why
refuse 2 'only .* runs' show last~7:0.5 --why
refuse 2 'why goes with' show search --why --raw

# diff: another file with the same numbers ends where it is read, and says which file
bench same-values.csv
up diff
grep -qE '^benchmark .*starts here' out && grep -q '    file benchmark.accuracy: accuracy.csv (.*) -> same-values.csv (' out ||
    { cat out >&2; fail "diff does not name the file"; }
# another setting: where it starts, what follows, and both results
bench accuracy.csv --set lambda.preset=selected
up diff last~2 last
grep -qE '^lambda .*starts here' out && grep -q '    lambda.preset: sum -> selected' out &&
    grep -qx 'search     other result, because of lambda' out && grep -qx 'report     other result, because of lambda' out ||
    { cat out >&2; fail "diff does not explain"; }
grep -qE "^best/0/unified +$unified +[0-9.-]+$" out || { cat out >&2; fail "diff does not show both results"; }
grep -qE '^tau_unused +-?0[0-9.]+ +(-?0[0-9.]+|\(absent\))$' out || { cat out >&2; fail "diff does not show tau"; }
up diff last~2 last --json
"$python" - <<'P'
import json
d = json.loads(open("out").read())
n = {x["node"]: x for x in d["nodes"]}
assert n["lambda"]["root"] and n["lambda"]["because"] == [] and n["lambda"]["reasons"][0] == {"path": "lambda.preset", "a": "sum", "b": "selected"}
assert n["decode"]["because"] == ["lambda"] and not n["decode"]["root"] and not n["mpe"]["output_differs"]
assert any(r["path"] == "best/0/unified" and r["a"] != r["b"] for r in d["results"])
P
up diff last last
grep -qx 'no difference' out || fail "a run differs from itself"
