#!/usr/bin/env bash
# upnas completion bash: the script that is printed completes what the program's tables have.
. "$(dirname "$0")/lib.sh"

up completion bash
bash -n out || fail "bash does not read the script"
# shellcheck disable=SC1091
. ./out
compopt() { :; } # outside of a completion bash refuses it

# complete WORD...: the words offered for the last one, in one line
complete_words() {
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    _upnas
    printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' '
}
offers() { # WANTED WORD...: WANTED is among the words offered
    local want=$1
    shift
    case " $(complete_words "$@")" in
        *" $want "*) ;;
        *) fail "after '$*' the shell is not offered '$want': $(complete_words "$@")" ;;
    esac
}

[ "$(complete_words upnas ex)" = "explain export " ] || fail "commands: $(complete_words upnas ex)"
# Every command that --help lists is offered, and every option that its own help lists.
"$upnas" --help | sed -n 's/^  \([a-z]*\) .*/\1/p' >commands
[ "$(wc -l <commands)" -ge 23 ] || fail "--help lists too few commands"
while read -r command; do
    offers "$command" upnas "$command"
    "$upnas" "$command" --help | sed -n 's/^  \(--[a-z-]*\) .*/\1/p' >options
    [ "$(wc -l <options)" -ge 4 ] || fail "$command --help lists too few options"
    while read -r option; do offers "$option" upnas "$command" "$option"; done <options
done <commands
[ "$(complete_words upnas run tiny.yaml --html)" = " " ] || fail "run is offered an option of report"

offers tiny.yaml upnas run t
offers lambda.preset= upnas run tiny.yaml --set lam
[ "$(complete_words upnas score --space n)" = "nb201 " ] || fail "spaces"
offers rank-gauss upnas rank --calibrate r
offers trust upnas key t
mkdir folder && offers folder upnas run --store fol
while read -r key; do offers "$key=" upnas run tiny.yaml --set "$key"; done < <("$upnas" explain --keys | awk '{ print $1 }')
refuse 2 "not for 'zsh'" completion zsh
