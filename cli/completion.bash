# bash completion for upnas: commands, options, configs, keys after --set.
_upnas() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]-}
    local commands="init run plan status explain log show diff verify merge score rank remote push pull key gc pin export import report serve help version"
    local options="--help --json --store --allow-network-store"
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "$commands --help --version" -- "$word")
        return
    fi
    case "$before" in
        --store | --out) mapfile -t COMPREPLY < <(compgen -d -- "$word") && return ;;
        --weights | --images | --labels | --scores | --accuracy) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
        --space) mapfile -t COMPREPLY < <(compgen -W "nb201 darts" -- "$word") && return ;;
        --dataset) mapfile -t COMPREPLY < <(compgen -W "cifar10 cifar100 imagenet16-120 svhn" -- "$word") && return ;;
        --credentials | --ca) mapfile -t COMPREPLY < <(compgen -f -- "$word") && return ;;
        --calibrate) mapfile -t COMPREPLY < <(compgen -W "rank-gauss signed-log zscore minmax raw" -- "$word") && return ;;
        --lambda) mapfile -t COMPREPLY < <(compgen -W "learned selected weighted sum sum- last" -- "$word"; compgen -f -- "$word") && return ;;
        --trust | --region | --endpoint | --stall | --key | --run | --from | --target | --ignore | --top | --threads | --batch | --seed | --limit | --port | --set | --arch | --rebuild | --grace | --max-size | --keep) return ;;
    esac
    case "$command" in
        run) options+=" --set --threads --out --no-out --offline --remote-seconds" ;;
        plan) options+=" --set --offline" ;;
        status) options+=" --set" ;;
        explain) options+=" --set --keys" ;;
        verify) options+=" --set --rebuild" ;;
        log) options+=" --limit" ;;
        merge) options+=" --dry-run" ;;
        remote) options+=" --rw --trust --credentials --endpoint --region --ca --stall" ;;
        push) options+=" --run --key --unsigned --repair --dry-run" ;;
        pull) options+=" --remote-seconds --set --from --run" ;;
        gc) options+=" --dry-run --grace --max-size --keep --no-compact" ;;
        show) options+=" --why --raw --csv" ;;
        report) options+=" --html" ;;
        serve) options+=" --port" ;;
        rank) options+=" --space --scores --lambda --accuracy --target --dataset --ignore --calibrate --top --strict" ;;
        score) options+=" --space --arch --weights --images --labels --dataset --batch --threads --isa --seed" ;;
    esac
    case "$word" in
        -*) mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word") ;;
        *) case "$command" in
            run | plan | status | explain | verify | pull) mapfile -t COMPREPLY < <(compgen -f -X '!*.yaml' -- "$word"; compgen -d -- "$word") ;;
            import | export) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
            pin) mapfile -t COMPREPLY < <(compgen -W "add list remove" -- "$word") ;;
            merge) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
            remote) mapfile -t COMPREPLY < <(compgen -W "add list remove" -- "$word"; compgen -d -- "$word") ;;
            key) mapfile -t COMPREPLY < <(compgen -W "generate list trust distrust" -- "$word") ;;
            esac ;;
    esac
}
complete -o filenames -F _upnas upnas
