/* Which kernels OpenBLAS runs.
 *
 * OpenBLAS chooses its kernels when it is loaded, from the CPU and from the
 * environment, and different kernels round differently. Portable results need
 * the Haswell kernels with their built-in blocking; native ones take whatever
 * suits the CPU. Either way on one thread: more would change bits. */
#ifndef UP_CLI_SHARED_OPENBLAS_H
#define UP_CLI_SHARED_OPENBLAS_H
#include "store/base/err.h"
#include <stdbool.h>

/* Puts the environment right and loads OpenBLAS. Call before any thread and
 * before anything computes. UP_EUNSUPPORTED on a CPU without AVX2 and FMA
 * (portable), or when OpenBLAS is missing or runs other kernels. */
int up_pin_kernels(bool native, struct up_err *err);

#endif
