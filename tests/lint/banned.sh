#!/usr/bin/env bash
# Calls that have a safe sibling, and words that mean unfinished. usage: banned.sh PROJECT_ROOT
set -u
cd "$1" || exit 2
bad=0
hits=$(find store dag stages cli -name '*.[ch]' -exec grep -nHE \
    '(^|[^a-zA-Z0-9_])(strcpy|strcat|strncpy|strncat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|alloca|tmpnam|mktemp|system|popen)\(' {} +)
[ -z "$hits" ] || { printf 'banned: a call with a safe sibling (snprintf, memcpy, strtol, ...)\n%s\n' "$hits" && bad=1; }
hits=$(find store dag stages cli tests -name '*.[ch]' -exec grep -nHE '\b(TODO|FIXME|XXX|HACK)\b' {} +)
[ -z "$hits" ] || { printf 'banned: unfinished work\n%s\n' "$hits" && bad=1; }
hits=$(grep -rnE --include=CMakeLists.txt --include=CMakePresets.json -e '-ffast-math|-Ofast|-march=native' CMakeLists.txt CMakePresets.json store dag stages cli)
[ -z "$hits" ] || { printf 'banned: flags that change bits from machine to machine\n%s\n' "$hits" && bad=1; }
exit $bad
