#!/usr/bin/env bash
# What was once taken in silence, or answered with the wrong reason: each is a sentence that names it now.
. "$(dirname "$0")/lib.sh"

# ---- a table of failures has no order ----
printf 'arch,nwot,flops\n5,nan,nan\n7,nan,nan\n' >nan.csv
refuse 1 'none of the 2 architectures has a number' rank --space nb201 --lambda weighted --scores nan.csv
printf 'arch,nwot,snip\n5,nan,1\n7,nan,2\n' >half.csv
printf '{"nwot": 1}\n' >nwot.json
refuse 1 'has a number in a column that is weighed' rank --space nb201 --lambda nwot.json --scores half.csv
printf 'arch,nwot,snip\n5,3,1\n7,nan,2\n' >one.csv
up rank --space nb201 --lambda nwot.json --scores one.csv
[ "$(wc -l <out)" = 3 ] || fail "not ranked: $(cat out)"

# ---- weights that are no numbers ----
weights() { # FILE VALUE: a tensor of 2 x 3 whose last but one value is VALUE
    "$python" - "$@" <<'P'
import io, struct, sys, zipfile
values = [0.5, 1, 2, 3, float(sys.argv[2]), 4]
head = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
head += b" " * (-(len(head) + 11) % 64) + b"\n"
with zipfile.ZipFile(sys.argv[1], "w") as z:
    z.writestr("stem.0.weight.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + struct.pack("<6f", *values))
P
}
score=(score --space nb201 --arch 5 --batch 2 --weights w.npz)
weights w.npz nan
refuse 1 'w.npz: tensor stem.0.weight\[1, 1\] is not a number; weights must be finite' "${score[@]}"
weights w.npz -inf
refuse 1 'w.npz: tensor stem.0.weight\[1, 1\] is infinite' "${score[@]}"
weights w.npz 7
refuse 1 'the weights have no tensor' "${score[@]}"
printf 'proxy,weight\nnwot,1\nsnip,nan\n' >w.csv
refuse 1 'w.csv:3:6: the weight of snip is no finite number' rank --space nb201 --lambda w.csv --scores one.csv

# ---- a store that is not there: commands that read say who makes one, and that one does ----
for command in log status verify "show last" "diff last last"; do
    # shellcheck disable=SC2086 # words
    refuse '[14]' "no store in new/dir; 'upnas run CONFIG' makes one" $command --store new/dir
    [ ! -e new ] || fail "$command made a folder"
done
up run tiny.yaml space --no-out --store new/dir
up log --store new/dir
up init --store newer/a/b
touch file
refuse 1 'file.*--store DIR' init --store file/a/b
rm -rf new newer

# ---- seeds: every bit of those that are taken ----
refuse 2 '--set seed=9007199254740993: seed must be between 0 and 9007199254740992, not 9007199254740993' \
    run tiny.yaml space --set seed=9007199254740993
{ grep -v '^seed' tiny.yaml && echo 'seed: 9007199254740993'; } >big.yaml
refuse 2 'big.yaml:[0-9]+:7: seed must be' run big.yaml space
up run tiny.yaml space --no-out --set seed=9007199254740992
up show last --json
grep -q '"name": "seed", "value": "9007199254740992"' out || fail "the seed is another"
for seed in 9223372036854775807 9007199254740993; do # a stage's own seed has 63 bits, and keeps them
    up run tiny.yaml space --no-out --set space.seed=$seed
    up show last
    grep -q "space.seed  *$seed " out || fail "space.seed $seed: $(grep space.seed out)"
    up show space --json
    grep -q "\"space.seed\": \"$seed\"" out || fail "space.seed $seed in JSON"
    key=$("$upnas" show last --json | sed -n 's/.*"key": "\([^"]*\)".*/\1/p')
    [ "$key" != "${before-}" ] || fail "two seeds have one key"
    before=$key
done

# ---- a folder of keys that others can write is not believed ----
export XDG_CONFIG_HOME=$work/config
umask 022
up key generate me-1
"$upnas" key list >keys
trusts() { refuse 1 "others can write $1 \(mode $2\).*chmod go-w $1" key list; }
chmod 770 config/upnas && trusts "$work/config/upnas" 0770 && chmod 700 config/upnas
chmod 722 config/upnas/keys && trusts "$work/config/upnas/keys" 0722 && chmod 700 config/upnas/keys
chmod 664 config/upnas/keys/me-1.public && trusts "$work/config/upnas/keys/me-1.public" 0664
chmod 644 config/upnas/keys/me-1.public
: >config/upnas/trusted && chmod 666 config/upnas/trusted && trusts "$work/config/upnas/trusted" 0666
chmod 644 config/upnas/trusted
"$upnas" key list | cmp - keys || fail "the folder is right again, and not used"
