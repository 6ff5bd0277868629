#!/usr/bin/env bash
# A remote that is a real web server: nginx with WebDAV, plain and over TLS.
. "$(dirname "$0")/lib.sh"
. "$source_dir/tests/cli/remote.sh"

nginx=$(PATH=$PATH:/usr/sbin command -v nginx) || skip "nginx is not installed"
"$nginx" -V 2>&1 | grep -q http_dav_module || skip "this nginx has no WebDAV"
free_port() { "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

mkdir "$work/www" "$work/tmp"
plain=$(free_port) tls=$(free_port)
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
    -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null || tls=
temp=$(printf ' %s_temp_path %s;' client_body "$work/tmp/b" proxy "$work/tmp/p" fastcgi "$work/tmp/f" uwsgi "$work/tmp/u" scgi "$work/tmp/s")
cat >"$work/nginx.conf" <<C
daemon off; master_process off; pid $work/nginx.pid; error_log $work/error.log;
events {}
http {
    access_log off; client_max_body_size 0;$temp
    server {
        listen 127.0.0.1:$plain; ${tls:+listen 127.0.0.1:$tls ssl; ssl_certificate $work/cert.pem; ssl_certificate_key $work/key.pem;}
        root $work/www;
        location /cache/ { dav_methods PUT; create_full_put_path on; }
    }
}
C
"$nginx" -e "$work/error.log" -c "$work/nginx.conf" >"$work/nginx.out" 2>&1 &
pids+=($!)
wait_for "$work/nginx.pid"

as alice
scores
digests .upnas >"$work/want"
up key generate alice-1
up remote add team "http://127.0.0.1:$plain/cache/" --rw
up push team
grep -q '^team: pushed 4 results, 4 artifacts' out || fail "push: $(cat out)"
up push team
grep -q 'pushed 0 results, 0 artifacts .* 4 results were there' out || fail "HEAD does not find what is there: $(cat out)"
up remote add wrong "http://127.0.0.1:$plain/elsewhere" --rw
refuse 1 'remote wrong refuses .HTTP status 405' push wrong

as bob
up key trust "$(public alice)"
up remote add team "http://127.0.0.1:$plain/cache" --trust alice-1
scores
[ -z "$(executed)" ] && [ "$(of_remote team taken)" = 4 ] || fail "read-through: $(cat out)"
digests .upnas | cmp - "$work/want" || fail "other digests"
up verify

as carol # the same folder without the server
up key trust "$(public alice)"
up remote add team "$work/www/cache" --trust alice-1
scores
[ -z "$(executed)" ] || fail "the folder of a web server is no remote"

if [ -n "$tls" ]; then
    as dave
    up key trust "$(public alice)"
    up remote add team "https://localhost:$tls/cache" --trust alice-1
    scores
    grep -q 'certificate is not accepted' err && [ -n "$(executed)" ] || fail "any certificate will do: $(cat err)"
    up remote remove team
    up remote add team "https://localhost:$tls/cache" --trust alice-1 --ca "$work/cert.pem"
    rm .upnas/*.mdb
    scores
    [ -z "$(executed)" ] || fail "not over TLS: $(cat out err)"
fi

as alice # an artifact of some MiB, which goes in pieces: a batch of images
up run tiny.yaml data --no-out --set data.batch=1000
up push team
grep -qE 'pushed 1 results, 1 artifacts of [2-9]\.[0-9] MiB' out || fail "a large artifact: $(cat out)"
as bob
up run tiny.yaml data --no-out --json --set data.batch=1000
[ -z "$(executed)" ] || fail "the images were made again"
up verify

kill "${pids[0]}"
rm .upnas/*.mdb
scores || fail "without the server"
[ "$(grep -c 'going on without this remote' err)" = 1 ] || fail "not one warning: $(cat err)"
digests .upnas | cmp - "$work/want" || fail "other digests"
