#!/usr/bin/env bash
# texts.sh UPNAS PROGRAMS [ROUNDS]: a run whose every text holds what a terminal obeys is imported and
# looked at with every command, and a server, files and arguments say such things too. Nothing of it reaches
# the terminal; what can be printed stays readable; JSON has it by JSON's own rule.
# suite: 1
programs=$(realpath "$2")
. "$(dirname "$0")/../../cli/lib.sh"
rounds=${3:-5}
bad=($'\e[31m' $'\nFORGED line' $'\rFORGED' $'\x7f' $'\xc2\x9b31m' $'\xe2\x80\xae' $'\xe2\x81\xa6' $'\xff\xc0\xaf' $'\x07' $'\xe2\x80\xa8')
good='é漢—'
looks=0

# look ARG...: whatever the command's exit; what it said is kept for the end
mkdir said
look() {
    local rc=0
    looks=$((looks + 1))
    "$upnas" "$@" >out 2>err || rc=$?
    [ "$rc" -le 7 ] || { cat err >&2; fail "upnas $*: exit $rc"; }
    for stream in out err; do { printf 'upnas %s\n' "${*//[^ -~]/?}" && cat $stream; } >"said/$looks.$stream"; done
}
# all_clean: nothing that was said holds what a terminal obeys, or a forged line
all_clean() {
    "$python" - <<'P' || fail "text from outside was printed as it is"
import glob, sys, unicodedata
turns = {0x61c, 0x200e, 0x200f, *range(0x202a, 0x202f), *range(0x2066, 0x206a)}
for name in glob.glob("said/*"):
    what, _, raw = open(name, "rb").read().partition(b"\n")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as e:
        sys.exit(f"{what}, {name}: no UTF-8: {e}")
    for i, c in enumerate(text):
        if c not in "\n\t" and unicodedata.category(c) in ("Cc", "Zl", "Zp") or ord(c) in turns:
            sys.exit(f"{what}, {name}: {c!r} in {text[max(0, i - 40):i + 20]!r}")
    # a report is a text of many lines, all of them its maker's
    if b"upnas report" not in what and any(line.startswith("FORGED") for line in text.split("\n")):
        sys.exit(f"{what}, {name}: a forged line")
P
}

up run tiny.yaml --no-out
up run tiny.yaml --no-out --set search.top=2 # so that there is an earlier one
for ((round = 1; round <= rounds; ++round)); do
    mapfile -d '' -t mixed < <(printf '%s\0' "${bad[@]}" | { [ "$round" = 1 ] && cat || shuf -z; })
    tail=${bad[0]}$good$(printf '%s' "${mixed[@]}")
    rm -rf forged other f.bundle
    "$programs/soak_poison" .upnas forged "$tail"
    up export last f.bundle --store forged
    look import f.bundle --store other
    for store in forged other; do
        for command in log status "show last" report "diff last last" "explain tiny.yaml" "plan tiny.yaml" verify \
            "pin" "gc --dry-run --keep 0 --grace 0h" "show last --why" "status tiny.yaml" "remote list" "key list"; do
            # shellcheck disable=SC2086 # words
            look $command --store $store
        done
        for node in space data scores calibrate vgae mpe lambda search decode report; do
            look show $node --store $store
        done
        look show space --csv --store $store
        look show scores --csv --store $store
        look show report --why --store $store
        look show decode files --store $store
        look show report best/0 --store $store
        look show "nowhere$tail" --store $store
        look show report "best/x$tail" --store $store
        [ $store = other ] || look run tiny.yaml --no-out --store $store
        for command in log "show last" "show decode" "status" "show last --why" "diff last last"; do
            # shellcheck disable=SC2086
            look $command --json --store $store
            cp out "said/$looks.json"
        done
    done
    rm -rf merged
    look merge forged --store merged
    look diff last~1 last --store forged
    up show "$("$upnas" log --json --store forged | tail -n 1 | "$python" -c 'import json, sys; print(json.load(sys.stdin)["run"][:26])')" --store forged
    grep -q "$good" out || fail "what can be printed is not readable: $(head -n 3 out)"
    up log --json --store forged
    "$python" - <<'P' || fail "JSON has lost a text"
import json
assert any("\x1b[31m" in json.loads(line)["run"] and "é漢—" in json.loads(line)["run"] for line in open("out"))
P
done

"$python" -c 'import glob, json; [json.loads(line) for f in glob.glob("said/*.json") for line in open(f)]' || fail "--json is no JSON"
rm said/*.json

# ---- arguments, files, settings ----
tail=$(printf '%s' "${bad[@]}")$good
look "no$tail"
look run "no$tail.yaml"
look run tiny.yaml --set "a$tail=1"
look run tiny.yaml --set "search.top=$tail"
look run tiny.yaml --out "o$tail" --set search.top=3
look status --store "s$tail"
look init --store "t$tail"
look log "--x$tail"
look report "$tail"
printf 'a%s: 1\n' $'\e[31m' >bad.yaml
look run bad.yaml
printf '"a\\e[31m\\x07\\u009b": 1\n' >bad.yaml
look run bad.yaml
printf 'arch,a\e[31m,b\x7f\n5,1,2\n7,x\e[0m,3\n' >bad.csv
look rank --space nb201 --scores bad.csv --lambda weighted
printf '{"a\\u001b[31m": "x\\u009b"}\n' >bad.json
look rank --space nb201 --scores bad.csv --lambda bad.json
look score --space nb201 --arch "$tail"
look key trust "x$tail:AAAA"
look import "b$tail"
printf '93UPB%s' "$tail" >bad.bundle && look import bad.bundle
look remote add "r$tail" /tmp
look pin "p$tail" last

# ---- a server ----
"$python" - >port <<'P' &
import socket, threading
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(16)
print(s.getsockname()[1], flush=True)
def answer(c):
    c.recv(65536)
    c.sendall(b"HTTP/1.1 500 \x1b[31mPWN\x07\xc2\x9b\r\nServer: \x1b[2J\r\nContent-Length: 5\r\nConnection: close\r\n\r\n\x1b[2Jx")
    c.close()
while True:
    threading.Thread(target=answer, args=(s.accept()[0],), daemon=True).start()
P
server=$!
cleanup() { kill "$server" 2>/dev/null; }
for ((i = 0; i < 100; ++i)); do [ -s port ] && break; sleep 0.05; done
export HOME=$work
up remote add team "http://127.0.0.1:$(cat port)" --trust any --store fresh
look run tiny.yaml scores --no-out --store fresh --set scores.limit=3
grep -q 'upnas: warning: .*team' err || fail "the server's answer was not met: $(cat err)"
look push team --unsigned
look pull tiny.yaml --store fresh
look remote list --store fresh
all_clean
echo "$rounds imported runs and a server looked at $looks times: nothing that a terminal obeys was printed"
