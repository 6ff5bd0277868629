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

# store keeps bytes: base is the vocabulary, file is data.mdb, remote is what lies outside.
allow store/base 9 'store/base/'
allow store/file 9 'store/base/|store/file/|store/(state|sweep)'
allow store/remote 9 'store/base/|store/store|store/remote/'
allow store 1 'store/base/|store/file/|store/(store|state|lease|sweep)'
# dag decides what runs: each folder reads those before it in this list.
allow dag 1 'store/base/'
allow dag/config 9 'store/base/|dag/stage|dag/config/'
allow dag/record 9 'store/|dag/config/|dag/record/'
allow dag/exchange 9 'store/|dag/record/|dag/exchange/'
allow dag/plan 9 'store/|dag/(config|record|exchange|plan)/'
allow dag/run 9 'store/|dag/(config|record|plan|run)/'
allow dag/gc 9 'store/|dag/record/|dag/gc/'
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
# cli talks to people: a command gives answers, as text, pages or JSON; all share what lies in shared.
allow cli/shared 9 'store/|dag/|stages/|cli/shared/'
allow cli/answer 9 'store/|dag/|stages/|cli/(shared|answer)/'
allow cli/page 9 'store/|dag/|stages/|cli/(shared|answer|page)/'
allow cli/command 9 'store/|dag/|stages/|cli/(shared|answer|page|command)/'
allow cli 1 'store/base/|dag/|cli/shared/'

once lmdb.h
once curl/curl.h
once cblas.h
once yaml.h
once microhttpd.h

never store dag stages -- 'exit\(|getenv\(|setenv\(|signal\(|sigaction\(|f?printf\(|f?puts\(|putchar\(|setlocale\(' \
    'only cli exits, prints, reads the environment or handles signals' '^store/base/(err|arena)\.c:|^stages/space/nb201/print_order\.c:'
never stages -- 'fopen\(|open\(|opendir\(|clock_gettime\(|time\(|gettimeofday\(|rand\(' \
    'stages do no I/O, read no clock and draw only from store/base/rng.h'
never store dag stages cli -- 'MDB_(NOSYNC|NOMETASYNC|MAPASYNC|WRITEMAP)|v?fork\(' \
    'the store is durable, and never used across fork'
# Text from outside reaches people through cli/shared/say.h alone. What is left to other calls: own words, and bytes of files.
never cli -- 'up_buf_printf\(|f?printf\(|f?puts\(|putchar\(|fwrite\(' \
    'commands say things with up_say, up_cli_print, up_cli_warn and up_cli_error (cli/shared/say.h)' \
    '^cli/main\.c:|^cli/shared/(say|io|options|progress|keys|config_keys)\.c:|^cli/answer/(outdir|outdir_list)\.c:|^cli/command/completion\.c:|^cli/page/|up_buf_printf\(&(path|temp|dir|name),'
exit $bad
