#!/usr/bin/env bash
# An epoch of the autoencoder and of the estimator, in both spaces' sizes: upnas on one and on two threads, and the
# same networks in PyTorch on two, by turns in one go. Medians; `ratio` is PyTorch's over ours on two threads.
#   tests/bench/train_peer.sh [UPNAS] [ROUNDS=5] [ROUNDS OF PYTORCH=3]
. "$(dirname "$0")/lib.sh"
rounds=${2:-5} peer_rounds=${3:-3}
peer=$shared/bench/peer_torch.py
[ -f "$peer" ] || skip "$peer is not here"
must_import torch numpy
environment train_peer torch="$("$python" -c 'import torch; print(torch.__version__)')"

train=$(program train)
seconds() { "$python" -c 'import json, sys; print(json.loads(sys.stdin.readlines()[-1])["seconds_per_epoch"])'; }
for ((r = 1; r <= rounds; ++r)); do
    for space in nb201 darts; do
        for model in vgae mpe; do
            for threads in 1 2; do
                "$train" "$model" "$space" "$threads" 2 | seconds >>"ours.$space.$model.$threads"
            done
            [ "$r" -gt "$peer_rounds" ] ||
                "$python" "$root/tests/bench/train_peer.py" "$peer" "$model" "$space" 2 | seconds >>"peer.$space.$model"
        done
    done
done
"$python" - <<'P'
import json, statistics
def read(name):
    v = [float(line) for line in open(name)]
    return round(statistics.median(v), 4), [min(v), max(v)]
for space in ("nb201", "darts"):
    for model in ("vgae", "mpe"):
        one, one_spread = read(f"ours.{space}.{model}.1")
        two, two_spread = read(f"ours.{space}.{model}.2")
        peer, peer_spread = read(f"peer.{space}.{model}")
        print(json.dumps({"space": space, "model": model, "unit": "seconds an epoch", "threads_1": one,
                          "threads_2": two, "torch_threads_2": peer, "ratio": round(peer / two, 2),
                          "ratio_of_best": round(peer_spread[0] / two_spread[0], 2),
                          "spread": {"threads_1": one_spread, "threads_2": two_spread, "torch_threads_2": peer_spread}}))
P
