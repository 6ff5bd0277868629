#!/usr/bin/env bash
# A prefix is a module: a public name says which room it comes from. usage: prefixes.sh PROJECT_ROOT
# Public are the functions, and the struct, union and enum tags, that a header of a room declares.
set -u
cd "$1" || exit 2
bad=0

# FOLDER: every public name of the room begins with one of these prefixes, and no other room's does.
declare -A owns=(
    [stages/kernels]='up_adam up_blas up_block up_bn up_crew up_dense up_dgemm up_draw up_draws up_exp up_gemm up_grad
        up_isa up_log_abs_det up_loss up_matmul up_parallel up_products up_rectangle up_reduce up_seat up_sgemm up_span
        up_sym_eigenvalues up_tiles up_trans up_window'
    [stages/engine]='up_absolute up_ahead up_batch up_evaluation up_features up_given up_initial up_layout up_moments
        up_network up_op up_pass up_passes up_planes up_program up_published up_schedule up_scratch up_shape up_slab
        up_step up_subject up_target up_term'
    [stages/proxy]='up_proxy up_proxies up_score'
    [stages/space]='up_arch up_cell up_darts up_diagram up_nb201 up_net up_other up_space up_spelled up_spelling'
    [stages/format]='up_cifar up_csv up_csvw up_decimal up_json up_jw up_naslib up_npy up_npz up_svg up_table up_xml'
)
# Rooms whose names are still being put in order: at most so many of their public names may carry a prefix that
# another room has too. The numbers only ever fall; a room that is at 0 gets a line above.
declare -A shared=(
    [stages/learn]=2 [cli]=35 [stages/artifact]=5 [stages/scores]=4 [store]=32 [stages/search]=9
    [dag]=46 [stages/lambda]=12 [stages/decode]=2 [stages/report]=1
)
# Tags that are still defined twice; the list only ever shrinks.
twice=' up_entry '

# All public names, as lines "ROOM NAME FILE".
names() {
    # shellcheck disable=SC2016 # awk's, not the shell's
    find store dag stages cli -name '*.h' | sort | xargs awk '
        function emit(name, parts, room) {
            split(FILENAME, parts, "/")
            room = parts[1] == "stages" && parts[3] != "" ? parts[1] "/" parts[2] : parts[1]
            print room, name, FILENAME
        }
        /^(struct|enum|union) up_[a-z0-9_]+ *\{/ { emit($2) }
        /^[a-z].*[ *]up_[a-z0-9_]+\(/ && !/^typedef/ { sub(/\(.*/, ""); sub(/.*[ *]/, ""); emit($0) }'
}
has_prefix() { # NAME PREFIX...
    local name=$1 p
    shift
    for p in "$@"; do
        case "$name" in "$p" | "$p"_*) return 0 ;; esac
    done
    return 1
}

all=$(names)
declare -A users=() count=()
offenders=()
while read -r room name _; do # which rooms use up_WORD_
    word=${name#up_} word=${word%%_*}
    case " ${users[$word]-} " in *" $room "*) ;; *) users[$word]+=" $room" ;; esac
done <<<"$all"
while read -r room name file; do
    word=${name#up_} word=${word%%_*}
    if [ -n "${owns[$room]-}" ]; then
        # shellcheck disable=SC2086 # a list of words
        has_prefix "$name" ${owns[$room]} || {
            echo "prefixes: $file: $name carries none of the prefixes of $room (see $0)"
            bad=1
        }
    elif [ "${users[$word]}" != " $room" ]; then
        count[$room]=$((${count[$room]-0} + 1))
        offenders[${#offenders[@]}]="$room: $name in $file (also in:${users[$word]/ $room/})"
    fi
done <<<"$all"
for room in "${!count[@]}"; do
    if [ "${count[$room]}" -gt "${shared[$room]-0}" ]; then
        echo "prefixes: $room has ${count[$room]} public names with another room's prefix, at most ${shared[$room]-0} are left to mend:"
        printf '%s\n' "${offenders[@]}" | grep "^$room: "
        bad=1
    fi
done

# A tag means one thing in the whole tree.
while read -r tag; do
    case "$twice" in *" $tag "*) continue ;; esac
    echo "prefixes: $tag is defined in more than one place:"
    grep -rlE "^(struct|enum|union) $tag *\{" --include='*.[ch]' store dag stages cli tests
    bad=1
done < <(grep -rhoE '^(struct|enum|union) up_[a-z0-9_]+ *\{' --include='*.[ch]' store dag stages cli tests |
    awk '{ print $2 }' | sort | uniq -d)
exit $bad
