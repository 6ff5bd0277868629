#!/usr/bin/env bash
# How much of DARTS' cells the embedding brings back: trained on nine of ten of COUNT sampled cells, measured on the
# tenth, and on draws of the prior as arch2vec defines them. First the default, then `arch2vec: exact`.
#   acc_ops nodes, acc_graphs cells whose operations all come back, acc_exact cells that come back, acc_adj entries
#   of the adjacency; validity and uniqueness as arch2vec counts them, *_strict: what decodes to exactly a cell
#   tests/bench/darts_vgae.sh [UPNAS] [COUNT=600000] [EPOCHS_OF_ARCH2VEC=10]
. "$(dirname "$0")/lib.sh"
count=${2:-600000} epochs=${3:-10}
environment darts_vgae cells="$count" held_out=$((count / 10))
printf 'space: {name: darts, pool: 1}\n' >vgae.yaml

for preset in default arch2vec; do
    more=()
    [ "$preset" = default ] || more=(--set vgae.epochs="$epochs")
    start=$(date +%s.%N)
    up run vgae.yaml vgae --store "$store" --json --no-out --set vgae.samples="$count" \
        --set vgae.preset="$preset" "${more[@]}"
    seconds=$(echo "$start $(date +%s.%N)" | awk '{ printf "%.1f", $2 - $1 }')
    up show vgae quality --json --store "$store"
    "$python" - "$preset" "$seconds" out <<'P'
import json, sys
line = json.loads(open(sys.argv[3]).read().splitlines()[-1])
print(json.dumps({"preset": sys.argv[1], "seconds": float(sys.argv[2]), **line["value"]}))
P
done
