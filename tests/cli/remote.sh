# shellcheck shell=bash disable=SC2154,SC2164,SC2119,SC2120
# Sourced after lib.sh by the tests of remotes: people with folders and keys of their own, and servers.

# The environment of whoever runs the tests must not choose credentials or a proxy.
unset XDG_CONFIG_HOME AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN http_proxy https_proxy all_proxy
pids=()
cleanup() {
    local p
    for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done
}

# as NAME: from here on in NAME's folder, with NAME's keys
as() {
    mkdir -p "$work/$1"
    cd "$work/$1"
    export HOME=$work/$1
    [ -f tiny.yaml ] || cp "$source_dir/tests/cli/tiny.yaml" .
}
# only what is scored, and little of that
scores() { "$upnas" run tiny.yaml calibrate --set scores.limit=6 --set "scores.proxies=[flops]" --no-out --json "$@" >out 2>err; }
# public NAME: the public key of NAME-1
public() { cat "$work/$1/.config/upnas/keys/$1-1.public"; }
# count FOLDER: files in it
count() { find "$1" -type f | wc -l; }
# of_remote NAME FIELD: of the event about a remote
of_remote() { grep '"event": "remote"' out | grep "\"remote\": \"$1\"" | sed -n "s/.*\"$2\": \([0-9]*\).*/\1/p" || true; }
# start_server NAME ROOT [ARG...]: sets port
start_server() {
    local name=$1
    shift
    rm -f "$work/$name.port"
    "$python" "$source_dir/tests/remote/server.py" "$1" "$work/$name.port" "${@:2}" >"$work/$name.out" 2>&1 &
    pids+=($!)
    wait_for "$work/$name.port"
    port=$(cat "$work/$name.port")
    export port
}
wait_for() { # FILE
    local i
    for ((i = 0; i < 100; ++i)); do
        [ ! -s "$1" ] || return 0
        sleep 0.05
    done
    fail "nothing has made $1"
}
