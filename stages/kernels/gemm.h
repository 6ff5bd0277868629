/* Dense linear algebra: the only door to OpenBLAS and its LAPACK.
 *
 * Row-major. Each call runs on one thread. The library is loaded at first use and
 * chooses its kernels then; in portable mode the process asks for the Haswell
 * ones before that, whose bits depend on shapes and values alone. Where address space is
 * short, calls wait for each other instead of failing. Callers split work over
 * threads by independent problems, never by cutting one product. */
#ifndef UP_KERNELS_GEMM_H
#define UP_KERNELS_GEMM_H
#include "store/base/err.h"

/* Loads OpenBLAS now. UP_EUNSUPPORTED when it is not installed or has no room; whoever calls
 * the rest without having asked aborts then. */
int up_blas_load(struct up_err *err);

enum up_trans { UP_N, UP_T };

/* Sizes and factors of C[m][n] = alpha * op(A)[m][k] * op(B)[k][n] + beta * C. */
struct up_gemm {
    enum up_trans ta, tb; /* what op(A) and op(B) are: the matrix or its transpose */
    int m, n, k;
    double alpha, beta;
};
/* ld* = row strides. */
void up_sgemm(float *c, int ldc, const float *a, int lda, const float *b, int ldb,
              const struct up_gemm *g);
void up_dgemm(double *c, int ldc, const double *a, int lda, const double *b, int ldb,
              const struct up_gemm *g);

/* Eigenvalues of a symmetric matrix, ascending (dsyev). a[n][n] is destroyed.
 * UP_EINVAL when it holds NaN or does not converge. */
int up_sym_eigenvalues(double *w, double *a, int n, struct up_err *err);
/* log|det a| by LU (dgetrf); a is destroyed; -inf when singular. */
double up_log_abs_det(double *a, int n);

/* Name of the running kernel set, such as "Haswell". */
const char *up_blas_core(void);
/* Release and build, such as "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH NO_AFFINITY ...". */
const char *up_blas_config(void);

#endif
