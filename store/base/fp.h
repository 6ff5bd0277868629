/* The processor's floating-point state.
 *
 * Portable bits rest on rounding to nearest, on subnormal numbers that are kept, and on the
 * x87 unit's full precision. All three are state of a thread, inherited from whoever made it,
 * and any library in the process may have changed them. So whoever computes asks for them
 * first: main, each node before it runs, each thread before it works. */
#ifndef UP_BASE_FP_H
#define UP_BASE_FP_H

/* Puts this thread's state to what a new process has. A few nanoseconds. */
void up_fp_reset(void);

#endif
