#!/usr/bin/env bash
# What is installed serves a program outside: every header compiles alone and with all others,
# in C11 and C++17, and a program that opens a store and scores an architecture is built with
# pkg-config and with CMake, in both languages, and prints the same each time.
. "$(dirname "$0")/lib.sh"
build=${UPNAS_BUILD:?the build folder}
command -v cmake >/dev/null || skip "cmake is not installed"
command -v pkg-config >/dev/null || skip "pkg-config is not installed"
grep -q '^CMAKE_C_FLAGS:.*-fsanitize' "$build/CMakeCache.txt" && skip "a sanitized library is no library for others"
cc=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")
cxx=$(command -v c++) || cxx=

cmake --install "$build" --prefix "$work/prefix" >installed 2>&1 || { cat installed >&2; fail "cmake --install"; }
include=$work/prefix/include/upnas
mapfile -t headers < <(cd "$include" && find . -name '*.h' -printf '%P\n' | sort)
[ "${#headers[@]}" -gt 10 ] || fail "only ${#headers[@]} headers are installed"

# check LANGUAGE FILE: compiles it strictly and links nothing.
check() {
    local compiler=("$cc" -std=c11 -Wstrict-prototypes)
    [ "$1" = c ] || compiler=("$cxx" -std=c++17)
    "${compiler[@]}" -x "$1" -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I"$include" "$2" || fail "$2 as $1"
}
languages=(c)
[ -z "$cxx" ] || languages+=(c++)
for header in "${headers[@]}"; do
    printf '#include "%s"\n#include "%s"\n' "$header" "$header" >alone.h_
    for language in "${languages[@]}"; do check "$language" alone.h_ || fail "$header alone"; done
done
for order in sort 'sort -r'; do
    printf '#include "%s"\n' "${headers[@]}" | $order >together.h_
    for language in "${languages[@]}"; do check "$language" together.h_; done
done

cat >program.c <<'C'
#include "stages/library/score.h"
#include "store/store.h"
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv)
{
    static float x[4 * 3 * 8 * 8];
    static const int32_t y[4] = {0, 1, 2, 3};
    struct up_library_batch batch = {4, 8, 8, 10, x, y};
    struct up_library_score s[32];
    struct up_store *store = NULL;
    struct up_store_opts opts;
    struct up_err err;
    memset(&opts, 0, sizeof opts);
    opts.read_only = true;
    for (int i = 0; i < 4 * 3 * 8 * 8; i++)
        x[i] = (float)(i * 37 % 101) / 50 - 1;
    if (argc != 3 || up_store_open(&store, argv[1], &opts, &err) ||
        up_library_score(s, "nb201", argv[2], &batch, 1, &err))
        return fprintf(stderr, "%s\n", err.msg), 1;
    up_store_close(store);
    for (size_t i = 0; i < up_library_proxies(); i++)
        printf("%s %.17g %s\n", s[i].proxy, s[i].value, s[i].reason ? s[i].reason : "");
    return 0;
}
C
cp program.c program.cpp
arch='|nor_conv_3x3~0|+|skip_connect~0|nor_conv_1x1~1|+|avg_pool_3x3~0|nor_conv_3x3~1|none~2|'
up init --store st

PKG_CONFIG_PATH="$work/prefix/lib/pkgconfig:$work/prefix/lib64/pkgconfig:$(echo "$work"/prefix/lib/*/pkgconfig)"
export PKG_CONFIG_PATH
[ "$(pkg-config --modversion upnas)" = "$("$upnas" --version | sed 's/upnas //')" ] || fail "upnas.pc has another version"
read -ra flags < <(pkg-config --cflags --libs upnas)
"$cc" -std=c11 -Wall -Wextra -Werror program.c -o with-pc "${flags[@]}" || fail "program.c with pkg-config"
./with-pc st "$arch" >said || fail "the program does not run"
grep -q '^nwot [-0-9]' said || { cat said >&2; fail "no score"; }
if ./with-pc st '|no|' >/dev/null 2>why; then fail "no architecture is an architecture"; fi
[ -s why ] || fail "no sentence"
if [ -n "$cxx" ]; then
    "$cxx" -std=c++17 -Wall -Wextra -Werror program.cpp -o with-pc-cpp "${flags[@]}" || fail "program.cpp with pkg-config"
    ./with-pc-cpp st "$arch" | cmp - said || fail "another score from C++"
fi

mkdir project && cp program.c program.cpp project/
cat >project/CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(outside LANGUAGES C)
find_package(upnas REQUIRED)
add_executable(in-c program.c)
target_link_libraries(in-c PRIVATE upnas::stages)
if(CXX)
  enable_language(CXX)
  add_executable(in-cpp program.cpp)
  target_compile_features(in-cpp PRIVATE cxx_std_17)
  target_link_libraries(in-cpp PRIVATE upnas::stages)
endif()
CMAKE
cmake -S project -B project/build -DCMAKE_C_COMPILER="$cc" ${cxx:+-DCXX=ON -DCMAKE_CXX_COMPILER="$cxx"} \
    -DCMAKE_PREFIX_PATH="$work/prefix" >configured 2>&1 || { cat configured >&2; fail "find_package(upnas)"; }
cmake --build project/build >built 2>&1 || { cat built >&2; fail "the project does not build"; }
project/build/in-c st "$arch" | cmp - said || fail "another score with CMake"
[ -z "$cxx" ] || project/build/in-cpp st "$arch" | cmp - said || fail "another score with CMake from C++"
echo "${#headers[@]} headers, each alone and all together in ${languages[*]}"
