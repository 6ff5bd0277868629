#!/usr/bin/env bash
# score against the reference implementation's values on fixed weights.
. "$(dirname "$0")/lib.sh"
[ -d "$shared/golden" ] || skip "no reference vectors at $shared/golden"

for case in "$shared"/golden/{nb201_*,darts_idx534}.json; do
    base=${case%.json} space=$(basename "$case") space=${space%%_*}
    arch=$("$python" -c 'import json,sys; print(json.load(open(sys.argv[1]))["arch"])' "$case")
    up score --space "$space" --arch "$arch" --weights "$base.weights.npz" --images "$base.images.npy" \
        --labels "$base.labels.npy" --dataset cifar10 --json
    "$python" - "$case" <<'P'
import json, re, sys
OPS = ["max_pool_3x3", "avg_pool_3x3", "skip_connect", "sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5"]
# A Genotype as NASLib's two lists of (source, operation).
def compact(genotype):
    pairs = [(int(source), OPS.index(op)) for op, source in re.findall(r"\('(\w+)', (\d)\)", genotype)]
    return str([pairs[:8], pairs[8:]])
want = json.load(open(sys.argv[1]))
got = json.load(open("out"))
if got["space"] == "darts":
    got["arch"] = compact(got["arch"])
assert got["arch"] == want["arch"] and got["space"] == want["space"] and got["batch"] == want["batch"], got
assert len(got["proxies"]) == 13 and got["seconds"] > 0
tolerance = {"grasp": 1e-3}
bad = []
for name, x in want["proxies"].items():
    y = got["proxies"][name]
    if x == -1e8:
        if y is not None: bad.append((name, x, y))
        continue
    if y is None:
        bad.append((name, x, y)); continue
    room = 1e-4 * abs(want["proxies"]["snip"]) if name == "plain" else tolerance.get(name, 1e-4) * abs(x) + 1e-12
    if abs(x - y) > room: bad.append((name, x, y, abs(x - y) / (abs(x) or 1)))
assert not bad, (sys.argv[1], bad)
print(sys.argv[1].split("/")[-1], "ok")
P
done
