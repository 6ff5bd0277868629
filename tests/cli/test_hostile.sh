#!/usr/bin/env bash
# A remote that lies in every way: no result changes, nothing hangs, every refusal has a reason.
. "$(dirname "$0")/lib.sh"
. "$source_dir/tests/cli/remote.sh"

mkdir "$work/root"
start_server main "$work/root" --log "$work/server.log"
as alice
scores || fail "alice cannot score"
digests .upnas >"$work/want"
up key generate alice-1
up remote add team "http://127.0.0.1:$port" --rw
up push
[ "$(count "$work/root/ac")" = 5 ] || fail "alice pushed $(count "$work/root/ac") entries"

as mallory # the same results, signed by somebody else
scores || fail "mallory cannot score"
up key generate mallory-1

# visit MODE [ARG...]: what a newcomer gets from the server in this mode
visit() {
    local mode=$1 rc=0
    shift
    as bob
    rm -rf .upnas
    echo "$mode" >"$work/root/mode"
    up key trust "$(public alice)"
    up remote add team "http://127.0.0.1:$port" --trust alice-1 --stall 1 "$@"
    local begin=$SECONDS
    # shellcheck disable=SC2086 # none, or an option and its value
    scores ${patience-} || rc=$?
    [ "$rc" = 0 ] || { cat err >&2; fail "$mode: run exited with $rc"; }
    [ -n "${UPNAS_SLOW-}" ] || [ $((SECONDS - begin)) -le 12 ] || fail "$mode: $((SECONDS - begin)) s"
    digests .upnas | cmp - "$work/want" || fail "$mode changes a result"
    "$upnas" verify >verified 2>&1 || { cat verified >&2; fail "$mode leaves something behind"; }
}
# an object that is not what it should be: a miss for this result, and why
refused() { # MODE PATTERN
    visit "$1"
    [ "$(of_remote team taken)" = 0 ] && [ "$(of_remote team refused)" -ge 2 ] || fail "$1: $(cat out)"
    grep -qE "\"warning\".*remote team has a result, but .*($2)" out || { cat out >&2; fail "$1: no '$2'"; }
}
# a remote that does not work: one warning, and no further question
failing() { # MODE PATTERN
    visit "$1"
    [ "$(of_remote team failed)" = 1 ] && [ "$(of_remote team spared)" -ge 1 ] || fail "$1: $(cat out)"
    [ "$(grep -c '^upnas: warning: .*going on without this remote' err)" = 1 ] || { cat err >&2; fail "$1: not one warning"; }
    grep -qE "^upnas: warning: remote team .*($2)" err || { cat err >&2; fail "$1: no '$2'"; }
}

visit honest
[ "$(of_remote team taken)" = 4 ] && [ -z "$(executed)" ] || fail "honest: $(cat out)"
visit flaky # every second request fails: asked again
[ "$(of_remote team taken)" = 4 ] && [ -z "$(executed)" ] || fail "flaky: $(cat out)"

refused swap-ac 'belongs to another key'
refused swap-cas 'another size|other bytes|larger'
refused garbage-ac 'no entry of upnas'
refused garbage-cas 'other bytes than its name'
refused short 'no entry of upnas'
refused long 'no entry of upnas|not of this content'
refused empty 'no entry of upnas'
refused forged 'no entry|not of this content|another key|other bytes|does not trust|not signed|not known|two digests'
refused dangling 'objects is missing'
refused huge-ac 'larger than it may be'
refused huge-length 'larger than it may be'
refused endless 'larger than it may be'
refused gzip 'no entry of upnas'
failing error 'HTTP status 500'
failing forbidden 'wants other credentials'
failing redirect 'points elsewhere'
failing garbage 'does not answer'
failing headers 'does not answer as HTTP'
failing hang-up 'does not answer'
failing cut 'does not answer'
failing slow 'too slow'
failing silent 'too slow'
for mode in drip drip-chunks drip-headers drip-interim drip-404; do
    began=$SECONDS
    failing $mode 'too slow|does not answer'
    [ $((SECONDS - began)) -le 6 ] || [ -n "${UPNAS_SLOW-}" ] || fail "$mode: held the run for $((SECONDS - began)) s"
done
# all questions together have as long as the user says
began=$SECONDS
patience="--remote-seconds 1" visit drip --stall 60
[ $((SECONDS - began)) -le 5 ] || [ -n "${UPNAS_SLOW-}" ] || fail "--remote-seconds: took $((SECONDS - began)) s"
grep -q 'too slow' err || { cat err >&2; fail "--remote-seconds: no sentence"; }
kill "${pids[0]}"
failing gone 'does not answer'

# unsigned, and signed by somebody whom nobody trusts
for who in unsigned mallory; do
    mkdir "$work/$who-root"
    start_server "$who" "$work/$who-root"
    as mallory
    up remote add "$who" "http://127.0.0.1:$port" --rw
    if [ $who = unsigned ]; then up push $who --unsigned; else up push $who; fi
done
as bob
for who in unsigned mallory; do
    port=$(cat "$work/$who.port")
    rm -rf .upnas
    up remote add team "http://127.0.0.1:$port" --trust alice-1
    scores || fail "$who: run failed"
    [ "$(of_remote team taken)" = 0 ] && [ "$(of_remote team refused)" -ge 2 ] || fail "$who: $(cat out)"
    digests .upnas | cmp - "$work/want" || fail "$who changes a result"
done
grep -q 'signed by mallory-1, whom remote team does not trust' out || fail "no reason: $(cat out)"
# who trusts anybody takes both; who knows mallory's key but does not name it takes nothing
rm -rf .upnas
up key trust "$(public mallory)"
up remote add team "http://127.0.0.1:$port" --trust alice-1
scores && [ "$(of_remote team taken)" = 0 ] || fail "a known key is not yet a trusted one"
rm -rf .upnas
up remote add team "http://127.0.0.1:$(cat "$work/unsigned.port")" --trust any
scores && [ "$(of_remote team taken)" = 4 ] || fail "trust any: $(cat out)"
up verify
