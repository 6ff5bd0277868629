#!/usr/bin/env bash
# The README's table of keys says what the program says, and every config parses.
. "$(dirname "$0")/lib.sh"

"$upnas" explain --keys >keys
rows=0
while IFS='|' read -r _ names def _; do
    def=$(echo "$def" | tr -d ' ')
    for name in $(echo "$names" | tr -d '`,'); do
        have=$(awk -v name="$name" '$1 == name { print $2 }' keys)
        [ "$have" = "$def" ] || fail "README: the default of $name is '$have', not '$def'"
        rows=$((rows + 1))
    done
done < <(awk -F'|' '/^\| .(seed|mode|[a-z]+\.[a-z_]+)[^a-z]/' "$source_dir/README.md")
[ "$rows" -ge 15 ] || fail "the README's table has only $rows keys"

bash "$source_dir/tests/cli/table.sh"
find "$source_dir/configs" -name '*.yaml' | while read -r config; do
    up plan "$config" --set benchmark.scores=scores.csv --set benchmark.accuracy=accuracy.csv
done
