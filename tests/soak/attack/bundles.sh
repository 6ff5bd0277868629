#!/usr/bin/env bash
# bundles.sh UPNAS TESTS [COUNT]: bundles that lie, with digests that fit and without, and folders that do. What
# nobody trusted has signed is never believed: verify says so, push signs nothing of it, import --trust takes
# nothing; nothing crashes or hangs; and an artifact that its reader cannot read is computed again.
# suite: 9
. "$(dirname "$0")/../../cli/lib.sh"
. "$source_dir/tests/cli/remote.sh"
count=${3:-200}
hostile=$source_dir/tests/soak/attack/hostile.py
"$python" -c 'import msgpack, zstandard' 2>/dev/null || skip "python3-msgpack and python3-zstandard are needed"
kinds=(forge claim signed swap break record flip cut)
folders=(swap break forge)
few=(--set scores.limit=6 --set 'scores.proxies=[flops,params]' --set lambda.preset=sum --set lambda.absent=ignore --no-out)

# try WHAT COMMAND...: ends within a minute, by itself; rc is how
try() {
    rc=0
    timeout -s KILL 60 "${@:2}" >"$work/out" 2>"$work/err" || rc=$?
    [ $rc -lt 126 ] || { cat "$work/out" "$work/err" >&2; fail "$1: ${*:2} exited with $rc"; }
}

as alice
up run tiny.yaml scores "${few[@]}"
up export last "$work/honest.bundle"
up key generate alice-1
up key sign
grep -q '^signed as alice-1: 3 results, 1 runs' out || fail "key sign: $(cat out)"
up export last "$work/signed.bundle"
up run tiny.yaml "${few[@]}"
digests .upnas >"$work/want"
up remote add open "$work/open" --rw
up push open --unsigned
as victim
up key generate victim-1
up key trust "$(public alice)"

fresh() { rm -rf .upnas push && "$upnas" remote add push "$work/victim/push" --rw >/dev/null; }

# a signed one verifies for who names the signer, and goes on with that signature and no other
fresh
up import "$work/signed.bundle" --trust alice-1
up verify
up push
[ "$("$python" "$hostile" signers push)" = alice-1 ] || fail "pushed with the signatures of $("$python" "$hostile" signers push)"

one_bundle() { # KIND SEED SOURCE
    local what="$1 $2"
    "$python" "$hostile" bundle "$1" "$2" "$3" "$work/hostile.bundle" || fail "$what: it cannot be made"
    cmp -s "$3" "$work/hostile.bundle" && return 0
    fresh
    try "$what" "$upnas" import "$work/hostile.bundle" --trust alice-1
    [ $rc = 1 ] || fail "$what: import --trust took it"
    try "$what" "$upnas" status --json
    grep -q '"results": 0' "$work/out" || fail "$what: import --trust left something: $(cat "$work/out")"
    try "$what" "$upnas" import "$work/hostile.bundle"
    [ $rc = 0 ] || { refused=$((refused + 1)); return 0; }
    taken=$((taken + 1))
    try "$what" "$upnas" verify
    [ $rc = 2 ] || { cat "$work/err" >&2; fail "$what: verify exits with $rc"; }
    try "$what" "$upnas" run tiny.yaml calibrate "${few[@]}"
    try "$what" "$upnas" show calibrate --why
    [ $rc != 0 ] || grep -q 'unproven ' "$work/out" || fail "$what: show --why has no doubt: $(cat "$work/out")"
    try "$what" "$upnas" push
    [ $rc = 1 ] || fail "$what: push left nothing out"
    "$python" - "$hostile" push <<'P' || fail "$what: push signed what it did not compute"
import importlib.util, sys, os
spec = importlib.util.spec_from_file_location('hostile', sys.argv[1])
h = importlib.util.module_from_spec(spec); spec.loader.exec_module(h)
ac = sys.argv[2] + '/ac'
for p in os.listdir(ac) if os.path.isdir(ac) else []:
    v = h.voucher(f'{ac}/{p}')
    stage = h.unpack(v['value']).get('stage')
    if 'victim-1' in v['signatures'] and stage in ('scores', 'calibrate', None):
        sys.exit(f'{stage} is signed')
P
}

# a folder whose source is believed, and is wrong: the run ends, and what cannot be read is made again
one_folder() { # KIND SEED
    local what="folder $1 $2"
    rm -rf .upnas bad && cp -r "$work/open" bad
    "$python" "$hostile" folder "$1" "$2" bad || fail "$what: it cannot be made"
    "$upnas" remote add bad "$work/victim/bad" --trust any >/dev/null
    try "$what" "$upnas" run tiny.yaml "${few[@]}"
    if [ "$1" = swap ]; then
        [ $rc = 0 ] || { cat "$work/err" >&2; fail "$what: the run exits with $rc"; }
        digests .upnas | cmp - "$work/want" || fail "$what: other results"
    fi
    [ $rc = 0 ] || { cat "$work/err"; failed=$((failed + 1)); }
    try "$what" "$upnas" verify
    [ $rc = 0 ] || { cat "$work/err" >&2; fail "$what: verify exits with $rc"; }
    rm -rf .upnas
    "$upnas" remote add bad "$work/victim/bad" --trust alice-1 >/dev/null # and who trusts nobody there is not touched
    try "$what" "$upnas" run tiny.yaml calibrate "${few[@]}"
    [ $rc = 0 ] || fail "$what: the run exits with $rc"
    ! digests .upnas | grep -vxF -f "$work/want" || fail "$what: other results without trust"
}

taken=0 refused=0 failed=0 asked=0
for ((i = 0; i < count; ++i)); do
    source=$work/honest.bundle
    ((i % 2)) || source=$work/signed.bundle
    one_bundle "${kinds[i % ${#kinds[@]}]}" $i "$source"
    ((i % 4)) || { one_folder "${folders[i / 4 % ${#folders[@]}]}" $i; asked=$((asked + 1)); }
done
echo "$count hostile bundles: $refused refused, $taken taken and not believed; $asked hostile folders: $failed runs refused with a sentence"
