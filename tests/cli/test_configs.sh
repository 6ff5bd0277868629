#!/usr/bin/env bash
# Every configuration that comes with the program is one that it accepts.
. "$(dirname "$0")/lib.sh"

bash "$source_dir/tests/cli/table.sh"
find "$source_dir/configs" -name '*.yaml' | while read -r config; do
    up plan "$config" --set benchmark.scores=scores.csv --set benchmark.accuracy=accuracy.csv
done
