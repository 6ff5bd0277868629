/* How to add a method:
 *   1. write search/NAME.c with a function that asks the ledger until it is done;
 *   2. declare its row in search.h;
 *   3. list it here, and its name in the choices of search.method in search.c;
 *   4. give it a case in tests/unit/test_search.c. */
#include "stages/search/search.h"
#include <stdlib.h>
#include <string.h>

const struct up_search_method *const up_search_methods[] = {
    &up_search_gradient, &up_search_random, &up_search_evolution, &up_search_exhaustive, NULL};

int up_search_method_find(const struct up_search_method **out, const char *name,
                          struct up_err *err)
{
    for (size_t i = 0; up_search_methods[i]; i++)
        if (strcmp(up_search_methods[i]->name, name) == 0) {
            *out = up_search_methods[i];
            return UP_OK;
        }
    return up_fail(
        err, UP_EUSAGE,
        "search.method: there is no method \"%s\"; choose gradient, random, evolution "
        "or exhaustive",
        name);
}

struct ranked {
    double unified;
    const struct up_arch *arch;
    uint32_t row;
};

static int ranked_cmp(const void *pa, const void *pb)
{
    const struct ranked *a = pa, *b = pb;
    if (a->unified != b->unified)
        return a->unified > b->unified ? -1 : 1;
    return up_arch_cmp(a->arch, b->arch);
}

size_t up_search_best(uint32_t *rows, size_t top, const struct up_search *s)
{
    size_t n = s->eligible ? s->eligible_n : s->ledger.n;
    struct ranked *all = up_alloc((n + 1) * sizeof *all);
    for (size_t i = 0; i < n; i++) {
        uint32_t row = s->eligible ? s->eligible[i] : (uint32_t)i;
        all[i] = (struct ranked){s->ledger.unified[row], &s->ledger.arch[row], row};
    }
    qsort(all, n, sizeof *all, ranked_cmp);
    size_t kept = 0;
    for (size_t i = 0; i < n && kept < top; i++)
        if (kept == 0 || rows[kept - 1] != all[i].row)
            rows[kept++] = all[i].row;
    free(all);
    return kept;
}
