#!/usr/bin/env bash
# Every command has --help and --json; --json is JSON on every line; the run record is complete.
. "$(dirname "$0")/lib.sh"

"$upnas" --help >out
"$upnas" --version | grep -qE '^upnas [0-9]+\.[0-9]+\.[0-9]+$' || fail "--version"
rc=0 && "$upnas" >/dev/null 2>&1 || rc=$?
[ "$rc" = 2 ] || fail "no command: exit $rc"
for c in init run plan status explain log show diff verify merge score rank remote push pull key gc pin export import report serve completion; do
    grep -q "^  $c " out || fail "--help does not list $c"
    up "$c" --help
    cp out help && "$upnas" --help >out
    grep -q -- --json help && grep -q -- '--store DIR' help || fail "$c --help lacks --json or --store"
    man=$(grep -cE "^\.B[IR]* $c( |$)" "$source_dir/man/upnas.1") || true
    [ "$man" -ge 1 ] || fail "the manual does not name $c"
done

lines() {
    "$python" -c 'import json,sys
for line in open("out"): json.loads(line)' || fail "$* --json is not JSON"
}
up init --json && lines init
up run tiny.yaml --json && lines run
up run tiny.yaml --set lambda.preset=sum --json && lines run
for c in "plan tiny.yaml" "plan tiny.yaml scores" "run tiny.yaml scores" "status" "status tiny.yaml" "explain tiny.yaml" "explain tiny.yaml search" log show \
    "show last~1" "show lambda" "show lambda weights" "show scores scores/0/1" "show search unified/0" "show search/unified/0 --why" "report last~2" diff verify \
    "score --space nb201 --arch 100 --batch 4"; do
    # shellcheck disable=SC2086 # words
    up $c --json && lines "$c"
    # shellcheck disable=SC2086
    up $c
    [ -s out ] || fail "$c prints nothing"
done
up show lambda
for word in digest sha256 'param *lambda.preset: sum' 'input *calibrate' 'by *cpu' weights; do
    grep -qE "$word" out || { cat out >&2; fail "show lambda: no $word"; }
done
up show scores --csv
mv out scores.csv
up rank --space nb201 --scores scores.csv --lambda lambda --json && lines rank
mkdir other && up init --store other && up merge other --json && lines merge && up merge other --dry-run
[ -s out ] || fail "merge prints nothing"
export HOME=$PWD
for c in "key generate a-1" "key list" "remote add team folder --rw" "remote list" push "pull tiny.yaml" \
    "pull --run $("$upnas" log --limit 1 | cut -d' ' -f1)"; do
    # shellcheck disable=SC2086 # words
    up $c --json && [ -s out ] && lines "$c"
done
up log --limit 1
[ "$(wc -l <out)" = 1 ] || fail "log --limit"
up verify --json
[ "$(number bad)" = 0 ] || fail "verify"

# files a user takes away
for f in results/*.svg results/*.dot results/*.py results/results.csv results/result.json; do
    [ -s "$f" ] || fail "no $f"
done
"$python" -m json.tool results/result.json >/dev/null || fail "result.json"
ls results/.[!.]* 2>/dev/null && fail "temporary files are left"
up show decode "files/$(basename results/result.json)" --raw
cmp out results/result.json || fail "show --raw is not the file"
