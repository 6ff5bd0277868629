#!/usr/bin/env bash
# The README is short, every command in it and in the pages that begin as it does runs, and what they
# show is what is printed. The other pages are in test_docs.sh.
. "$(dirname "$0")/lib.sh"

[ "$(wc -l <"$source_dir/README.md")" -le 120 ] || fail "the README has more than 120 lines"
"$python" "$source_dir/tests/cli/pages.py" "$upnas" "$source_dir" "$source_dir"/{README,docs/tutorial,docs/programs}.md
