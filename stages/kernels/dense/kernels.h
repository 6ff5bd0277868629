/* What the files of this folder share: the names of the kernels they make, each for one real
 * type and instruction set, and loops over columns and rows. Only the tests need double. */
#ifndef UP_KERNELS_DENSE_KERNELS_H
#define UP_KERNELS_DENSE_KERNELS_H
#include "stages/kernels/dense.h"
#include "stages/kernels/dense/double.h"
#include "stages/kernels/dense/exp.h"
#include "stages/kernels/simd.h"

#include <math.h>
#include <string.h>

#if defined UP_REAL_F64
#define up_dense up_dense_f64
#define up_bn up_bn_f64
#define up_bn_rows up_bn_rows_f64
#define up_bn_gradients up_bn_gradients_f64
#define real_exp exp
#else
#define real_exp up_exp_f32
#endif

/* A kernel as a function of its own; its type is that of its place in the table. */
#define UP_KERNEL(name) __typeof__(*((struct up_dense *)0)->name) UP_VARIANT(up_dense_##name)
UP_KERNEL(matmul);
UP_KERNEL(fill);
UP_KERNEL(relu);
UP_KERNEL(relu_backward);
UP_KERNEL(sums);
UP_KERNEL(dot);
UP_KERNEL(gather);
UP_KERNEL(exp);
UP_KERNEL(bce);
UP_KERNEL(turn);
UP_KERNEL(bn_measure);
UP_KERNEL(bn_settle);
UP_KERNEL(bn_freeze);
UP_KERNEL(bn_apply);
UP_KERNEL(bn_slopes);
UP_KERNEL(bn_turn);
UP_KERNEL(bn_back);
UP_KERNEL(bn_train);
UP_KERNEL(bn_backward);

/* Columns and rows whose sums are taken together, columns that are read together. */
enum { EACH = 32, FEW = 8, LINE = 128 };
#define UP_FIXED static inline __attribute__((always_inline, unused))

/* f(first column, how many) over C columns, `each` at a time: the number is a constant but
 * for the rest. */
#define UP_IN_CHUNKS_OF(each, C, f)                                                            \
    int c0 = 0;                                                                                \
    for (; c0 + (each) <= (C); c0 += (each))                                                   \
        f(each);                                                                               \
    if (c0 < (C))                                                                              \
    f((C)-c0)
#define UP_IN_CHUNKS(C, f) UP_IN_CHUNKS_OF(EACH, C, f)

/* f(first row, how many) over B rows: the number is a constant but for the rest, whose rows
 * go one by one. What few rows add up to is a sum of real, everything else of double. */
#define UP_IN_FEWS(B, f)                                                                       \
    int r0 = 0;                                                                                \
    for (; r0 + FEW <= (B); r0 += FEW)                                                         \
        f(FEW);                                                                                \
    for (; r0 + FEW / 2 <= (B); r0 += FEW / 2)                                                 \
        f(FEW / 2);                                                                            \
    for (; r0 < (B); r0++)                                                                     \
    f(1)

/* s[n] += the sum of x over few rows. */
UP_FIXED void sum_few(double *s, const real *x, int rows, int n, int ld)
{
    for (int c = 0; c < n; c++) {
        real t = 0;
        for (int r = 0; r < rows; r++)
            t += x[(long)r * ld + c];
        s[c] += (double)t;
    }
}

#endif
