/* Who and what computed something: recorded with every run, part of no key. What is
 * recorded is what bits can depend on (blas, compiler, cpu, libc, upnas) and whom to ask
 * (host, os, user); when and from which settings stand beside it in the run record. */
#ifndef UP_CLI_SHARED_PROVENANCE_H
#define UP_CLI_SHARED_PROVENANCE_H
#include "dag/record/record.h"

enum { UP_PROVENANCE_MAX = 12 };
struct up_provenance {
    struct up_pair pair[UP_PROVENANCE_MAX];
    size_t n;
    char host[256], user[128], os[512], cpu[128], blas[128], libc[64];
};
void up_provenance_fill(struct up_provenance *p);

#endif
