#!/usr/bin/env bash
# Source files that the documentation names exist. usage: cited.sh PROJECT_ROOT
set -u
cd "$1" || exit 2
bad=0
while IFS=: read -r page line file; do
    [ -e "$file" ] && continue
    echo "cited: $page:$line names $file, which does not exist"
    bad=1
done < <(grep -rnoE '\b(store|dag|stages|cli|tests)/[a-z0-9_/]+\.(c|h|sh|txt)\b' docs ARCHITECTURE.md)
exit $bad
