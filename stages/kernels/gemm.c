/* The one file that talks to OpenBLAS, which it loads when it is first needed. */
#include "stages/kernels/gemm.h"

#include <cblas.h>
#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* LAPACK in OpenBLAS, Fortran calling convention: everything by address. */
typedef void dsyev_fn(const char *jobz, const char *uplo, const int *n, double *a,
                      const int *lda, double *w, double *work, const int *lwork, int *info,
                      size_t jobz_len, size_t uplo_len);
typedef void dgetrf_fn(const int *m, const int *n, double *a, const int *lda, int *pivot,
                       int *info);

/* OpenBLAS chooses its kernels from the environment while it is being loaded, so
 * it is loaded at first use, not with the program. Written once, then only read. */
static struct {
    char problem[512];
    __typeof__(cblas_sgemm) *sgemm;
    __typeof__(cblas_dgemm) *dgemm;
    __typeof__(openblas_get_corename) *corename;
    __typeof__(openblas_get_config) *config;
    __typeof__(openblas_set_num_threads) *set_num_threads;
    dsyev_fn *dsyev;
    dgetrf_fn *dgetrf;
    void *(*take)(int);   /* a buffer; may be NULL */
    void (*give)(void *); /* back, for a later call */
} blas;
static pthread_once_t loaded = PTHREAD_ONCE_INIT;

/* OpenBLAS takes a buffer of 128 MiB for each call that runs at the same time as others, keeps
 * it for later calls, and tries again for ever where the system refuses one (ulimit -v). So
 * buffers are taken here, one more when a call finds all of them in use: nobody is inside
 * meanwhile, so that no two calls count on the same room. Where there is none left, calls wait
 * for each other. The first buffer is taken when the library is loaded. */
enum { BUFFER_MIB = 128, SPARE_MIB = 8, BUFFERS_MAX = 64 };
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int inside, buffers;
    bool growing, full; /* a buffer is being taken; there will be no more of them */
} calls = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static bool room_for_buffer(void)
{
    size_t n = (size_t)(BUFFER_MIB + SPARE_MIB) << 20;
    void *p = mmap(NULL, n, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p != MAP_FAILED && munmap(p, n) == 0;
}

/* One more buffer; nobody else is inside. OpenBLAS gives out those that it has first. */
static bool take_buffer(void)
{
    void *p[BUFFERS_MAX];
    int n = 0;
    if (!blas.take || calls.buffers == BUFFERS_MAX || !room_for_buffer())
        return false;
    while (n <= calls.buffers && (p[n] = blas.take(0)) != NULL)
        n++;
    bool more = n > calls.buffers;
    calls.buffers = n;
    while (n > 0)
        blas.give(p[--n]);
    return more;
}

static void enter_call(void)
{
    (void)pthread_mutex_lock(&calls.lock);
    while (calls.growing || calls.inside == calls.buffers) {
        if (calls.growing || calls.full) {
            (void)pthread_cond_wait(&calls.changed, &calls.lock);
            continue;
        }
        calls.growing = true;
        while (calls.inside > 0)
            (void)pthread_cond_wait(&calls.changed, &calls.lock);
        calls.full = !take_buffer();
        calls.growing = false;
        (void)pthread_cond_broadcast(&calls.changed);
    }
    calls.inside++;
    (void)pthread_mutex_unlock(&calls.lock);
}

static void leave_call(void)
{
    (void)pthread_mutex_lock(&calls.lock);
    calls.inside--;
    (void)pthread_cond_broadcast(&calls.changed);
    (void)pthread_mutex_unlock(&calls.lock);
}

/* Takes the first buffer. */
static void warm_up(void)
{
    double one = 1, out = 0;
    if (!room_for_buffer()) {
        (void)snprintf(blas.problem, sizeof blas.problem,
                       "it needs %d MiB of address space and the system refuses them (ulimit "
                       "-v?)",
                       BUFFER_MIB + SPARE_MIB);
        return;
    }
    blas.set_num_threads(1);
    blas.dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, 1, 1, 1, 1, &one, 1, &one, 1, 0, &out,
               1);
    calls.buffers = 1;
}

/* How OpenBLAS takes its buffers. A library that hides it gets no more than one call at a time.
 */
