#!/usr/bin/env bash
# attack.sh UPNAS PROGRAMS [COUNT]: what somebody does who wants to break a store, a run or a reader: every part
# in tests/soak/attack/. COUNT is the number of bit flips, 2,000 by default; every other part does its share of
# it, so that all of it takes half an hour. One part alone: ./dev soak attack/NAME [COUNT].
set -uo pipefail
upnas=$(realpath "$1")
programs=$(realpath "$2")
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
count=${3:-2000}

# How much each part does in a whole attack of 2,000 flips. A part that is not named here does what it does by itself.
declare -A whole=([flips]=2000 [kills]=60 [lockfile]=12 [stops]=20 [replaced]=40 [bundles]=85 [folders]=77 [servers]=26)
most=1800 # seconds that a part may take before it counts as hanging

# share NAME: its part of COUNT, at least one
share() {
    [ -z "${whole[$1]-}" ] || echo $(((whole[$1] * count + 1999) / 2000))
}
parts=0 bad=() skipped=() began=$SECONDS
for part in "$here"/attack/*.sh; do
    [ -f "$part" ] || continue
    name=$(basename "$part" .sh)
    of=$(share "$name")
    start=$SECONDS rc=0
    echo "-- $name${of:+ $of}"
    timeout -k 10 "$most" bash "$part" "$upnas" "$programs" ${of:+"$of"} </dev/null || rc=$?
    parts=$((parts + 1))
    case $rc in
        0) ;;
        77) skipped+=("$name") ;;
        124 | 137) bad+=("$name") && echo "FAIL: $name: not done after $most seconds" >&2 ;;
        *) bad+=("$name") && echo "FAIL: $name: exit $rc" >&2 ;;
    esac
    echo "   $name: $((SECONDS - start)) s"
done
[ "$parts" -gt 0 ] || bad+=("there is no part")
said="attack: $parts parts in $((SECONDS - began)) s"
[ ${#skipped[@]} = 0 ] || said+=", skipped: ${skipped[*]}"
if [ ${#bad[@]} -gt 0 ]; then
    echo "$said; FAILED: ${bad[*]}"
    exit 1
fi
echo "$said: nothing was lost, believed or deleted"
