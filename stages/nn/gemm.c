#include "stages/nn/gemm.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>

/* LAPACK in OpenBLAS, Fortran calling convention: everything by address. */
void dsyev_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda,
            double *w, double *work, const int *lwork, int *info, size_t jobz_len,
            size_t uplo_len);
void dgetrf_(const int *m, const int *n, double *a, const int *lda, int *pivot, int *info);

static enum CBLAS_TRANSPOSE op(enum up_trans t)
{
    return t == UP_T ? CblasTrans : CblasNoTrans;
}

void up_sgemm(float *c, int ldc, const float *a, int lda, enum up_trans ta, const float *b,
              int ldb, enum up_trans tb, int m, int n, int k, float alpha, float beta)
{
    cblas_sgemm(CblasRowMajor, op(ta), op(tb), m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void up_dgemm(double *c, int ldc, const double *a, int lda, enum up_trans ta, const double *b,
              int ldb, enum up_trans tb, int m, int n, int k, double alpha, double beta)
{
    cblas_dgemm(CblasRowMajor, op(ta), op(tb), m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

int up_sym_eigenvalues(double *w, double *a, int n, struct up_err *err)
{
    for (int i = 0; i < n * n; ++i)
        if (!isfinite(a[i]))
            return up_fail(err, UP_EINVAL, "the matrix has an entry that is no finite number");
    int lwork = 34 * n, info = 0;
    double *work = malloc((size_t)lwork * sizeof *work);
    if (!work)
        return up_fail(err, UP_ENOMEM, "no memory for the eigenvalues of a %d x %d matrix", n,
                       n);
    dsyev_("N", "U", &n, a, &n, w, work, &lwork, &info, 1, 1);
    free(work);
    if (info)
        return up_fail(err, UP_EINVAL, "the eigenvalues did not converge (dsyev: %d)", info);
    return UP_OK;
}

double up_log_abs_det(double *a, int n)
{
    int info = 0, *pivot = malloc((size_t)n * sizeof *pivot);
    UP_CHECK(pivot != NULL);
    dgetrf_(&n, &n, a, &n, pivot, &info);
    free(pivot);
    UP_CHECK(info >= 0);
    double sum = 0;
    for (int i = 0; i < n; ++i)
        sum += log(fabs(a[i * n + i]));
    return sum;
}

const char *up_blas_core(void) { return openblas_get_corename(); }
