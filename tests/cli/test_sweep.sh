#!/usr/bin/env bash
# A sweep of scores: killed with -9 at random moments, or cut into shares on several stores that are
# merged, it ends with the bytes it would have had in one go. What merge does and refuses.
. "$(dirname "$0")/lib.sh"
. "$source_dir/tests/cli/sweep.sh"

whole_sweep 136
killed_sweep killed 5
shared_sweep 3

# 1/1 is no share: the key is that of the whole
sweep --no-out --store whole --set scores.shard=1/1 >out 2>err
[ "$(number executed)" = 0 ] || fail "a share of 1/1 executes something"

# once more: nothing to copy; from all at once, too
for s in share-1 killed; do
    up merge --store merged "$s" --json
    tail -n 1 out | grep -q '"copied": {"results": 0, "artifacts": 0, "parts": 0}' || fail "$s is copied twice: $(cat out)"
done

# a rehearsal says what the merge will do, and does nothing; a killed merge goes on
up merge --trust any --store again share-1 share-2 --json --dry-run
[ ! -e again ] || fail "--dry-run made a store"
tail -n 1 out | sed 's/"dry_run": true/"dry_run": false/' >rehearsed
for at in 0.005 0.01 0.015 0.02 0.03; do
    (timeout -s KILL "$at" "$upnas" merge --trust any --store again share-1 share-2 || true) >out 2>&1
    [ ! -e again/data.mdb ] || up verify --store again
done
rm -rf again
up merge --trust any --store again share-1 share-2 --json
tail -n 1 out | cmp - rehearsed || fail "the merge did something else than the rehearsal"
up merge --trust any --store again share-3
grep -qE '^share-3: copied [0-9]+ results, [0-9]+ artifacts of .*, [0-9]+ parts; [0-9]+ records were here$' out ||
    fail "merge does not say what it copied: $(cat out)"

# damaged records are left out, each with a sentence; what is missing is scored again
"$python" - <<'P'
import random, re
random.seed(7)
b = bytearray(open("share-2/data.mdb", "rb").read())
hits = [m.start() for m in re.finditer(rb"\x93UPR\x01M", bytes(b))]
for at in random.sample(hits, 5):
    b[at + 70] ^= 0xff
open("share-2/data.mdb", "wb").write(b)
P
rc=0
"$upnas" merge --trust any --store hurt share-1 share-2 share-3 --json >out 2>err || rc=$?
[ "$rc" = 1 ] || fail "a merge that left something out exited with $rc"
skipped=$(number skipped)
[ "$skipped" -ge 1 ] && [ "$(grep -c '^upnas: warning: share-2: partial result [0-9a-f]* in the store is damaged' err)" = "$skipped" ] &&
    [ "$(sort -u err | wc -l)" = "$(wc -l <err)" ] || { cat out err >&2; fail "damage: $skipped skipped"; }
up verify --store hurt
sweep --no-out --store hurt >out 2>err || { cat out err >&2; fail "after a merge of a damaged store"; }
grep -qE "$count architectures, [1-9][0-9]* kept from before, each thread" out ||
    fail "what was damaged was not scored again: $(grep architectures out)"
[ "$(scored hurt)" = "$want" ] || fail "after damage: other bytes"

# what it refuses
refuse 2 'needs the stores' merge --store merged
refuse 2 'share-1 is the store that is merged into.*--store' merge --store share-1 ./share-1
refuse 1 'there is no store in nowhere' merge --store merged nowhere
sweep --no-out --store whole --set scores.shard=99/99 >out 2>err && fail "a share of nothing"
grep -q 'upnas: .*scores.shard is 99/99.* 9 blocks of 16' err || { cat err >&2; fail "a share of nothing says something else"; }
