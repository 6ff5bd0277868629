/* Everything known about each architecture found, see entries.h. */
#include "stages/artifact/entries.h"
#include "stages/artifact/input.h"
#include <math.h>
#include <string.h>

static void entry_join(struct up_entries_item *e, const struct up_scored *s,
                       struct up_arena *arena)
{
    size_t row;
    e->scored = up_scored_index_find(&s->index, &e->arch, &row);
    e->unified_scored = (double)NAN;
    if (e->scored) {
        e->raw = s->raw + row * s->m;
        e->calibrated = s->calibrated + row * s->m;
        e->unified_scored = s->unified[row];
    }
    e->accuracy = UP_NEW(arena, s->truth.columns + 1, double);
    up_truth_of(&s->truth, e->accuracy, &e->arch);
}

int up_entries_load(struct up_entries *x, const struct up_scored *s, struct up_reader *r)
{
    size_t genes = s->index.genes;
    *x = (struct up_entries){.scored = s};
    const uint8_t *archs = up_artifact_archs(r, s->space, &x->n);
    const double *unified = up_reader_vector_of(r, "unified", UP_F64, x->n);
    const double *flops = up_reader_vector_of(r, "flops", UP_F64, x->n);
    const double *params = up_reader_vector_of(r, "params", UP_F64, x->n);
    const double *predicted = up_reader_matrix_of(r, "predicted", UP_F64, x->n, s->m);
    x->method = up_reader_str(r, "method");
    x->queries = up_reader_int(r, "queries", 0, INT64_MAX);
    if (up_reader_end(r))
        return up_reader_end(r);
    x->e = UP_NEW(r->arena, x->n + 1, struct up_entries_item);
    for (size_t i = 0; i < x->n; i++) {
        struct up_entries_item *e = &x->e[i];
        e->arch.len = (uint8_t)genes;
        memcpy(e->arch.gene, archs + i * genes, genes);
        e->unified = unified[i];
        e->flops = flops[i];
        e->params = params[i];
        e->predicted = predicted + i * s->m;
        entry_join(e, s, r->arena);
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
