#include "cli/pin.h"
#include "stages/nn/gemm.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char **command_line;

void up_pin_remember(char **argv) { command_line = argv; }

static bool is(const char *name, const char *value)
{
    const char *have = getenv(name);
    return value ? have && !strcmp(have, value) : !have;
}

/* NULL: must not be set. */
static const struct {
    const char *name, *value;
} wanted[] = {
    {"OPENBLAS_CORETYPE", "Haswell"},
    {"OPENBLAS_NUM_THREADS", "1"},
    {"OPENBLAS_BLOCK_FACTOR", NULL},
};
enum { WANTED = sizeof wanted / sizeof wanted[0] };

bool up_pin_portable_ready(void)
{
    for (int i = 0; i < WANTED; ++i)
        if (!is(wanted[i].name, wanted[i].value))
            return false;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
           !strcmp(up_blas_core(), "Haswell");
}

int up_pin_portable(struct up_err *err)
{
    static const char guard[] = "UPNAS_PINNED";

    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        return up_fail(
            err, UP_EUNSUPPORTED,
            "this CPU has no AVX2 and FMA, which portable results need; use 'mode: "
            "native' in the config (its results are not shared with other machines)");
    if (up_pin_portable_ready()) {
        unsetenv(guard);
        return UP_OK;
    }
    if (getenv(guard))
        return up_fail(err, UP_EUNSUPPORTED,
                       "OpenBLAS runs its %s kernels although Haswell was asked for; portable "
                       "results need Debian's libopenblas0-pthread",
                       up_blas_core());
    for (int i = 0; i < WANTED; ++i)
        if (wanted[i].value ? setenv(wanted[i].name, wanted[i].value, 1)
                            : unsetenv(wanted[i].name))
            return up_fail_errno(err, "cannot set %s", wanted[i].name);
    setenv(guard, "1", 1);
    execv("/proc/self/exe", command_line);
    return up_fail_errno(
        err, "cannot start again with %s=%s (/proc must be mounted); set it yourself",
        wanted[0].name, wanted[0].value);
}
