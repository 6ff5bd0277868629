#!/usr/bin/env bash
# A store and a bundle that upnas 0.1.0 has written open in this version, and say what they said.
# tests/golden/store was made, and is never made again, by
#   upnas run tests/cli/tiny.yaml scores --set space.pool=40 --set scores.limit=6 --set data.batch=4
#   upnas pin add last golden; upnas pin add scores best-scores; upnas gc --grace 0
#   gzip -9n <.upnas/data.mdb >data.mdb.gz; upnas show golden:scores --csv >scores.csv
#   upnas export golden run.bundle
. "$(dirname "$0")/lib.sh"
golden=$source_dir/tests/golden/store
mkdir .upnas
gunzip <"$golden/data.mdb.gz" >.upnas/data.mdb

same_scores() { # STORE
    up show golden:scores --csv --store "$1"
    cmp out "$golden/scores.csv" || fail "$1: other scores"
}
up verify
up status --json
[ "$(number runs)" = 1 ] && [ "$(number results)" = 3 ] && [ "$(number artifacts)" = 3 ] && [ "$(number pins)" = 2 ] || fail "other counts"
same_scores .upnas
up show golden
grep -q '^status *ok' out || fail "the run is not read"
up gc --grace 0
grep -q '^removed 0 runs, 0 results, 0 artifacts, 0 parts' out || fail "gc takes something from it"
# it is written to as well
up run tiny.yaml space --no-out
up verify
same_scores .upnas
up import "$golden/run.bundle" --store other
up pin add last golden --store other
same_scores other
refuse=0
"$upnas" verify --store other >out 2>err || refuse=$? # nobody has signed it
[ "$refuse" = 2 ] && [ "$(grep -c 'came from file .*run.bundle, but it is not signed' err)" = 3 ] || fail "an unsigned import: $(cat out err)"
up import "$golden/run.bundle" --store admitted --trust any
up verify --store admitted
