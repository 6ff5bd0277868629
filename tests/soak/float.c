/* What a library in the process can do to numbers: loaded before the program (LD_PRELOAD), it
 * rounds upwards, throws subnormal numbers away and cuts the x87 unit to single precision; at
 * the start, and again whenever a thread is made or the clock is read, as a careless library
 * does in a function of its own. UP_FLOAT_LOG=FILE says that it was there. */
#include <dlfcn.h>
#include <fenv.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int times;

static void spoil(void)
{
    unsigned csr = 0x1f80 | 0x8040; /* FTZ and DAZ */
    unsigned short x87 = 0x007f;    /* 24 bits of significand */
    __asm__ volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(csr), "m"(x87));
    (void)fesetround(FE_UPWARD);
    (void)__atomic_add_fetch(&times, 1, __ATOMIC_SEQ_CST);
}

__attribute__((constructor)) static void begin(void) { spoil(); }

struct start {
    void *(*fn)(void *);
    void *arg;
};

static void *spoilt(void *arg)
{
    struct start s = *(struct start *)arg;
    free(arg);
    spoil();
    return s.fn(s.arg);
}

int pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*fn)(void *), void *arg)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) =
        dlsym(RTLD_NEXT, "pthread_create");
    struct start *s = malloc(sizeof *s);
    if (!s)
        return 11;
    *s = (struct start){fn, arg};
    return real(t, a, spoilt, s);
}

/* Each node's time is taken just before it runs. */
int clock_gettime(clockid_t id, struct timespec *t)
{
    int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
    static __thread int calls;
    if (id == CLOCK_REALTIME && calls++ % 2 == 0)
        spoil();
    return real(id, t);
}

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("UP_FLOAT_LOG");
    FILE *f = path ? fopen(path, "w") : NULL;
    if (f) {
        (void)fprintf(f, "%d\n", times);
        (void)fclose(f);
    }
}
