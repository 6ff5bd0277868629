#include "stages/artifact/entries.h"
#include "store/base/pack.h"
#include <math.h>
#include <string.h>

static void entry_join(struct up_entry *e, const struct up_scored *s, struct up_arena *arena)
{
    size_t row;
    e->scored = up_arch_index_find(&s->index, &e->arch, &row);
    e->unified_scored = (double)NAN;
    if (e->scored) {
        e->raw = s->raw + row * s->m;
        e->calibrated = s->calibrated + row * s->m;
        e->unified_scored = s->unified[row];
    }
    e->accuracy = UP_NEW(arena, s->truth.columns + 1, double);
    up_truth_of(&s->truth, e->accuracy, &e->arch);
}

int up_entries_load(struct up_entries *x, const struct up_scored *s, struct up_view search,
                    struct up_arena *arena, struct up_err *err)
{
    const void *archs, *unified, *flops, *params, *predicted;
    uint64_t d[4], du[4], df[4], dp[4], dm[4];
    *x = (struct up_entries){.scored = s};
    int rc = up_doc_array(search, "archs", UP_U8, 2, arena, &archs, d, err);
    if (!rc)
        rc = up_doc_array(search, "unified", UP_F64, 1, arena, &unified, du, err);
    if (!rc)
        rc = up_doc_array(search, "flops", UP_F64, 1, arena, &flops, df, err);
    if (!rc)
        rc = up_doc_array(search, "params", UP_F64, 1, arena, &params, dp, err);
    if (!rc)
        rc = up_doc_array(search, "predicted", UP_F64, 2, arena, &predicted, dm, err);
    if (!rc)
        rc = up_doc_str(search, "method", arena, &x->method, err);
    if (!rc)
        rc = up_doc_int(search, "queries", &x->queries, err);
    if (rc)
        return rc;
    size_t genes = s->index.genes;
    if (d[1] != genes || du[0] != d[0] || df[0] != d[0] || dp[0] != d[0] || dm[0] != d[0] ||
        dm[1] != s->m)
        return up_fail(err, UP_EINVAL,
                       "the search artifact does not fit the scores; run again "
                       "from an empty store");
    if ((rc = up_space_check(s->space, archs, d[0], d[1], err)))
        return up_fail_in(err, rc, "the search artifact");
    x->n = (size_t)d[0];
    x->e = UP_NEW(arena, x->n + 1, struct up_entry);
    for (size_t i = 0; i < x->n; i++) {
        struct up_entry *e = &x->e[i];
        e->arch.len = (uint8_t)genes;
        memcpy(e->arch.gene, (const uint8_t *)archs + i * genes, genes);
        e->unified = ((const double *)unified)[i];
        e->flops = ((const double *)flops)[i];
        e->params = ((const double *)params)[i];
        e->predicted = (const double *)predicted + i * s->m;
        entry_join(e, s, arena);
    }
    return UP_OK;
}

int up_files_sound(struct up_view artifact, struct up_err *err)
{
    struct up_cursor c;
    struct up_view name, bytes;
    size_t n = 0;
    int rc = up_doc_at(artifact, "files", &c, err);
    if (!rc)
        rc = up_cur_map(&c, &n, err);
    for (size_t i = 0; !rc && i < n; i++) {
        if ((rc = up_cur_str(&c, &name, err)) || (rc = up_cur_bin(&c, &bytes, err)))
            break;
        if (!name.len || name.data[0] == '.' || name.len >= 200 ||
            memchr(name.data, '/', name.len) || memchr(name.data, 0, name.len))
            rc = up_fail(err, UP_EINVAL, "it carries a file whose name is no plain file name");
    }
    return rc;
}
