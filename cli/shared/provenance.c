#include "cli/shared/provenance.h"
#include "stages/kernels/gemm.h"
#include <cpuid.h>
#include <gnu/libc-version.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#ifdef __clang__
static const char compiler[] = __VERSION__; /* begins with its name */
#else
static const char compiler[] = "gcc " __VERSION__;
#endif

/* The processor's brand string, from CPUID leaves 0x80000002..4. */
static void cpu_name(char out[128])
{
    unsigned word[12] = {0};
    for (unsigned i = 0; i < 3; ++i)
        __get_cpuid(0x80000002u + i, word + 4 * i, word + 4 * i + 1, word + 4 * i + 2,
                    word + 4 * i + 3);
    memcpy(out, word, sizeof word);
    out[sizeof word] = '\0';
    size_t skip = strspn(out, " "), n = strlen(out);
    memmove(out, out + skip, n - skip + 1);
    for (n -= skip; n && out[n - 1] == ' '; --n)
        out[n - 1] = '\0';
}

/* "OpenBLAS 0.3.21, Haswell kernels" */
static void blas_name(char out[128])
{
    const char *config = up_blas_config();
    size_t release = strcspn(config, " ");
    release += strspn(config + release, " ");
    release += strcspn(config + release, " ");
    snprintf(out, 128, "%.*s, %s kernels", (int)(release < 64 ? release : 64), config,
             up_blas_core());
}

static void add(struct up_provenance *p, const char *name, const char *value)
{
    if (*value && p->n < UP_PROVENANCE_MAX)
        p->pair[p->n++] = (struct up_pair){name, value};
}

void up_provenance_fill(struct up_provenance *p)
{
    struct utsname u;
    const struct passwd *pw = getpwuid(geteuid());

    memset(p, 0, sizeof *p);
    if (!uname(&u)) {
        snprintf(p->os, sizeof p->os, "%s %s %s", u.sysname, u.release, u.machine);
        snprintf(p->host, sizeof p->host, "%s", u.nodename);
    }
    if (pw)
        snprintf(p->user, sizeof p->user, "%s", pw->pw_name);
    else
        snprintf(p->user, sizeof p->user, "%ld", (long)geteuid());
    cpu_name(p->cpu);
    blas_name(p->blas);
    snprintf(p->libc, sizeof p->libc, "glibc %s", gnu_get_libc_version());
    add(p, "blas", p->blas);
    add(p, "compiler", compiler);
    add(p, "cpu", p->cpu);
    add(p, "host", p->host);
    add(p, "libc", p->libc);
    add(p, "os", p->os);
    add(p, "upnas", UP_VERSION);
    add(p, "user", p->user);
}
