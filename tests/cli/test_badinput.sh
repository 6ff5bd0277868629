#!/usr/bin/env bash
# Bad input: one sentence that says where and what to do, exit status 2 for usage and 1 for the
# rest, nothing half-written.
. "$(dirname "$0")/lib.sh"
mounts=()
cleanup() { for m in "${mounts[@]}"; do umount "$m"; done; }
bash "$source_dir/tests/cli/table.sh"
nb201=$source_dir/configs/nb201.yaml
table=(--set benchmark.scores=scores.csv --set benchmark.accuracy=accuracy.csv)

# usage
refuse 2 "there is no command 'rnu'.*run" rnu
refuse 2 "has no option '--jsno'.*--json" run tiny.yaml --jsno
refuse 2 'needs a config' run
refuse 2 '--threads takes a whole number' run tiny.yaml --threads many
refuse 2 '--set' run tiny.yaml --set lambda.preset
refuse 2 'lambda.prest.*lambda.preset' run tiny.yaml --set lambda.prest=sum
refuse 1 'absent.yaml' run absent.yaml

# a config with an unknown key, a wrong type, a wrong choice, broken YAML
printf 'seed: 0\nlambda:\n  prest: sum\n' >bad.yaml
refuse 2 'bad.yaml:3:[0-9]+.*prest.*preset' run bad.yaml
printf 'seed: zero\n' >bad.yaml
refuse 2 'bad.yaml:1:[0-9]+.*seed' run bad.yaml
printf 'lambda: {preset: summ}\n' >bad.yaml
refuse 2 'bad.yaml:1:.*summ.*sum' run bad.yaml
printf 'lambda: {preset: [\n' >bad.yaml
refuse 2 'bad.yaml:' run bad.yaml
[ ! -e .upnas ] || fail "a refused config left a store behind"

# the benchmark pipeline without its files
refuse 2 'benchmark' run "$nb201"
refuse 1 'none.csv' run "$nb201" --set benchmark.scores=none.csv --set benchmark.accuracy=accuracy.csv

# a benchmark with a missing column
sed 's/net_str/something/' scores.csv >bad.csv
refuse 1 'bad.csv.*column' run "$nb201" "${table[@]}" --set benchmark.scores=bad.csv
sed 's/cifar10_val/other_val/' accuracy.csv >bad.csv
refuse '[12]' 'cifar10_val' run "$nb201" "${table[@]}" --set benchmark.accuracy=bad.csv
# a score that is no number
sed '7s/,[0-9.]*,/,many,/' scores.csv >bad.csv
refuse 1 'bad.csv:7.*many' run "$nb201" "${table[@]}" --set benchmark.scores=bad.csv
# all of a proxy's column is text; of another column it is left out, unless it is wanted
awk -F, -v OFS=, 'NR > 1 { $2 = "many" } 1' scores.csv >bad.csv
refuse 1 'bad.csv:2:[0-9]+.*many.*snip.*benchmark.ignore' run "$nb201" "${table[@]}" --set benchmark.scores=bad.csv
sed 's/snip/mine/' bad.csv >worse.csv
refuse 1 'mine.*holds no number: 2:.*many' run "$nb201" "${table[@]}" --set benchmark.scores=worse.csv --set 'scores.proxies=[mine, zen]'
refuse 1 'no column "mine"' run "$nb201" "${table[@]}" --set 'scores.proxies=[mine, zen]'
# what settings alone tell is said before anything runs
refuse 2 'scores.proxies.*"snap".*snip' run tiny.yaml --set 'scores.proxies=[snap]' --store early
for share in 0/3 4/3 x; do
    printf 'scores:\n  shard: %s\n' "$share" >bad.yaml
    refuse 2 "bad.yaml:2:3: scores.shard is \"$share\"; write i/n.*1/3" run bad.yaml --store early
done
refuse 2 'shard=2/1: scores.shard' plan tiny.yaml --set scores.shard=2/1 --store early
refuse 2 'data.draws' plan tiny.yaml --set scores.repeats=2 --store early
refuse 2 'data.images and data.labels' run tiny.yaml --set data.source=npy --store early
refuse 2 'data.folder' run tiny.yaml --set data.source=cifar10 --store early
refuse 2 'data.size.*32' run tiny.yaml --set data.size=30 --store early
refuse 2 'data.batch or data.draws' run tiny.yaml --set data.batch=65536 --set data.size=256 --store early
refuse 2 'benchmark.scores is not set' run tiny.yaml --set scores.source=import --set benchmark.accuracy=accuracy.csv
[ -z "${UPNAS_SLOW-}" ] && (
    ulimit -v 2500000
    refuse 1 'no memory.*data.batch' run tiny.yaml --set data.batch=65536 --set data.size=128 --store early
)
refuse 2 'lacks a space.*snip: 1' run tiny.yaml --set 'lambda.weights={snip:1}'
up plan tiny.yaml --set lambda.weights.snip=1
grep -q 'warning: --set lambda.weights.snip=1: lambda.weights has no effect; it needs lambda.preset=fixed' err ||
    { cat err >&2; fail "no warning of a setting without effect"; }
