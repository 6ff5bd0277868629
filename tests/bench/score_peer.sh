#!/usr/bin/env bash
# One architecture, all proxies, N=64, one thread, each after a warm-up: upnas and the same proxies one after the
# other in PyTorch, as NASLib evaluates them (eleven: two are counting), by turns in one go.
#   tests/bench/score_peer.sh [UPNAS] [ROUNDS=5] [ROUNDS OF PYTORCH=3] [BATCH=64]
. "$(dirname "$0")/lib.sh"
rounds=${2:-5} peer_rounds=${3:-3} batch=${4:-64}
peer=$shared/bench/peer_torch.py
[ -f "$peer" ] || skip "$peer is not here"
must_import torch numpy
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 # NumPy's part of the peer; upnas takes --threads

# NAME SPACE ARCH, separated by tabs
cases=(
    $'nb201 best\tnb201\t|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|'
    $'nb201 light\tnb201\t|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|avg_pool_3x3~1|nor_conv_1x1~2|'
    $'darts v2\tdarts\t[[(0, 3), (1, 3), (0, 3), (1, 3), (1, 3), (0, 2), (0, 2), (2, 5)], [(0, 0), (1, 0), (2, 2), (1, 0), (0, 0), (2, 2), (2, 2), (1, 0)]]'
)
environment score_peer batch="$batch" threads=1 torch="$("$python" -c 'import torch; print(torch.__version__)')"

passes=$(program passes)
seconds() { "$python" -c 'import json, sys; print(json.loads(sys.stdin.readlines()[-1])["seconds"])'; }
export OPENBLAS_NUM_THREADS=1
have=("${!cases[@]}")
for ((r = 1; r <= rounds; ++r)); do
    for i in "${have[@]}"; do
        IFS=$'\t' read -r _ space arch <<<"${cases[i]}"
        "$passes" "$space" "$arch" "$batch" 1 | "$python" -c \
            'import json, sys; print(json.loads(sys.stdin.readlines()[-1])["median_s"])' >>"ours.$i"
        [ "$r" -gt "$peer_rounds" ] ||
            "$python" "$peer" score "$arch" --batch "$batch" --threads 1 | seconds >>"peer.$i"
    done
done
for i in "${have[@]}"; do
    IFS=$'\t' read -r name _ <<<"${cases[i]}"
    measure spread architecture="$name" by=upnas unit=seconds <"ours.$i" | tee -a medians
    measure spread architecture="$name" by=torch unit=seconds <"peer.$i" | tee -a medians
done
"$python" - medians <<'P'
import json, sys
ours = {}
for line in open(sys.argv[1]):
    m = json.loads(line)
    if m["by"] == "upnas":
        ours[m["architecture"]] = m["median"]
    else:
        print(json.dumps({"architecture": m["architecture"],
                          "torch_over_upnas": round(m["median"] / ours[m["architecture"]], 3)}))
P
