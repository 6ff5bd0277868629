#!/usr/bin/env bash
# Who may include whom, and who may talk to the outside world. Anything else fails.
# usage: layering.sh PROJECT_ROOT
set -u
cd "$1" || exit 2
bad=0

# allow FOLDER DEPTH REGEX: every "quoted" include in FOLDER (DEPTH 1: this folder alone,
# 9: with those below) must match REGEX.
allow() {
    local hits
    hits=$(find "$1" -maxdepth "$2" -name '*.[ch]' -exec \
        grep -HnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' {} + | grep -vE "\"(($3)[a-z0-9_/]*\.h|[a-z0-9_]+\.inc)\"")
    [ -z "$hits" ] || { printf 'layering: %s may include only %s\n%s\n' "$1" "$3" "$hits" && bad=1; }
}
# never FOLDER... -- REGEX WHY [EXCEPT]: no code line matches REGEX (comments and strings aside).
never() {
    local where=() hits
    while [ "$1" != -- ]; do where+=("$1") && shift; done
    hits=$(find "${where[@]}" -name '*.[ch]' -exec grep -HnE "(^|[^a-zA-Z0-9_.>])($2)" {} + |
        grep -vE '^[^:]*:[0-9]+:[[:space:]]*(/?\*|//)' |
        grep -vE "^[^\"]*\"[^\"]*($2)[^\"]*\"" | grep -vE "${4-^\$}")
    [ -z "$hits" ] || { printf 'layering: %s\n%s\n' "$3" "$hits" && bad=1; }
}
# once HEADER: a third-party header that exactly one .c file may include.
once() {
    local files
    files=$(grep -rlE "^[[:space:]]*#[[:space:]]*include[[:space:]]*<$1>" --include='*.[ch]' store dag stages cli)
    if [ "$(printf '%s\n' "$files" | wc -l)" != 1 ] || [ "${files%.c}" = "$files" ]; then
        printf 'layering: <%s> belongs in one .c file, found in: %s\n' "$1" "${files:-none}"
        bad=1
    fi
}

allow store/base 9 'store/base/'
allow store 9 'store/'
allow dag 9 'store/|dag/'
# kernels are arithmetic; the engine runs networks on them and knows no proxy; a proxy reads the engine.
allow stages/kernels 9 'store/base/|stages/kernels/'
allow stages/space 9 'store/base/|stages/space/'
allow stages/format 9 'store/base/|stages/format/|stages/space/'
allow stages/engine 9 'store/base/|stages/kernels/|stages/space/|stages/engine/'
allow stages/proxy 9 'store/base/|stages/kernels/|stages/space/|stages/engine/|stages/proxy/'
allow stages/learn 9 'store/base/|stages/kernels/|stages/space/|stages/learn/'
# The nodes of the graph: each knows what lies beneath all of them, and no other node.
allow stages 1 'store/base/|dag/stage|stages/stages'
beneath='store/base/|dag/stage|stages/(kernels|space|format|engine|proxy|learn|artifact)/'
allow stages/artifact 9 'store/base/|dag/stage|stages/(kernels|space|learn|artifact)/'
for node in spaces data benchmark scores calibrate vgae mpe lambda search decode report; do
    allow "stages/$node" 9 "$beneath|stages/$node/"
done
allow stages/library 9 'store/base/|stages/(space|proxy|library)/'
allow stages/rank 9 "$beneath|stages/(benchmark|lambda|rank)/"
allow cli 9 'store/|dag/|stages/|cli/'

once lmdb.h
once curl/curl.h
once cblas.h
once yaml.h
once microhttpd.h

never store dag stages -- 'exit\(|getenv\(|setenv\(|signal\(|sigaction\(|f?printf\(|f?puts\(|putchar\(|setlocale\(' \
    'only cli exits, prints, reads the environment or handles signals' '^store/base/(err|arena)\.c:|^stages/space/nb201/print_order\.c:'
never stages -- 'fopen\(|open\(|opendir\(|clock_gettime\(|time\(|gettimeofday\(|rand\(' \
    'stages do no I/O, read no clock and draw only from store/base/rng.h'
exit $bad