# with --json the last event says that there is no result
rc=0 && "$upnas" run tiny.yaml --json --set data.size=30 >out 2>err || rc=$?
[ "$rc" = 2 ] && tail -n 1 out | grep -q '"event": "error", "message": "data.size.*"status": "failed"' || fail "no error event"
# weights of another shape
"$python" - <<'P' || true
import numpy
numpy.savez("stem.npz", **{"stem.conv.weight": numpy.zeros((3, 16, 3, 3), "float32")})
P
[ ! -e stem.npz ] || refuse 1 "'stem.conv.weight' is \[3, 16, 3, 3\].*\[16, 3, 3, 3\]" score --space nb201 --arch 5 --weights stem.npz
# a wrong operation in an arch string
sed '9s/nor_conv_3x3/nor_conv_5x5/' scores.csv | sed '9s/skip_connect/nor_conv_5x5/' >bad.csv
refuse 1 'bad.csv:9.*nor_conv_5x5' run "$nb201" "${table[@]}" --set benchmark.scores=bad.csv
refuse 2 'nor_conv_5x5' score --space nb201 --arch '|nor_conv_5x5~0|+|none~0|none~1|+|none~0|none~1|none~2|'
# broken JSON, a truncated NPZ
printf '{"cifar10": {"(0, 2, 3, 2, 3, 1)": {"flops": {"score": ' >bad.json
refuse 1 'bad.json:1:' run "$nb201" "${table[@]}" --set benchmark.scores=bad.json
printf 'PK\003\004truncated' >bad.npz
refuse 1 'bad.npz' run "$nb201" "${table[@]}" --set benchmark.scores=bad.npz
refuse 1 'bad.npz' score --space nb201 --arch 5 --weights bad.npz
printf 'no numpy' >bad.npy
refuse 1 'bad.npy' score --space nb201 --arch 5 --images bad.npy --labels bad.npy
# a CIFAR folder without files
mkdir empty
refuse '[12]' 'empty.*(data_batch|\.bin)' run tiny.yaml --set data.source=cifar10 --set data.folder=empty
refuse '[12]' 'absent' run tiny.yaml --set data.source=cifar10 --set data.folder=absent

# stores: none, no store at all, read-only, full disk (a newer format: tests/unit)
refuse 1 'no store in nowhere' log --store nowhere
printf 'a file' >file
refuse 1 'file' run tiny.yaml --store file
up run tiny.yaml --json --store good
refuse 2 nosuchrun show nosuchrun --store good
refuse 2 'only 1 runs' show last~99 --store good
up log --store good --allow-network-store
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    mkdir locked && chmod 755 locked "$work" && chmod -R a+rX good
    plain=(setpriv --reuid 65534 --regid 65534 --clear-groups)
    rc=0
    "${plain[@]}" "$upnas" run tiny.yaml --store locked/store >out 2>err || rc=$?
    [ "$rc" = 1 ] && grep -q '^upnas: .*locked' err || { cat err >&2; fail "a read-only folder: exit $rc"; }
    rc=0
    "${plain[@]}" "$upnas" run tiny.yaml --store good >out 2>err || rc=$?
    [ "$rc" = 1 ] && grep -q '^upnas: .*good' err || { cat err >&2; fail "a read-only store: exit $rc"; }
    mkdir small
    if mount -t tmpfs -o size=1m none small 2>/dev/null; then
        mounts+=("$PWD/small")
        rc=0
        "$upnas" run tiny.yaml --json --store small/store >out 2>err || rc=$?
        [ "$rc" = 1 ] && [ "$(grep -vc warning err)" = 1 ] && grep -qE '^upnas: .*(full|space)' err ||
            { cat err >&2; fail "a full disk: exit $rc"; }
        mount -o remount,size=200m small
        up run tiny.yaml --json --store small/store
        up verify --store small/store
        mkdir tight && mount -t tmpfs -o size=64k none tight && mounts+=("$PWD/tight")
        refuse 1 'no space.*--out' run tiny.yaml --store good --out tight
        [ -z "$(ls -A tight)" ] || fail "a full disk left files: $(ls -A tight)"
    else
        echo "full disk: not tested, no tmpfs may be mounted here"
    fi
else
    echo "read-only folder and full disk: not tested without root and setpriv"
fi
mkdir taken && : >taken/out
refuse 1 'taken/out' run tiny.yaml --store good --out taken/out
if [ -e /dev/full ]; then
    rc=0
    "$upnas" log --store good >/dev/full 2>err || rc=$?
    [ "$rc" = 1 ] && grep -q 'standard output' err || fail "writing to a full device: exit $rc"
fi
