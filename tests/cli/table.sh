#!/usr/bin/env bash
# table.sh: writes scores.csv and accuracy.csv, a made-up benchmark of 400 architectures, into the
# working folder. The numbers mean nothing; they are the same everywhere.
set -euo pipefail
awk 'BEGIN {
    srand(11)
    split("none skip_connect nor_conv_1x1 nor_conv_3x3 avg_pool_3x3", op, " ")
    n = split("snip flops params l2_norm grasp grad_norm synflow jacov epe_nas zen fisher plain nwot", proxy, " ")
    printf "net_str" > "scores.csv"
    for (i = 1; i <= n; ++i) printf ",%s", proxy[i] > "scores.csv"
    printf "\n" > "scores.csv"
    print "arch,cifar10_val,cifar10_test" > "accuracy.csv"
    for (row = 0; row < 400; ++row) {
        code = (row * 7919 + 5) % 15625
        for (e = 1; e <= 6; ++e) { g[e] = op[code % 5 + 1]; code = int(code / 5) }
        if (g[4] == "none") g[4] = "nor_conv_3x3"
        arch = sprintf("|%s~0|+|%s~0|%s~1|+|%s~0|%s~1|%s~2|", g[1], g[2], g[3], g[4], g[5], g[6])
        conv = 0
        for (e = 1; e <= 6; ++e) conv += (g[e] ~ /conv/) * e
        printf "%s", arch > "scores.csv"
        for (i = 1; i <= n; ++i) printf ",%.6f", (i % 4 ? conv : -conv) + rand() * 8 > "scores.csv"
        printf "\n" > "scores.csv"
        printf "%s,%.4f,%.4f\n", arch, 60 + conv + rand() * 6, 60 + conv + rand() * 6 > "accuracy.csv"
    }
}'
