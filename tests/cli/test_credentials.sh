#!/usr/bin/env bash
# Servers that want to know who asks: S3 signatures, checked strictly, and passwords; where secrets
# come from, and that they stay there.
. "$(dirname "$0")/lib.sh"
. "$source_dir/tests/cli/remote.sh"

mkdir "$work/bucket" "$work/web"
start_server s3 "$work/bucket" --s3 AKIDEXAMPLE:very/secret+key:eu-west-7:team.bucket --log "$work/s3.log"
s3=http://127.0.0.1:$port
start_server web "$work/web" --auth 'Basic bWU6aHVzaC1odXNo'
web=http://127.0.0.1:$port

as alice
scores
digests .upnas >"$work/want"
up key generate alice-1

# ---- S3, by a file ----
up remote add bucket s3://team.bucket --endpoint "$s3" --region eu-west-7 --rw
refuse 1 'S3 needs an access key' push
printf '# of the team\nuser = AKIDEXAMPLE\npassword=very/secret+key\n' >keyfile
chmod 644 keyfile
up remote remove bucket
up remote add bucket s3://team.bucket --endpoint "$s3" --region eu-west-7 --rw --credentials keyfile
refuse 1 'others could have read .*keyfile .mode 0644.' push
scores --set calibrate.method=minmax || fail "run without its credentials"
[ "$(grep -c 'others could have read.*going on without this remote' err)" = 1 ] || fail "no warning: $(cat err)"
chmod 600 keyfile
up push
grep -q '^bucket: pushed 5 results' out || fail "push to S3: $(cat out)"
[ "$(find "$work/bucket" -type f | grep -vcE '/(ac|ca)/[0-9a-f]{64}$')" = 0 ] || fail "other names of objects than 0-9a-f"
up push
grep -q 'pushed 0 results, 0 artifacts' out || fail "HEAD does not find what is there: $(cat out)"

# ---- S3, by the environment; with a session token; with what is wrong ----
as bob
up key trust "$(public alice)"
up remote add bucket s3://team.bucket --endpoint "$s3" --region eu-west-7 --trust alice-1
export AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=very/secret+key
scores
[ -z "$(executed)" ] && [ "$(of_remote bucket taken)" = 4 ] || fail "pull from S3: $(cat out err)"
digests .upnas | cmp - "$work/want" || fail "other digests"
rm .upnas/*.mdb
AWS_SESSION_TOKEN=a/session+token= scores
[ -z "$(executed)" ] || fail "a session token is not signed: $(cat "$work/s3.log")"
rm .upnas/*.mdb
AWS_SECRET_ACCESS_KEY=wrong scores || fail "a wrong key ends a run"
grep -q 'remote bucket refuses (HTTP status 403)' err && [ "$(executed)" != "" ] || fail "a wrong key: $(cat err)"
rm .upnas/*.mdb
UPNAS_BUCKET_USER=AKIDEXAMPLE UPNAS_BUCKET_PASSWORD=wrong scores || fail "a wrong key ends a run"
grep -q 'HTTP status 403' err || fail "a remote's own credentials do not come first"
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY

# ---- a password ----
as alice
up remote remove bucket
up remote add web "$web" --rw
refuse 1 'wants other credentials' push
export UPNAS_WEB_USER=me UPNAS_WEB_PASSWORD=hush-hush
up push
grep -q '^web: pushed 5 results' out || fail "push with a password: $(cat out)"
up remote remove web
up remote add web http://cache.invalid/ --rw
refuse 1 'would cross the network in the clear' push
unset UPNAS_WEB_USER UPNAS_WEB_PASSWORD

# ---- no secret anywhere but where it was put ----
rm "$work/alice/keyfile"
secret=$(cut -d: -f2 "$work/alice/.config/upnas/keys/alice-1.secret")
for word in 'very/secret' 'hush-hush' bWU6aHVzaC1odXNo 'a/session+token' "$secret"; do
    ! grep -rqaF --exclude='*.secret' -- "$word" "$work/alice" "$work/bob" "$work/bucket" "$work/web" || fail "$word is kept somewhere"
done
