#!/usr/bin/env bash
# Remotes that are folders: what is pushed, pulled, repaired and refused; keys; verify's judgement.
. "$(dirname "$0")/lib.sh"
. "$source_dir/tests/cli/remote.sh"

# ---- two people with different umask, locale and folders: equal keys, every result taken ----
as alice
umask 022
scores || fail "alice cannot score"
digests .upnas >"$work/want"
refuse 2 'no remote to push to' push
up remote add team "$work/team" --rw
refuse 2 'no key to sign with' push
up key generate alice-1
up push --dry-run
[ "$(count "$work/team/cas")" = 0 ] || fail "--dry-run pushed"
up push
grep -q '^team: pushed 4 results, 4 artifacts of .*, 1 runs; 0 results were there$' out || fail "push says: $(cat out)"
up push --json
[ "$(of_remote team results)" = 0 ] && [ "$(of_remote team results_had)" = 4 ] && [ "$(of_remote team artifacts_had)" = 4 ] ||
    fail "pushed twice: $(cat out)"
[ -z "$(find "$work/team" -name '.new-*')" ] || fail "temporary files are left"
run=$("$upnas" log --json | sed -n 's/.*"run": "\([^"]*\)".*/\1/p' | head -n 1)

as bob
umask 077
export LC_ALL=C.UTF-8 LANGUAGE=de
up remote add team "file://$work/team" --trust alice-1
grep -q 'public key of alice-1 is not known yet' err || fail "an unknown name is not warned of"
refuse 2 'read only here' push team
up key trust "$(public alice)"
up plan tiny.yaml calibrate --set scores.limit=6 --set 'scores.proxies=[flops]'
grep -q '^0 cached, 4 to fetch, 0 to run$' out || fail "plan: $(cat out)"
[ "$("$upnas" log 2>/dev/null | wc -l)" -le 1 ] || fail "plan wrote a run"
scores
[ -z "$(executed)" ] && [ "$(of_remote team taken)" = 4 ] || fail "not all was taken: $(cat out)"
digests .upnas | cmp - "$work/want" || fail "other keys or digests"
scores && [ -z "$(of_remote team asked)" ] || fail "what is here was asked for again"
scores --set calibrate.method=minmax
[ "$(executed)" = "calibrate " ] || fail "executed: $(executed)"
up verify
scores --store alone --offline && [ -z "$(of_remote team asked)" ] || fail "--offline asks"