static void find_buffers(void *lib)
{
    void *take = dlsym(lib, "blas_memory_alloc"), *give = dlsym(lib, "blas_memory_free");
    if (!take || !give)
        return;
    memcpy(&blas.take, &take, sizeof take);
    memcpy(&blas.give, &give, sizeof give);
}

static void load_library(void)
{
    const struct {
        void *to; /* a function pointer of blas */
        const char *name;
    } routine[] = {
        {&blas.sgemm, "cblas_sgemm"},
        {&blas.dgemm, "cblas_dgemm"},
        {&blas.corename, "openblas_get_corename"},
        {&blas.config, "openblas_get_config"},
        {&blas.set_num_threads, "openblas_set_num_threads"},
        {&blas.dsyev, "dsyev_"},
        {&blas.dgetrf, "dgetrf_"},
    };
    void *lib = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; lib && i < sizeof routine / sizeof *routine; ++i) {
        void *f = dlsym(lib, routine[i].name);
        if (!f)
            lib = NULL;
        else
            memcpy(routine[i].to, &f, sizeof f);
    }
    if (lib) {
        find_buffers(lib);
        warm_up();
    } else {
        (void)snprintf(blas.problem, sizeof blas.problem, "install libopenblas0-pthread (%s)",
                       dlerror());
    }
}

int up_blas_load(struct up_err *err)
{
    (void)pthread_once(&loaded, load_library);
    if (blas.problem[0])
        return up_fail(err, UP_EUNSUPPORTED, "OpenBLAS cannot be used: %s", blas.problem);
    return UP_OK;
}

static void need_library(void)
{
    struct up_err err;
    if (up_blas_load(&err))
        up_bug(__FILE__, __LINE__, err.msg);
}

static enum CBLAS_TRANSPOSE cblas_op(enum up_trans t)
{
    return t == UP_T ? CblasTrans : CblasNoTrans;
}

void up_sgemm(float *c, int ldc, const float *a, int lda, const float *b, int ldb,
              const struct up_gemm *g)
{
    need_library();
    enter_call();
    blas.sgemm(CblasRowMajor, cblas_op(g->ta), cblas_op(g->tb), g->m, g->n, g->k,
               (float)g->alpha, a, lda, b, ldb, (float)g->beta, c, ldc);
    leave_call();
}

void up_dgemm(double *c, int ldc, const double *a, int lda, const double *b, int ldb,
              const struct up_gemm *g)
{
    need_library();
    enter_call();
    blas.dgemm(CblasRowMajor, cblas_op(g->ta), cblas_op(g->tb), g->m, g->n, g->k, g->alpha, a,
               lda, b, ldb, g->beta, c, ldc);
    leave_call();
}

int up_sym_eigenvalues(double *w, double *a, int n, struct up_err *err)
{
    for (ptrdiff_t i = 0; i < (ptrdiff_t)n * n; ++i)
        if (!isfinite(a[i]))
            return up_fail(err, UP_EINVAL, "the matrix has an entry that is no finite number");
    int lwork = 34 * n, info = 0;
    double *work = malloc((size_t)lwork * sizeof *work);
    if (!work)
        return up_fail(err, UP_ENOMEM, "no memory for the eigenvalues of a %d x %d matrix", n,
                       n);
    need_library();
    enter_call();
    blas.dsyev("N", "U", &n, a, &n, w, work, &lwork, &info, 1, 1);
    leave_call();
    free(work);
    if (info)
        return up_fail(err, UP_EINVAL, "the eigenvalues did not converge (dsyev: %d)", info);
    return UP_OK;
}

double up_log_abs_det(double *a, int n)
{
    int info = 0, *pivot = malloc((size_t)n * sizeof *pivot);
    UP_CHECK(pivot != NULL);
    need_library();
    enter_call();
    blas.dgetrf(&n, &n, a, &n, pivot, &info);
    leave_call();
    free(pivot);
    UP_CHECK(info >= 0);
    double sum = 0;
    for (ptrdiff_t i = 0; i < n; ++i)
        sum += log(fabs(a[i * n + i]));
    return sum;
}

const char *up_blas_core(void)
{
    need_library();
    return blas.corename();
}

const char *up_blas_config(void)
{
    need_library();
    return blas.config();
}
