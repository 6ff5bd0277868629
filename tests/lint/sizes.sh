#!/usr/bin/env bash
# No file above 600 lines, no function above 60. usage: sizes.sh PROJECT_ROOT
set -u
cd "$1" || exit 2
find store dag stages cli tests -name '*.[ch]' -exec awk '
    FNR == 1 { start = 0 }
    FNR == 601 { printf "sizes: %s has more than 600 lines\n", FILENAME; bad = 1 }
    /^\{/ { start = FNR }
    /^\}/ && start { if (FNR - start > 60) { printf "sizes: %s:%d: a function of %d lines (limit 60)\n", FILENAME, start, FNR - start; bad = 1 }; start = 0 }
    END { exit bad }' {} +
