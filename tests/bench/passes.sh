#!/usr/bin/env bash
# Where the time goes: seconds, FLOP and bytes of every pass of scoring one network, on one thread and on each
# instruction set, beside OpenBLAS's sgemm.
#   tests/bench/passes.sh [UPNAS] [ROUNDS=5] [BATCH=64]
. "$(dirname "$0")/lib.sh"
rounds=${2:-5} batch=${3:-64}
environment passes batch="$batch" threads=1
passes=$(program passes)
export OPENBLAS_NUM_THREADS=1
best='|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|'
light='|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|avg_pool_3x3~1|nor_conv_1x1~2|'
v2='[[(0, 3), (1, 3), (0, 3), (1, 3), (1, 3), (0, 2), (0, 2), (2, 5)], [(0, 0), (1, 0), (2, 2), (1, 0), (0, 0), (2, 2), (2, 2), (1, 0)]]'
for isa in avx512 avx2; do
    grep -q "^flags.*\b${isa/512/512f}\b" /proc/cpuinfo || continue
    for arch in "nb201 $best" "nb201 $light" "darts $v2"; do
        echo "{\"architecture\": \"${arch#* }\", \"isa\": \"$isa\"}"
        "$passes" "${arch%% *}" "${arch#* }" "$batch" "$rounds" "$isa"
    done
done
