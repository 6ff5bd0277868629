#!/usr/bin/env bash
# serve: only this machine, only to look, every page well-formed and escaped; report --html: the same in
# one file.
. "$(dirname "$0")/lib.sh"
command -v curl >/dev/null || skip "curl is not installed"
command -v xmllint >/dev/null || skip "xmllint (libxml2-utils) is not installed"

refuse 1 'no store in nowhere' serve --store nowhere
up run tiny.yaml --set decode.pictures=2
id=$(tail -n 1 out | sed 's/run \([^:]*\):.*/\1/')
cp tiny.yaml '<b>&"tiny.yaml'
up run '<b>&"tiny.yaml' scores --no-out
cp .upnas/data.mdb before

"$upnas" serve --port 0 >serve.out 2>serve.err &
pid=$!
cleanup() { kill "$pid" 2>/dev/null; }
for _ in $(seq 100); do [ -s serve.out ] && break; sleep 0.05; done
url=$(grep -oE '^http://127\.0\.0\.1:[0-9]+/' serve.out) || { cat serve.err >&2; fail "serve prints no address"; }
port=${url##*:} && port=${port%/}

get() { # STATUS PATH [CURL ARG...]: the page in `page`, its headers in `headers`
    local status
    status=$(curl -sS -o page -D headers -w '%{http_code}' "${@:3}" "$url$2")
    [ "$status" = "$1" ] || fail "$2: status $status, not $1"
    [ -n "${no_body-}" ] || xmllint --noout page 2>lint || { head lint >&2; fail "$2 is not well-formed"; }
}
get 200 ""
grep -q "href=\"/run/$id\"" page || fail "the list does not link the run"
grep -q '&lt;b&gt;&amp;&quot;tiny.yaml' page && ! grep -q '<b>' page || fail "the list does not escape the command"
for h in "Content-Security-Policy: default-src 'none'" 'X-Content-Type-Options: nosniff' 'X-Frame-Options: DENY' \
    'Referrer-Policy: no-referrer' 'Cache-Control: no-store' 'Content-Type: text/html; charset=utf-8'; do
    grep -q "^$h" headers || { cat headers >&2; fail "no header $h"; }
done
! grep -q unsafe headers || fail "the policy allows something unsafe"
get 200 "run/last"
get 200 "run/$id"
for part in '<svg class="graph"' 'alt="The cell ranked 2:' 'id="node-search"' 'Ranks: every point' 'The search: how' 'data-path="unified/0"'; do
    grep -qF "$part" page || fail "the page of a run lacks $part"
done
# scripts and styles are those whose digests the policy names; nothing is fetched from anywhere
for tag in style script; do
    hash=$("$python" -c "import base64, hashlib, re, sys
text = re.search(r'<$tag>(.*?)</$tag>', open('page').read(), re.S).group(1)
print(base64.b64encode(hashlib.sha256(text.encode()).digest()).decode())")
    grep -qF "$tag-src 'sha256-$hash'" headers || fail "the policy does not fit the $tag"
done
! grep -oE '(src|href|action)="[^"]*"' page | grep -vE '="(data:|#|/)' || fail "the page refers to something outside"
! grep -qE ' (on[a-z]+|style)=' page || fail "the page has an attribute that runs or styles"

number=$(sed -n 's/.*data-path="unified\/0" data-value="\([^"]*\)".*/\1/p' page)
for at in "$number" search/unified/0 decode/entries/0/arch scores; do
    get 200 "run/$id/why?at=$at"
    grep -q 'id="node-scores"' page || fail "$at: the chain does not reach the scores"
done
get 404 "run/$id/why?at=%22%3E%3Cscript%3Ealert(1)%3C/script%3E"
! grep -q '<script>alert' page || fail "a question gets into the page"
for p in nothing run/ run/nope "run/$id/nope" "run/..%2f..%2fetc" "run/$(printf 'x%.0s' {1..4000})"; do get 404 "$p"; done

# only to look, only from here
get 405 "" -X POST -d a=b
grep -q '^Allow: GET, HEAD' headers || fail "405 does not say what is allowed"
for m in PUT DELETE OPTIONS; do get 405 "" -X $m; done
no_body=1 get 200 "" --head
[ ! -s page ] || [ "$(wc -c <page)" = "$(wc -c <headers)" ] || fail "HEAD has a body"
get 403 "" -H 'Host: evil.example'
get 403 "" -H "Host: evil.example:$port"
get 200 "" -H "Host: localhost:$port"
if command -v ss >/dev/null; then
    ss -Hltn "sport = :$port" | grep -q "127.0.0.1:$port" && [ "$(ss -Hltn "sport = :$port" | wc -l)" = 1 ] ||
        fail "it listens elsewhere than on 127.0.0.1"
fi
refuse 1 "cannot listen on 127.0.0.1:$port.*--port" serve --port "$port"

cmp .upnas/data.mdb before || fail "whoever looked changed the store"
# a run made meanwhile is there
up run tiny.yaml --no-out --set lambda.preset=sum
get 200 "run/last"
grep -q 'lambda.preset=sum' page || fail "a new run is not shown"

# connections that ask for nothing, or ask for ever, keep nobody out and are sent away
"$python" - "$port" <<'P' || fail "half a request keeps others out"
import socket, sys, time
port = int(sys.argv[1])
def connect():
    return socket.create_connection(("127.0.0.1", port), timeout=5)
def page():
    with connect() as s:
        s.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n" % port)
        return s.recv(15)
half = []
for _ in range(300):
    half.append(connect())
    half[-1].sendall(b"GET / HTTP/1.1\r\nHo")
assert page() == b"HTTP/1.1 200 OK", "no page beside 300 half requests"
began, gone = time.time(), False
while not gone and time.time() - began < 25:  # a byte now and then does not prolong the visit
    time.sleep(0.5)
    try:
        half[-1].sendall(b"x")
    except OSError:
        gone = True
assert gone, "a request may take for ever"
P

"$python" -c "import socket, time
s = [socket.create_connection(('127.0.0.1', $port)) for _ in range(40)]
[c.sendall(b'GET / HTTP/1.1\r\nHo') for c in s]
print('open', flush=True)
time.sleep(60)" >half.out &
half=$!
for _ in $(seq 100); do [ -s half.out ] && break; sleep 0.05; done
began=$(date +%s%N)
kill -TERM "$pid"
wait "$pid" || fail "serve ends with $? on SIGTERM"
kill "$half" 2>/dev/null
took=$((($(date +%s%N) - began) / 1000000))
[ "$took" -lt 2000 ] || fail "serve took $took ms to end"
[ ! -s serve.err ] || { cat serve.err >&2; fail "serve complained"; }

# one file, the same content, nothing outside
up report "$id" --html page.html
xmllint --noout page.html || fail "the file is not well-formed"
for part in '<svg class="graph"' 'alt="The cell ranked 2:' 'Ranks: every point' 'The search: how' 'http-equiv="Content-Security-Policy"'; do
    grep -qF "$part" page.html || fail "the file lacks $part"
done
! grep -oE '(src|href|action)="[^"]*"' page.html | grep -vE '="(data:|#)' || fail "the file refers to something outside"
grep -oE 'href="#[^"]*"' page.html | sort -u | sed 's/href="#\(.*\)"/\1/' | while read -r to; do
    grep -qF "id=\"$to\"" page.html || fail "a link leads nowhere: #$to"
done
up report "$id" --html -
cmp out page.html || fail "standard output has another page"
up report "$id"
grep -q '^rank  unified' out || fail "report prints no table"
refuse 2 'went no further than scores' report "$("$upnas" log --limit 2 | sed -n '2s/ .*//p')"
refuse 1 'cannot make' report --html /nonexistent/page.html
