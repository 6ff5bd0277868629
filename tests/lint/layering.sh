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
allow stages/nn 9 'store/base/|stages/nn/'
allow stages/space 9 'store/base/|stages/space/'
allow stages/format 9 'store/base/|stages/format/|stages/space/'
allow stages/stat 9 'store/base/|stages/nn/|stages/stat/'
allow stages/proxy 9 'store/base/|stages/nn/|stages/space/|stages/proxy/'
allow stages/model 9 'store/base/|stages/nn/|stages/space/|stages/stat/|stages/model/'
allow stages 1 'store/base/|dag/stage|stages/'
shared='store/base/|dag/stage|stages/(nn|space|format|stat|proxy|model|artifact)/'
allow stages/artifact 9 'store/base/|stages/(nn|space|stat|model|artifact)/'
for own in data benchmark scores lambda search decode report; do
    allow "stages/$own" 9 "$shared|stages/$own/"
done
allow stages/rank 9 "$shared|stages/(benchmark|lambda|rank)/"
allow cli 9 'store/|dag/|stages/|cli/'

once lmdb.h
once curl/curl.h
once cblas.h
once yaml.h
once microhttpd.h

never store dag stages -- 'exit\(|getenv\(|setenv\(|signal\(|sigaction\(|f?printf\(|f?puts\(|putchar\(|setlocale\(' \
    'only cli exits, prints, reads the environment or handles signals' '^store/base/(err|arena)\.c:|^stages/space/order/'
never stages -- 'fopen\(|open\(|opendir\(|clock_gettime\(|time\(|gettimeofday\(|rand\(' \
    'stages do no I/O, read no clock and draw only from store/base/rng.h'
never store dag stages cli -- 'MDB_(NOSYNC|NOMETASYNC|MAPASYNC|WRITEMAP)|v?fork\(' \
    'the store is durable, and never used across fork'
# Text from outside reaches people through cli/say.h alone. What is left to other calls: own words, and bytes of files.
never cli -- 'up_buf_printf\(|f?printf\(|f?puts\(|putchar\(|fwrite\(' \
    'commands say things with up_say, up_cli_print, up_cli_warn and up_cli_error (cli/say.h)' \
    '^cli/(say|io|main|options|progress|keys|outdir|outdir_list)\.c:|^cli/page/|up_buf_printf\(&(path|temp|dir|name),'
exit $bad
