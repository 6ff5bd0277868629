/* The BLAS under portable mode.
 *
 * OpenBLAS chooses its kernels when it is loaded, from the CPU and from the
 * environment, and different kernels round differently. Portable results need
 * the Haswell kernels on one thread with their built-in blocking, so a process
 * that finds anything else in its environment corrects it and starts itself
 * again, once. */
#ifndef UP_CLI_PIN_H
#define UP_CLI_PIN_H
#include "store/base/err.h"
#include <stdbool.h>

/* Remembers the command line for a second start. Call first in main. */
void up_pin_remember(char **argv);
/* Whether the portable kernels are running already. */
bool up_pin_portable_ready(void);
/* Returns with the portable kernels running, or starts the program again, or
 * fails: UP_EUNSUPPORTED on a CPU without AVX2 and FMA. Call before any thread,
 * open store or output. */
int up_pin_portable(struct up_err *err);

#endif
