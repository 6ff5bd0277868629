#!/usr/bin/env bash
# score on the synthetic batch: seeded, independent of threads and spelling of the architecture.
. "$(dirname "$0")/lib.sh"

arch='|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_1x1~1|+|skip_connect~0|nor_conv_3x3~1|avg_pool_3x3~2|'
scores() { result_from proxies; }
up score --space nb201 --arch "$arch" --batch 8 --seed 3 --threads 1 --json
scores >first
grep -q '"snip": [0-9]' first && grep -q '"zen": ' first || fail "no scores: $(cat first)"
[ "$(number batch)" = 8 ] || fail "batch"
up score --space nb201 --arch "$arch" --batch 8 --seed 3 --threads 2 --json
scores | cmp - first || fail "threads change scores"
OPENBLAS_CORETYPE=Prescott up score --space nb201 --arch "$arch" --batch 8 --seed 3 --json
scores | cmp - first || fail "the environment changes scores"
up score --space nb201 --arch "$arch" --batch 8 --seed 4 --json
! scores | cmp -s - first || fail "the seed changes nothing"
up score --space nb201 --arch '|none~0|+|none~0|none~1|+|none~0|none~1|none~2|' --batch 8 --json
grep -q '"zen": null' out && grep -q '"failed": {.*"zen": "' out || fail "a failed proxy is not null with a reason"
up score --space nb201 --arch "$arch" --batch 8
grep -q '^snip ' out || fail "no table"
refuse 2 'did you mean|nb201' score --space nb20 --arch 1
refuse 2 '--images.*--labels|--labels' score --space nb201 --arch 1 --images x.npy
refuse 2 '--arch' score --space nb201
