/* Who and what computed something: recorded with every run, part of no key. */
#ifndef UP_CLI_PROVENANCE_H
#define UP_CLI_PROVENANCE_H
#include "dag/record.h"

enum { UP_PROVENANCE_MAX = 8 };
struct up_provenance {
    struct up_pair pair[UP_PROVENANCE_MAX];
    size_t n;
    char host[256], user[128], os[512], cpu[128];
};
void up_provenance_fill(struct up_provenance *p);

#endif
