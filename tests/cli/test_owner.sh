#!/usr/bin/env bash
# A store that several users share: gc's compaction and a repair keep the owner, group and mode of
# data.mdb, and what is made anew beside it has them too; who cannot keep them replaces nothing.
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip "needs root, to be other users"
command -v setpriv >/dev/null || skip "needs setpriv"
# shellcheck disable=SC2034 # used by name
alice=(setpriv --reuid 4001 --regid 4010 --clear-groups)
# shellcheck disable=SC2034
bob=(setpriv --reuid 4002 --regid 4002 --groups 4010)
chmod 755 "$work"
chmod 644 tiny.yaml
store=$work/shared/store
mkdir shared
chown 4001:4010 shared
chmod 2770 shared
cp "$upnas" program && chmod 755 program
of() { stat -c '%a %u:%g' "$store/$1"; }
as() { # WHO UMASK ARG...
    local -n who=$1
    local mask=$2
    shift 2
    (umask "$mask" && HOME=/nonexistent "${who[@]}" "$work/program" "$@" --store "$store" >out 2>err)
}

as alice 007 run "$work/tiny.yaml" --no-out || { cat err >&2; fail "alice's run"; }
[ "$(of data.mdb)" = "660 4001:4010" ] || fail "data.mdb is $(of data.mdb)"

# root: a compaction and a repair hand nothing to root
upnas_gc() { (umask 077 && "$upnas" gc --grace 0 --store "$store" >out 2>err); }
"$upnas" run tiny.yaml --no-out --store "$store" --set search.seed=9 --json >out 2>err || fail "root's run"
"$upnas" gc --keep 1 --grace 0 --store "$store" >out 2>err || { cat err >&2; fail "root's gc"; }
upnas_gc || { cat err >&2; fail "root's gc"; }
[ "$(of data.mdb)" = "660 4001:4010" ] || fail "after root's gc data.mdb is $(of data.mdb)"
rm -f "$store/lock.mdb" "$store/open.lock" "$store/seal"
dd if=/dev/zero of="$store/data.mdb" bs=1 seek=$((2 * 4096 + 8)) count=8 conv=notrunc status=none
dd if=/dev/zero of="$store/data.mdb" bs=4096 seek=3 count=4 conv=notrunc status=none
(umask 077 && "$upnas" run "$work/tiny.yaml" --no-out --store "$store" >out 2>err) || { cat err >&2; fail "root's repair"; }
[ -e "$store/damaged-1.mdb" ] || fail "nothing was repaired"
for f in data.mdb lock.mdb open.lock seal; do
    [ "$(of $f)" = "660 4001:4010" ] || fail "after root's repair $f is $(of $f)"
done
as alice 007 run "$work/tiny.yaml" --no-out || { cat err >&2; fail "alice is locked out"; }
as alice 007 verify || { cat err >&2; fail "verify for alice"; }

# bob may write, but cannot make a file alice's: he replaces nothing, and says so
as bob 077 run "$work/tiny.yaml" --no-out --set search.seed=5 || { cat err >&2; fail "bob's run"; }
inode=$(stat -c %i "$store/data.mdb")
rm -f "$store/seal"
dd if=/dev/zero of="$store/data.mdb" bs=4096 seek=3 count=4 conv=notrunc status=none
rc=0
as bob 077 run "$work/tiny.yaml" --no-out || rc=$?
if [ "$(stat -c %i "$store/data.mdb")" != "$inode" ]; then fail "bob replaced alice's file: $(of data.mdb)"; fi
[ "$rc" != 0 ] || fail "bob's repair said nothing"
grep -q 'owner, group and mode' err || { cat err >&2; fail "no sentence for bob"; }
as alice 007 run "$work/tiny.yaml" --no-out || { cat err >&2; fail "alice's repair"; }
[ "$(of data.mdb)" = "660 4001:4010" ] || fail "after alice's repair data.mdb is $(of data.mdb)"
as bob 077 verify || { cat err >&2; fail "bob is locked out"; }
