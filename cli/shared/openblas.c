#include "cli/shared/openblas.h"
#include "stages/kernels/gemm.h"
#include <stdlib.h>
#include <string.h>

/* NULL: must not be set. */
static const struct {
    const char *name, *value;
    bool native; /* in native mode too */
} wanted[] = {
    {"OPENBLAS_CORETYPE", "Haswell", false},
    {"OPENBLAS_BLOCK_FACTOR", NULL, false},
    {"OPENBLAS_NUM_THREADS", "1", true},
};

int up_pin_kernels(bool native, struct up_err *err)
{
    if (!native && (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")))
        return up_fail(
            err, UP_EUNSUPPORTED,
            "this CPU has no AVX2 and FMA, which portable results need; use 'mode: "
            "native' in the config (its results are not shared with other machines)");
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; ++i)
        if ((!native || wanted[i].native) &&
            (wanted[i].value ? setenv(wanted[i].name, wanted[i].value, 1)
                             : unsetenv(wanted[i].name)))
            return up_fail_errno(err, "cannot set %s", wanted[i].name);
    int rc = up_blas_load(err);
    if (!rc && !native && strcmp(up_blas_core(), "Haswell"))
        rc = up_fail(err, UP_EUNSUPPORTED,
                     "OpenBLAS runs its %s kernels although Haswell was asked for; portable "
                     "results need Debian's libopenblas0-pthread",
                     up_blas_core());
    return rc;
}
