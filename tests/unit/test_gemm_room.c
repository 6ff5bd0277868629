/* Calls of OpenBLAS where the system gives no more address space. links: up_kernels */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stages/kernels/gemm.h"
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N = 192, THREADS = 6, ROUNDS = 60, SECONDS = 20 };

static size_t mib_in_use(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%lu", &pages), 1);
    (void)fclose(f);
    return pages * (size_t)sysconf(_SC_PAGESIZE) >> 20;
}

static double det(void)
{
    double *a = calloc((size_t)N * N, sizeof *a);
    if (!a)
        abort();
    for (int i = 0; i < N; i++)
        a[i * N + i] = 2;
    double d = up_log_abs_det(a, N);
    free(a);
    return d;
}

static void *worker(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++)
        if (fabs(det() - N * log(2)) > 1e-9)
            abort();
    return NULL;
}

/* Many threads call at once, with room for `mib` more than there is in use. */
static int in_room(size_t mib)
{
    pid_t pid = fork();
    if (pid == 0) {
        pthread_t t[THREADS];
        pthread_attr_t small;
        struct rlimit limit = {.rlim_cur = RLIM_INFINITY};
        (void)alarm(SECONDS);
        if (up_blas_load(NULL))
            _exit(1);
        limit.rlim_cur = limit.rlim_max = (rlim_t)(mib_in_use() + mib) << 20;
        (void)pthread_attr_init(&small);
        (void)pthread_attr_setstacksize(&small, 1 << 20);
        (void)setrlimit(RLIMIT_AS, &limit);
        for (int i = 0; i < THREADS; i++)
            if (pthread_create(&t[i], &small, worker, NULL))
                _exit(2);
        for (int i = 0; i < THREADS; i++)
            (void)pthread_join(t[i], NULL);
        _exit(0);
    }
    int status = 0;
    assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
    return status;
}

static void calls_wait_where_there_is_no_room(void **state)
{
    (void)state;
    static const size_t room[] = {40, 90, 120, 150, 200, 280, 400};
    for (size_t i = 0; i < sizeof room / sizeof *room; i++)
        assert_int_equal(in_room(room[i]), 0);
}

/* Loading refuses where a buffer has no room, whatever is left. */
static void loading_refuses(void **state)
{
    (void)state;
    for (size_t mib = 60; mib <= 300; mib += 20) {
        int status = 0;
        pid_t pid = fork();
        if (pid == 0) {
            struct rlimit limit;
            limit.rlim_cur = limit.rlim_max = (rlim_t)(mib_in_use() + mib) << 20;
            (void)alarm(SECONDS);
            (void)setrlimit(RLIMIT_AS, &limit);
            (void)up_blas_load(NULL);
            _exit(0);
        }
        assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
        assert_int_equal(status, 0);
    }
}

int main(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    (void)calls_wait_where_there_is_no_room, (void)loading_refuses;
    return 0; /* the sanitizer reserves terabytes of address space */
#else
    const struct CMUnitTest tests[] = {cmocka_unit_test(loading_refuses),
                                       cmocka_unit_test(calls_wait_where_there_is_no_room)};
    return cmocka_run_group_tests(tests, NULL, NULL);
#endif
}
