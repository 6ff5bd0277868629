#!/usr/bin/env bash
# corrupt.sh UPNAS PROGRAMS [COUNT]: COUNT flipped bits and a sixth as many truncations of a store's
# file: each is found or lies where nobody reads, none is believed, and the store is repaired.
programs=$(realpath "$2")
. "$(dirname "$0")/../cli/lib.sh"
"$programs/test_store_damage" "${3:-10000}" >out 2>&1 || { cat out >&2; fail "damage was believed, or not found"; }
grep -E 'flips:' out
echo "$((${3:-10000} / 6)) truncations, every one found"
