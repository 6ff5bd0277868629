#!/usr/bin/env bash
# The folder of results holds one run's files: none of an earlier run, and nothing of a user's removed.
. "$(dirname "$0")/lib.sh"

up run tiny.yaml
for f in cell-3.svg cell-3.dot net-1.py result.json; do [ -s "results/$f" ] || fail "no $f"; done
echo mine >results/notes.txt
up run tiny.yaml --set search.top=2
[ -s results/cell-2.svg ] || fail "no second cell"
[ ! -e results/cell-3.svg ] && [ ! -e results/cell-3.dot ] || fail "files of the earlier run are left: $(ls results)"
[ "$(cat results/notes.txt)" = mine ] || fail "a user's file is gone"
while read -r f; do [ -s "results/$f" ] || fail "files.txt lists $f"; done <results/files.txt
ls results/.[!.]* 2>/dev/null && fail "temporary files are left"

# A run for a node in the middle ends there, and leaves the files of the whole one.
up run tiny.yaml scores --set scores.limit=12 --json
[ "$(executed)" = "scores " ] || fail "executed: $(executed)"
[ -s results/cell-2.svg ] || fail "the files of the earlier run are gone"
refuse 2 "no node 'score'; it has: space, data, scores" run tiny.yaml score

# A file that cannot be put there: nothing has changed.
if [ "$(id -u)" != 0 ]; then
    cp -r results before && chmod a-w results
    refuse 1 'results.*--out' run tiny.yaml
    chmod u+w results && diff -r results before
fi
# Without a benchmark there is no accuracy.
up run tiny.yaml --json --no-out
tail -n 1 out | grep -q '"accuracy": null' && tail -n 1 out | grep -q '"tau_unused": null' || fail "accuracy is not null"

# An artifact that a run had and the store has lost is said, not taken for none.
up score --space nb201 --arch 5 --batch 4 --dataset ImageNet16-120 --json
sixteen=$(result_from proxies)
up score --space nb201 --arch 5 --batch 4 --dataset cifar10 --json
[ "$(result_from proxies)" != "$sixteen" ] || fail "the data set changes nothing"
