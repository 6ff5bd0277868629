#!/usr/bin/env bash
# folders.sh UPNAS PROGRAMS [COUNT]: COUNT hostile places for each of --out, the keys, the store and the config:
# somebody's files, lists of files that are no lists, links, folders, pipes and devices where files are awaited, odd
# and endless names. Each time the program ends by itself, with a sentence where it refuses, and whatever it did not
# write is there as it was.
# suite: 5
. "$(dirname "$0")/../../cli/lib.sh"
count=${3:-77}
RANDOM=${UPNAS_SEED:-1}
refused=0 taken=0

up run tiny.yaml
up run tiny.yaml --set search.top=2 --out two
mkdir precious && echo thesis >precious/thesis.tex && echo pages >precious/data.csv && cp tiny.yaml precious
mapfile -t names < <(tail -n +2 results/files.txt | cut -c 67-)
mark=$(head -n 1 results/files.txt)
any() { local of=("$@") && echo "${of[RANDOM % $#]}"; }
name() { any "${names[@]}" thesis.tex data.csv files.txt; }
sum() { sha256sum "$1" | cut -d' ' -f1; }

# everything below a folder: kind, name, and the bytes of plain files
state() { # FOLDER
    (cd "$1" && find . -mindepth 1 ! -type f -printf '%y %p %l\n' && find . -type f -exec sha256sum {} +) | sort
}
# attack WHAT FOLDER ARG...: the program ends by itself, and no file of FOLDER that is not the program's is lost
attack() {
    local what=$1 rc=0
    shift 2
    timeout -k 1 60 "$upnas" "$@" >out 2>err </dev/null || rc=$?
    [ "$rc" -le 7 ] || { cat err >&2; fail "$what: exit $rc"; }
    if [ "$rc" != 0 ]; then
        [ "$(grep -vc '^upnas: warning' err)" = 1 ] && grep -q '^upnas: ' err || { cat err >&2; fail "$what: not one sentence"; }
        refused=$((refused + 1))
    else
        taken=$((taken + 1))
    fi
    ran=$rc
}

