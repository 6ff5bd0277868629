#!/usr/bin/env bash
# Flipped bytes in the store: said, recomputed, and the same bytes in the end.
. "$(dirname "$0")/lib.sh"

up run tiny.yaml --json
digests .upnas >want
result_from tau_unused >result
cp .upnas/data.mdb pristine
size=$(stat -c %s pristine)

flip() { # FILE OFFSET: invert one byte
    local byte
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    # shellcheck disable=SC2059 # the format is the byte
    printf "\\$(printf '%03o' $((255 - byte)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
found=0
RANDOM=7
for round in 1 2 3 4 5; do
    cp pristine .upnas/data.mdb
    # One flip in each page that holds data, beyond the two meta pages, at a random place.
    for ((at = 8192; at < size; at += 4096 * (1 + RANDOM % 8))); do
        flip .upnas/data.mdb $((at + RANDOM % 4096))
    done
    rc=0
    "$upnas" run tiny.yaml --json >out 2>err || rc=$?
    [ "$rc" = 0 ] || { cat err >&2; fail "round $round: run exited with $rc"; }
    result_from tau_unused | cmp - result || fail "round $round: another result"
    digests .upnas | diff - want || fail "round $round: other digests"
    if [ "$(number executed)" -gt 0 ]; then
        found=$((found + 1))
        grep -q 'upnas: warning' err || grep -q '"event": "damage"' out || fail "round $round: recomputed without a word"
    fi
    up run tiny.yaml --json
    [ "$(number executed)" = 0 ] || fail "round $round: not repaired"
done
[ "$found" -gt 0 ] || fail "no flip was ever noticed"

# The page headers' bytes 8 to 15 (size, flags, bounds), one at a time, of a sample of pages.
pages=$((size / 4096))
for ((page = 2; page < pages; page += 1 + pages / 6)); do
    for byte in 8 9 10 11 12 13 14 15; do
        cp pristine .upnas/data.mdb
        flip .upnas/data.mdb $((page * 4096 + byte))
        rc=0
        "$upnas" run tiny.yaml --json >out 2>err || rc=$?
        [ "$rc" = 0 ] || { cat err >&2; fail "page $page, byte $byte: run exited with $rc"; }
        digests .upnas | diff - want || fail "page $page, byte $byte: other digests"
    done
done

# verify: 1 when corrupt, naming the runs; afterwards the run repairs.
cp pristine .upnas/data.mdb
for ((at = 16384; at < size; at += 4096)); do flip .upnas/data.mdb $((at + 2048)); done
rc=0
"$upnas" verify >out 2>err || rc=$?
[ "$rc" = 1 ] || { cat out err >&2; fail "verify exited with $rc on a damaged store"; }
up run tiny.yaml --json
up verify
