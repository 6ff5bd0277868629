/* What the measuring programs of this folder share. */
#ifndef UP_BENCH_CLOCK_H
#define UP_BENCH_CLOCK_H
#include "stages/kernels/gemm.h"

#include <stdlib.h>
#include <time.h>

static inline double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* GFLOP/s of OpenBLAS on 1024^3, one thread, the best of some. */
static inline double sgemm_speed(void)
{
    enum { N = 1024, TRIES = 9 };
    float *a = calloc(3 * (size_t)N * N, sizeof *a), *b = a + N * N, *c = b + N * N;
    double best = 1e9;
    for (int i = 0; i < TRIES; ++i) {
        double start = now(), took;
        up_sgemm(c, N, a, N, b, N, &(struct up_gemm){UP_N, UP_N, N, N, N, 1, 0});
        took = now() - start;
        best = took < best ? took : best;
    }
    free(a);
    return 2e-9 * N * N * N / best;
}

#endif
