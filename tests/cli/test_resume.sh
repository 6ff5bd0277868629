#!/usr/bin/env bash
# kill -9 and Ctrl-C in the middle: the next run continues and ends with the same bytes.
. "$(dirname "$0")/lib.sh"

up run tiny.yaml --json --store whole
digests whole >want

# Kill at several moments spread over what a whole run takes.
ms=$(sed -n 's/.*"seconds": \([0-9.]*\).*/\1/p' out | awk '{ s += $1 } END { printf "%d", s * 1000 }')
for part in 1 3 5 7 9; do
    "$upnas" run tiny.yaml --json --store killed >out 2>err &
    pid=$!
    sleep "$(awk -v ms="$ms" -v p="$part" 'BEGIN { printf "%.3f", ms * p / 10000 }')"
    kill -9 "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
done
up run tiny.yaml --json --store killed
digests killed | cmp - want || fail "after kill -9: other digests"
up verify --store killed

# Ctrl-C: asks to stop, says how to continue, exits with 1, keeps what is finished. (A background
# job of a script ignores SIGINT; setsid through env resets it.)
"$python" - "$upnas" <<'P'
import signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.SIG_DFL)
p = subprocess.Popen([sys.argv[1], "run", "tiny.yaml", "--json", "--store", "stopped", "--set", "scores.limit=4000"],
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
for line in p.stdout:
    if '"event": "start"' in line and '"node": "scores"' in line:
        break
time.sleep(1.0)
p.send_signal(signal.SIGINT)
t = time.time()
p.stdout.read()
said = p.stderr.read()
rc = p.wait()
assert rc == 1, (rc, said)
assert "continues" in said, said
assert time.time() - t < 20, "stopping took %.1f s" % (time.time() - t)
P
up log --store stopped
grep -q interrupted out || { cat out >&2; fail "log does not know the interrupted run"; }
up status --store stopped
grep -qv ' 0 parts kept' out || fail "no finished part of scores was kept"
