#!/usr/bin/env bash
# A clock that was a year ahead: `last` and `gc --keep` follow the order in which the store got its runs, and the
# stamp from the future is said once.
. "$(dirname "$0")/lib.sh"
[ -z "${UPNAS_SLOW:-}" ] || skip "a sanitized program does not take a preloaded library"
cat >clock.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
int clock_gettime(clockid_t id, struct timespec *t)
{
    int (*real)(clockid_t, struct timespec *) = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int rc = real(id, t);
    if (rc == 0 && id == CLOCK_REALTIME)
        t->tv_sec += 365 * 86400;
    return rc;
}
C
cc -shared -fPIC -o clock.so clock.c -ldl 2>/dev/null || skip "no C compiler here"
up run tiny.yaml data --no-out
first=$("$upnas" log --limit 1 | cut -d" " -f1)
LD_PRELOAD=$PWD/clock.so "$upnas" run tiny.yaml data --no-out --set data.batch=4 >out 2>err || fail "a run with another clock"
ahead=$("$upnas" log --limit 1 2>/dev/null | cut -d" " -f1)
[ "${ahead:0:4}" -gt "${first:0:4}" ] || skip "the program's clock cannot be set"
up run tiny.yaml data --no-out --set seed=3
up log
[ "$(grep -c 'is still to come' err)" = 1 ] || { cat err >&2; fail "the stamp from the future is not said once"; }
mapfile -t order < <(cut -d" " -f1 out)
[ "${order[1]}" = "$ahead" ] && [ "${order[2]}" = "$first" ] || { cat out >&2; fail "log does not follow the order of coming"; }
up show last
grep -q "${order[0]}" out || fail "last is not the run that came last"
[ ! -s err ] || ! grep -q 'still to come' err || fail "last warns of another run"
up show last~1
grep -q "$ahead" out && grep -q 'still to come' err || fail "last~1 is not the run from the future, or does not say so"
up gc --grace 0 --keep 1
up log
[ "$(cut -d" " -f1 out)" = "${order[0]}" ] || { cat out >&2; fail "gc --keep 1 kept another run"; }
# as it came into another store: by an import
up export "${order[0]}" one.bundle
up init --store B
LD_PRELOAD=$PWD/clock.so "$upnas" run tiny.yaml data --no-out --store B >out 2>err || fail "a run with another clock"
up import one.bundle --store B
up show last --store B
grep -q "${order[0]}" out || fail "what was imported last is not the last run"
