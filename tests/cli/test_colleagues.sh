#!/usr/bin/env bash
# The README's walk-through of two colleagues: its lines "alice$ ..." and "bob$ ...", in order, each in
# the folder of the one who says it, with keys of her or his own. What they see is what the README shows.
. "$(dirname "$0")/lib.sh"
. "$source_dir/tests/cli/remote.sh"

mkdir "$work/bin" && ln -s "$upnas" "$work/bin/upnas"
export PATH=$work/bin:$PATH
grep -E '^(alice|bob)\$ ' "$source_dir/README.md" >"$work/lines"
[ "$(wc -l <"$work/lines")" -ge 12 ] || fail "the README has no walk-through"
: >"$work/seen"
while IFS= read -r line; do
    as "${line%%\$ *}"
    echo "+ $line"
    bash -c "set -euo pipefail; ${line#*\$ }" >out 2>err || { cat out err >&2; fail "README: $line"; }
    cat out >>"$work/seen"
    case "$line" in
        bob*upnas\ run*) cp out "$work/bobs_run" ;;
    esac
done <"$work/lines"

# Bob's run: what depends on lambda, and no network
[ "$(awk '$2 == "ran" { print $1 }' "$work/bobs_run" | tr '\n' ' ')" = "lambda search decode report " ] ||
    { cat "$work/bobs_run" >&2; fail "bob computed something else"; }
[ "$(awk '$2 == "cached" { print $1 }' "$work/bobs_run" | tr '\n' ' ')" = "space data scores calibrate vgae mpe " ] ||
    fail "bob did not have what alice made"

# every line of the output that the README shows was printed, but for names, numbers and blanks
plain() { sed -E 's#file://[^ ]*#FOLDER#; s/[0-9]{8}-[0-9.]*-[0-9a-f]*/RUN/; s/[0-9]+(\.[0-9]+)?/N/g; s/[KM]iB|min/U/g; s/ +/ /g; s/ $//'; }
plain <"$work/seen" >"$work/seen.plain"
awk '/^## With colleagues/ { on = 1 } /^## With published/ { on = 0 }
    on && /^```/ { open = !open; sh = /sh$/; next } on && open && !sh && !/^(upnas|\.\.\.)/' "$source_dir/README.md" |
    plain >"$work/shown"
[ "$(wc -l <"$work/shown")" -ge 12 ] || fail "the README shows no output"
while IFS= read -r line; do
    grep -qxF -- "$line" "$work/seen.plain" || { cat "$work/seen.plain" >&2; fail "README shows, and nobody saw: $line"; }
done <"$work/shown"
