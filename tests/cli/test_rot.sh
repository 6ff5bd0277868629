#!/usr/bin/env bash
# Pages that a disk has changed without changing the file's time: verify says so, follows none of
# them, and names the runs that lost something; the next run repairs the store.
. "$(dirname "$0")/lib.sh"

up run tiny.yaml --no-out
lost=$("$upnas" log --json | sed -n 's/.*"id": *"\([^"]*\)".*/\1/p' | head -n 1)
digests .upnas >want
"$python" - <<'P'
import os, struct
path = ".upnas/data.mdb"
data, st, leaf, rotten = open(path, "rb").read(), os.stat(path), 0, 0
with open(path, "r+b") as f:
    for page in range(2, len(data) // 4096):
        number, = struct.unpack_from("<Q", data, page * 4096)
        flags, = struct.unpack_from("<H", data, page * 4096 + 10)
        at = page * 4096
        if number == page and flags == 2:  # the place of a leaf's second node
            at, leaf = at + 18, leaf + 1
        elif number == page and flags == 4 and data[at + 16 + 5] == ord("O"):  # inside an artifact
            at, rotten = at + 2000, rotten + 1
        else:
            continue
        f.seek(at)
        f.write(bytes([data[at] ^ 1]))
os.utime(path, ns=(st.st_atime_ns, st.st_mtime_ns))
assert leaf and rotten
P
rc=0
timeout 30 "$upnas" verify >out 2>err || rc=$?
[ "$rc" = 1 ] || { cat out err >&2; fail "verify exited with $rc"; }
grep -q 'data.mdb is damaged' err || fail "verify did not say what is damaged"
grep -q "affected: run $lost" out || { cat out >&2; fail "verify did not name run $lost"; }
timeout 60 "$upnas" run tiny.yaml --no-out >out 2>err || { cat err >&2; fail "the run did not repair the store"; }
up verify
digests .upnas | diff - want || fail "other digests"
