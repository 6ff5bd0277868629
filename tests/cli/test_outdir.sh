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
(cd results && sha256sum --check --strict --quiet files.txt) || fail "files.txt is not what is there"
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

# ---- what the program did not write is neither removed nor replaced ----
# kept WHAT: exit 2, one sentence, and the folder p as it was
kept() { # WHAT PATTERN [RUN ARG...]
    local what=$1 pattern=$2
    shift 2
    rm -rf before && cp -rP p before
    refuse 2 "$pattern" run tiny.yaml --out p "$@"
    diff -r --no-dereference before p || fail "$what: the folder has changed"
    grep -qE -- '--out DIR' err || fail "$what: no remedy: $(cat err)"
}
fresh() { rm -rf p && mkdir p; }
digest() { sha256sum "$1" | cut -d' ' -f1; }
listed() { # NAME of a file in p: into a list with our mark
    head -n 1 results/files.txt >p/files.txt
    echo "$(digest "p/$1")  $1" >>p/files.txt
}
up run tiny.yaml

fresh && echo x >p/thesis.tex && echo thesis.tex >p/files.txt
kept "somebody's list" 'p/files.txt is not the list'
cp -r results p/results && cp tiny.yaml p && rm -rf p/results/files.txt
(cd p && echo tiny.yaml >files.txt && cp -r . ../before2 && ! "$upnas" run tiny.yaml --out . --store ../.upnas 2>../err &&
    diff -r . ../before2) || fail "--out . removed the config"
fresh && echo mine >p/result.json
kept "a file of the user's with a name of ours" 'p/result.json was not written by upnas'
fresh && mkdir p/result.json
kept "a folder with a name of ours" 'p/result.json was not written'
fresh && ln -s ../tiny.yaml p/result.json
kept "a link with a name of ours" 'p/result.json was not written'
fresh && ln -s ../results/files.txt p/files.txt
kept "a list that is a link" 'p/files.txt is not the list'
fresh && mkdir p/files.txt
kept "a list that is a folder" 'p/files.txt is not the list'
fresh && mkfifo p/files.txt
refuse 2 'p/files.txt is not the list' run tiny.yaml --out p
fresh && mkfifo p/result.json
refuse 2 'p/result.json was not written' run tiny.yaml --out p
for name in ../tiny.yaml sub/x .hidden files.txt; do
    fresh && head -n 1 results/files.txt >p/files.txt
    echo "$(digest tiny.yaml)  $name" >>p/files.txt
    kept "a list with $name" 'files.txt, line 2: not as upnas run wrote it'
done
fresh && head -c 200 results/files.txt >p/files.txt
kept "a list that was cut" 'files.txt, line [0-9]+: not as'
fresh && echo one >p/a.txt && listed a.txt && echo two >p/a.txt
kept "a changed file of an earlier run" 'p/a.txt has been changed since'
fresh && echo one >p/a.txt && listed a.txt && rm p/a.txt && ln -s ../tiny.yaml p/a.txt
kept "a link in place of a file of an earlier run" 'p/a.txt has been changed since'
rm -rf p && cp -r results p && echo edited >>p/net-1.py
kept "an edited result" 'p/net-1.py has been changed since'
rm -rf p && echo x >p
refuse 1 'p is no folder; --out DIR' run tiny.yaml --out p
[ "$(cat p)" = x ] || fail "the file is gone"
refuse 2 'is empty' run tiny.yaml --out ''

# The list of an earlier version has names alone. What this run would write anyway is taken over; all else stays.
rm -rf p && cp -r results p && tail -n +2 results/files.txt | cut -c 67- >p/files.txt
kept "an earlier version's list, other results" 'p/files.txt is not the list.*0\.1\.0' --set search.top=2
up run tiny.yaml --out p
diff -r results p || fail "an earlier version's folder was not taken over"
tail -n +2 results/files.txt | cut -c 67- >p/files.txt && echo mine >p/net-1.py
kept "an earlier version's list, an edited file" 'p/net-1.py was not written by upnas'

# Whatever bytes are there already, but not by the program, are not removed later.
fresh && cp results/result.json p
up run tiny.yaml --out p
grep -q result.json p/files.txt && fail "a file that was there is taken for ours"
kept "another run" 'p/result.json was not written' --set search.top=2

# Killed at any moment, the next run goes on.
rm -rf p
for ((i = 0; i < 12; ++i)); do
    (timeout -s KILL "0.0$((i + 1))" "$upnas" run tiny.yaml --out p --set search.top=$((i % 2 + 2)) >out 2>err || true) 2>killed
    up run tiny.yaml --out p --set search.top=$((i % 2 + 2))
    (cd p && sha256sum --check --strict --quiet files.txt) || fail "round $i: not what the list says"
    [ "$(find p -name 'cell-*.svg' | wc -l)" = $((i % 2 + 2)) ] || fail "round $i: $(ls p)"
done