# ---- --out ----
hostile_out() { # makes p
    local n i
    rm -rf p
    case $((RANDOM % 7)) in
        0) cp -r precious p && for n in 1 2 3; do name; done >p/files.txt ;; # somebody's own list
        1) # a list with our mark, of files that are not as it says
            cp -r precious p
            { echo "$mark" && for n in 1 2; do echo "$(sum tiny.yaml)  $(name)"; done; } >p/files.txt
            ;;
        2) # a list that leads out of the folder
            cp -r precious p
            { echo "$mark" && echo "$(sum tiny.yaml)  $(any ../tiny.yaml ./tiny.yaml /etc/passwd .. . '' ' ' $'a\rb' "$(printf 'x%.0s' {1..300})")"; } >p/files.txt
            ;;
        3) # something else where a file of ours belongs
            cp -r precious p
            n=p/$(name)
            rm -f "$n"
            case $((RANDOM % 5)) in
                0) mkdir "$n" ;;
                1) mkfifo "$n" ;;
                2) ln -s ../tiny.yaml "$n" ;;
                3) ln -s "$(basename "$n")" "$n" ;;
                4) ln -s /dev/zero "$n" ;;
            esac
            ;;
        4) # an earlier run's, with a byte changed somewhere, the list included
            cp -r "$(any results two)" p
            n=p/$(any "${names[@]}" files.txt)
            [ -f "$n" ] || n=p/result.json
            i=$((RANDOM % $(stat -c %s "$n")))
            printf '%b' "\x$(printf %02x $((RANDOM % 256)))" | dd of="$n" bs=1 seek="$i" conv=notrunc status=none
            ;;
        5) cp -r two p && cp precious/* p && head -c $((RANDOM % 900 + 1)) two/files.txt >p/files.txt ;; # a list cut short
        6) cp -r precious p && head -c $((RANDOM % 3000)) /dev/urandom >p/files.txt ;;
    esac
}
for ((k = 1; k <= count; ++k)); do
    hostile_out
    rm -rf kept && cp -rP p kept
    list=$(tr -d '\0' 2>/dev/null <kept/files.txt || true)
    attack "--out $k" p run tiny.yaml --out p
    if [ "$ran" != 0 ]; then
        diff <(state kept) <(state p) >changed || { cat changed err >&2; fail "--out $k: refused, and changed it"; }
    else # all that was there is there, or was in a list with the mark and with its sum
        while read -r digest file; do
            [ "$(sum "p/$file" 2>/dev/null)" = "$digest" ] || [ "$file" = ./files.txt ] ||
                { [[ $list == "$mark"* ]] && grep -qxF "$digest  ${file#./}" <<<"$list"; } ||
                fail "--out $k: $file is lost: $(cat kept/files.txt)"
        done < <(cd kept && find . -type f -exec sha256sum {} +)
        (cd p && sha256sum --check --strict --quiet files.txt) || fail "--out $k: not what the list says"
    fi
done
long=$(printf 'y%.0s' {1..255})
ln -s nowhere dangling && ln -s loop loop && ln -s precious alias && mkfifo pipe
before=$(state precious)
odd=('' . .. / /dev/null /dev/full /proc /proc/self/fd "$long$long" "a/b/c" tiny.yaml tiny.yaml/x dangling loop pipe
    $'new\nline' $'\e[31mred' ' ' -- --out "$long" alias/ ./alias/../precious)
for place in "${odd[@]}"; do
    attack "--out '$place'" . run tiny.yaml space --out "$place"
    case $place in . | .. | / | alias/ | ./alias*) continue ;; esac # places that are fine, and not ours to fill here
    attack "--out '$place'" . run tiny.yaml --out "$place"
done
[ "$(state precious)" = "$before" ] && cmp tiny.yaml precious/tiny.yaml || fail "an odd place cost a file"
[ -p pipe ] && [ -L dangling ] && [ -L loop ] || fail "a link or a pipe was replaced"

# ---- a file that a command was told to write ----
for place in precious/thesis.tex tiny.yaml pipe dangling precious /dev/null loop; do
    attack "report --html $place" . report --html "$place"
    [ "$ran" != 0 ] || [ "$place" = dangling ] || fail "report --html replaced $place"
    attack "export last $place" . export last "$place"
    [ "$ran" != 0 ] || [ "$place" = dangling ] || fail "export replaced $place"
done
[ "$(state precious)" = "$before" ] && [ -c /dev/null ] && [ -p pipe ] || fail "a file that was there was replaced"

# ---- keys ----
export XDG_CONFIG_HOME=$work/config
umask 022
up key generate me-1
up remote add here "file://$work/remote" --rw --trust me-1
"$upnas" key list >keys
cp -rp config sound
for ((k = 1; k <= count; ++k)); do
    rm -rf config && cp -rp sound config
    at=$(any config/upnas config/upnas/keys config/upnas/keys/me-1.public config/upnas/keys/me-1.secret config/upnas/trusted)
    [ "$at" != config/upnas/trusted ] || : >"$at"
    unsafe=''
    case $((RANDOM % 6)) in
        0) chmod "$(any g+w o+w a+w)" "$at" && unsafe=1 ;;
        1) rm -rf "$at" && mkfifo "$at" ;;
        2) rm -rf "$at" && ln -s "$(any /dev/zero /dev/null loop ../.. /nowhere)" "$at" ;;
        3) [ -d "$at" ] || head -c $((RANDOM % 200)) /dev/urandom >"$at" ;;
        4) rm -rf "$at" && mkdir "$at" ;;
        5) [ ! -d "$at" ] || touch "$at/$(any evil.public ..public .public "$long" $'a\nb.public')" ;;
    esac
    attack "keys $k" . key list
    [ -z "$unsafe" ] || [[ $at == *.secret ]] || [ "$ran" != 0 ] || fail "keys $k: others can write $at, and it is used"
    attack "keys $k" . key generate me-2
    attack "keys $k" . push
    [ "$ran" != 0 ] || [ -z "$unsafe" ] || fail "keys $k: $at is not the owner's alone, and signs"
done
rm -rf config && cp -rp sound config

# ---- stores ----
cp -r .upnas whole
for ((k = 1; k <= count; ++k)); do
    rm -rf s
    case $((RANDOM % 6)) in
        0) place=$(any "${odd[@]}") && [[ ! $place =~ ^(.|..|/|alias/|a/b/c|./alias.*)$ ]] || place=tiny.yaml ;;
        1) cp -r whole s && rm s/data.mdb && mkdir s/data.mdb && place=s ;;
        2) cp -r precious s && place=s ;;
        3) mkdir s && head -c $((RANDOM % 20000)) /dev/urandom >s/data.mdb && place=s ;;
        4) cp -r whole s && truncate -s $((RANDOM * 8)) s/data.mdb && place=s ;;
        5) cp -r whole s && rm s/lock.mdb && mkdir s/lock.mdb && place=s ;;
    esac
    attack "store $k: $place" . "$(any log status report)" --store "$place"
done
[ "$(state precious)" = "$before" ] && cmp tiny.yaml precious/tiny.yaml || fail "a store's place cost a file"

# ---- configs ----
for place in '' . / /dev/null /proc/self/mem "$long$long" precious tiny.yaml/x dangling loop $'new\nline' ' ' .upnas/data.mdb; do
    attack "config '$place'" . plan "$place"
    [ "$ran" != 0 ] || [ "$place" = /dev/null ] || fail "'$place' was taken for a config"
done
"$upnas" verify >out 2>err || { cat out err >&2; fail "the store has suffered"; }
echo "$count hostile folders of each kind and $((${#odd[@]} + 20)) odd names: $refused refused, $taken taken, no file lost"
