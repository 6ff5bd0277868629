#!/usr/bin/env bash
# Architectures scored a second by `upnas run CONFIG scores`, all proxies, on one thread and on two, by turns,
# each time from an empty store. CIFAR-10 images where they are, else synthetic ones. cores_used far below
# the number of threads tells that others had the cores, and that the rates mean little.
#   tests/bench/throughput.sh [UPNAS] [COUNT=48] [BATCH=64] [ROUNDS=3]
. "$(dirname "$0")/lib.sh"
count=${2:-48} batch=${3:-64} rounds=${4:-3}
images=(--set data.source=synthetic) source=synthetic
if [ -d "$data/cifar-10-batches-bin" ]; then
    images=(--set data.source=cifar10 --set data.folder="$data/cifar-10-batches-bin") source=cifar10
fi
TIMEFORMAT='%R %U %S'
environment throughput threads="1 and 2" architectures="$count" batch="$batch" images="$source"
for ((r = 1; r <= rounds; ++r)); do
    for threads in 1 2; do
        rm -rf empty
        { time up run "$root/configs/quick.yaml" scores --store empty --json --threads "$threads" "${images[@]}" \
            --set data.batch="$batch" --set scores.limit="$count"; } 2>>"took.$threads"
        "$python" - "$count" out >>"rate.$threads" <<'P'
import json, sys
took = [e for e in map(json.loads, open(sys.argv[2])) if e.get("event") == "finish" and e["node"] == "scores"]
print(int(sys.argv[1]) / took[0]["seconds"])
P
    done
done
for threads in 1 2; do
    used=$(awk '{ wall += $1; busy += $2 + $3 } END { printf "%.2f", busy / wall }' "took.$threads")
    measure spread threads="$threads" unit="architectures a second" cores_used="$used" <"rate.$threads" |
        tee -a medians
done
"$python" - medians <<'P'
import json, sys
one, two = (json.loads(line)["median"] for line in open(sys.argv[1]))
print(json.dumps({"two_threads_over_one": round(two / one, 3)}))
P