# ---- pull: by config, by run; what it says ----
refuse 2 'no remote to pull from' pull tiny.yaml calibrate --store pulled
cp .upnas/remotes pulled/
up pull tiny.yaml calibrate --set scores.limit=6 --set 'scores.proxies=[flops]' --store pulled
grep -q '^4 here, 0 to run$' out || fail "pull: $(cat out)"
rm -rf pulled/*.mdb
up pull --run "$run" --store pulled
grep -q "^run $run: 4 of 4 results here$" out || fail "pull --run: $(cat out)"
up show "$run" --store pulled
up diff "$run" "$run" --store pulled
refuse 1 'no remote has it' pull --run 20000101-000000.000-000000 --store pulled
refuse 2 'no remote nowhere' pull tiny.yaml --from nowhere --store pulled

# ---- bytes lost here come back, the record stays ----
"$python" - <<'P'
import re
b = bytearray(open("pulled/data.mdb", "rb").read())
for m in re.finditer(rb"\x93UPR\x01O", bytes(b)):
    b[m.start() + 120] ^= 0xff
open("pulled/data.mdb", "wb").write(b)
P
scores --store pulled || fail "after damage"
[ -z "$(executed)" ] || fail "what a remote has was computed again: $(executed)"
grep -q 'bytes were lost here; from remote team' out || fail "no word about where the bytes came from: $(cat out)"
digests pulled | cmp - "$work/want" || fail "other digests after damage"

# ---- verify: untrusted is 2, corrupt 1, both 3 ----
up key distrust alice-1
rc=0
"$upnas" verify >out 2>err || rc=$?
[ $rc = 2 ] && grep -q 'signed by alice-1, whose public key is not known here' err || { cat err; fail "verify: $rc"; }
cp -r .upnas hurt
"$python" - <<'P'
import re
b = bytearray(open("hurt/data.mdb", "rb").read())
m = list(re.finditer(rb"\x93UPR\x01O", bytes(b)))[0]
b[m.start() + 120] ^= 0xff
open("hurt/data.mdb", "wb").write(b)
P
rc=0
"$upnas" verify --store hurt >out 2>err || rc=$?
[ $rc = 3 ] || fail "corrupt and untrusted: $rc"
up key trust "$(public alice)"
up remote remove team # any key that is known will do then
up verify
up key distrust alice-1
rc=0
"$upnas" verify >out 2>err || rc=$?
[ $rc = 2 ] || fail "verify without the remote: $rc"
up key trust "$(public alice)"
up remote add team "$work/team" --rw --trust alice-1

# ---- what came from alice goes on with alice's signature, what is bob's with bob's ----
up key generate bob-1
up remote add other "$work/other" --rw
up push other
as carol
up remote add other "$work/other" --trust alice-1
up key trust "$(public alice)" "$(public bob)"
scores --set calibrate.method=minmax
[ "$(executed)" = "calibrate " ] && [ "$(of_remote other taken)" = 3 ] && [ "$(of_remote other refused)" = 1 ] ||
    fail "signatures are mixed up: $(cat out)"
up remote remove other
up remote add other "$work/other" --trust alice-1 --trust bob-1
rm .upnas/*.mdb
scores --set calibrate.method=minmax
[ -z "$(executed)" ] || fail "signed by two, and not taken: $(executed)"

# ---- a dangling entry is a miss, and the next push repairs it; --repair finds damage, too ----
umask 022
as alice
for f in "$work"/team/cas/*; do rm "$f" && break; done
for f in "$work"/team/cas/*; do :; done
printf x | dd of="$f" bs=1 seek=10 conv=notrunc 2>/dev/null
for f in "$work"/team/ac/*; do :; done
printf 'not an entry' >"$f"
as bob
rm .upnas/*.mdb
scores
[ -n "$(executed)" ] && [ "$(of_remote team refused)" -ge 2 ] || fail "a dangling entry is taken"
digests .upnas | cmp - "$work/want" || fail "other digests"
as alice
up push --json
[ "$(of_remote team artifacts)" = 1 ] || fail "the missing artifact is not repaired: $(cat out)"
up push --json --repair
[ "$(of_remote team artifacts)" = 1 ] || fail "the damaged artifact is not repaired: $(cat out)"
as bob
rm .upnas/*.mdb
scores
[ -z "$(executed)" ] || fail "not repaired: $(executed)"

# ---- a remote that cannot be read: local, with one warning ----
rm .upnas/*.mdb
mv "$work/team" "$work/away"
scores || fail "without its remote"
[ "$(grep -c 'going on without this remote' err)" = 1 ] || fail "not one warning: $(cat err)"
refuse 1 'there is no folder' pull tiny.yaml
mv "$work/away" "$work/team"
rm .upnas/*.mdb
mkfifo "$work/pipe"
for f in "$work"/team/ac/*; do rm "$f" && ln -s "$work/pipe" "$f"; done
scores || fail "a remote of pipes"
digests .upnas | cmp - "$work/want" || fail "pipes change a result"

# ---- keys ----
as dave
refuse 2 'name has 1 to 64' key generate 'a b'
up key generate dave-1
[ "$(stat -c %a .config/upnas/keys/dave-1.secret)" = 600 ] || fail "a secret key that others can read"
refuse 2 'there is a key dave-1 already' key generate dave-1
refuse 2 'no public key' key trust alice-1:AAAA
refuse 2 'another key named dave-1' key trust "dave-1:$(public alice | cut -d: -f2)"
up key list
[ "$(wc -l <out)" = 1 ] && grep -q '^own     dave-1:' out || fail "key list: $(cat out)"
scores
up remote add team "$work/daves" --rw
chmod 644 .config/upnas/keys/dave-1.secret
refuse 1 'others could have read .*dave-1.secret' push
chmod 600 .config/upnas/keys/dave-1.secret
up key generate dave-2
refuse 2 'several keys' push
up push --key dave-2

# ---- the list of remotes ----
refuse 2 'may not hold a user or password' remote add x https://me:secret@host/
! grep -rq secret .upnas || fail "a password is kept"
refuse 2 'must be a folder, file:///' remote add x ftp://host/
refuse 2 'there is a remote team already' remote add team "$work/team"
refuse 2 'up to 32 of a-z' remote add Team "$work/team"
refuse 1 'cannot find the folder' remote add x "$work/nowhere"
printf '[team]\nurl = http://h/\ncolour = red\n' >.upnas/remotes
refuse 1 'remotes:3: a remote has no such setting' run tiny.yaml
