#!/usr/bin/env bash
# Every test that docs/promises.md names exists, and its command runs it. usage: promises.sh PROJECT_ROOT
set -u
cd "$1" || exit 2
bad=0 rows=0
say() { printf 'promises: docs/promises.md:%s: %s\n' "$1" "$2" && bad=1; }

# file_of TEST: where the test is written
file_of() {
    local name=${1#*.}
    case $1 in
        unit.* | golden.*) echo "tests/${1%%.*}/$name.c" ;;
        cli.*) echo "tests/cli/test_$name.sh" ;;
        soak.attack_*) echo "tests/soak/attack/${name#attack_}.sh" ;;
        soak.* | lint.*) echo "tests/${1%%.*}/$name.sh" ;;
        fuzz.*) echo "tests/fuzz/fuzz_$name.c" ;;
    esac
}
# covers COMMAND TEST: the command is one that a reader can type, and it runs this test
covers() {
    local soak=${1#./dev soak } pattern
    case $1 in
        './dev soak '*) [ "soak.${soak/\//_}" = "$2" ] ;;
        './dev test -R '*)
            pattern=${1#./dev test -R } pattern=${pattern//\'/}
            [[ $2 =~ ${pattern//\\|/|} ]]
            ;;
        *) false ;;
    esac
}
while IFS= read -r row; do
    line=${row%%:*} row=${row#*:}
    row=${row//\\|/$'\x01'} # a bar inside a cell
    IFS='|' read -r _ promise tests command rest <<<"$row"
    rows=$((rows + 1))
    [ -n "${promise// /}" ] && [ -z "${rest// /}" ] || say "$line" "a row is a promise, tests and a command"
    # shellcheck disable=SC2016 # backquotes of Markdown
    command=$(sed 's/^ *`//; s/` *$//' <<<"${command//$'\x01'/|}")
    # shellcheck disable=SC2016
    mapfile -t names < <(grep -oE '`[^`]+`' <<<"$tests" | tr -d '`')
    [ ${#names[@]} -gt 0 ] || say "$line" "no test holds this promise"
    for name in "${names[@]}"; do
        file=$(file_of "$name")
        [ -n "$file" ] && [ -f "$file" ] || say "$line" "there is no test $name (${file:-of no known kind})"
        covers "$command" "$name" || say "$line" "'$command' does not run $name"
        [[ $command != './dev test '* ]] || [[ $name != soak.* ]] || grep -q '^# suite: ' "$file" ||
            say "$line" "$name is in no suite; ./dev soak runs it"
    done
done < <(grep -nE '^\|' docs/promises.md | grep -vE ':\| ?(-|Promise )')
[ "$rows" -gt 0 ] || say 0 "no promise stands there"
exit $bad
