#!/usr/bin/env bash
# Python's lmdb, msgpack and zstandard read an artifact without this program.
. "$(dirname "$0")/lib.sh"
"$python" -c 'import lmdb, msgpack, zstandard' 2>/dev/null ||
    skip "python3-lmdb, python3-msgpack and python3-zstandard are not all installed"

up run tiny.yaml --json
up show scores --json
want=$(tail -n 1 out | sed -n 's/.*"artifact": *"scores", *"version": *[0-9]*, *"digest": *"\([0-9a-f]*\)".*/\1/p')
"$python" "$source_dir/tests/cli/read_artifact.py" .upnas "$want" >seen
grep -q scores seen && grep -q snip seen || { cat seen >&2; fail "the reader does not show the scores"; }
