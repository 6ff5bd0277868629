#include "stages/artifact/scored.h"
#include "stages/artifact/models.h"
#include "store/base/pack.h"
#include <string.h>

void up_truth_index(struct up_truth *t, const uint8_t *archs, struct up_arena *arena)
{
    size_t genes = (size_t)t->space->genes;
    uint8_t *canonical = UP_NEW(arena, t->n * genes + 1, uint8_t);
    for (size_t i = 0; i < t->n; i++) {
        struct up_arch a = {.len = (uint8_t)genes}, c;
        memcpy(a.gene, archs + i * genes, genes);
        t->space->canonical(&c, &a);
        memcpy(canonical + i * genes, c.gene, genes);
    }
    up_arch_index_make(&t->spelled, archs, t->n, genes, arena);
    up_arch_index_make(&t->canonical, canonical, t->n, genes, arena);
}

int up_truth_load(struct up_truth *t, const struct up_space *space, struct up_view benchmark,
                  struct up_arena *arena, struct up_err *err)
{
    const void *archs, *values;
    uint64_t dims[4], vdims[4];
    size_t genes = (size_t)space->genes;
    *t = (struct up_truth){.space = space};
    int rc = up_doc_names(benchmark, "accuracy/names", arena, &t->name, &t->columns, err);
    if (!rc)
        rc = up_doc_array(benchmark, "archs", UP_U8, 2, arena, &archs, dims, err);
    if (!rc)
        rc = up_doc_array(benchmark, "accuracy/values", UP_F64, 2, arena, &values, vdims, err);
    if (rc)
        return rc;
    if (dims[1] != genes || vdims[0] != dims[0] || vdims[1] != t->columns)
        return up_fail(err, UP_EINVAL, "the benchmark artifact does not fit the space %s",
                       space->name);
    if ((rc = up_space_check(space, archs, dims[0], dims[1], err)))
        return up_fail_in(err, rc, "the benchmark artifact");
    t->n = (size_t)dims[0];
    t->value = values;
    up_truth_index(t, archs, arena);
    return UP_OK;
}

void up_scored_arch(const struct up_scored *s, struct up_arch *out, size_t row)
{
    *out = (struct up_arch){.len = (uint8_t)s->index.genes};
    memcpy(out->gene, s->index.row + row * s->index.genes, s->index.genes);
}

static void scored_join(struct up_scored *s, struct up_arena *arena)
{
    s->unified = UP_NEW(arena, s->n + 1, double);
    s->accuracy = UP_NEW(arena, s->n * s->truth.columns + 1, double);
    for (size_t i = 0; i < s->n; i++) {
        struct up_arch a;
        for (size_t m = 0; m < s->m; m++)
            s->unified[i] += s->weights[m] * s->calibrated[i * s->m + m];
        up_scored_arch(s, &a, i);
        up_truth_of(&s->truth, s->accuracy + i * s->truth.columns, &a);
    }
}

int up_scored_load(struct up_scored *s, const struct up_space *space, struct up_view scores,
                   struct up_view calibrate, struct up_view lambda, struct up_view benchmark,
                   struct up_arena *arena, struct up_err *err)
{
    const void *archs, *raw, *calibrated, *weights;
    uint64_t da[4], dr[4], dc[4], dw[4];
    *s = (struct up_scored){.space = space};
    int rc = up_doc_array(scores, "archs", UP_U8, 2, arena, &archs, da, err);
    if (!rc)
        rc = up_doc_names(scores, "names", arena, &s->name, &s->m, err);
    if (!rc)
        rc = up_doc_array(scores, "scores", UP_F64, 2, arena, &raw, dr, err);
    if (!rc)
        rc = up_doc_array(calibrate, "values", UP_F64, 2, arena, &calibrated, dc, err);
    if (!rc)
        rc = up_doc_array(lambda, "weights", UP_F64, 1, arena, &weights, dw, err);
    if (!rc && benchmark.data)
        rc = up_truth_load(&s->truth, space, benchmark, arena, err);
    if (rc)
        return rc;
    if (da[1] != (uint64_t)space->genes || dr[0] != da[0] || dr[1] != s->m || dc[0] != da[0] ||
        dc[1] != s->m || dw[0] != s->m)
        return up_fail(err, UP_EINVAL,
                       "the artifacts of scores, calibrate and lambda do not have the same "
                       "architectures and proxies; run again from an empty store");
    if ((rc = up_space_check(space, archs, da[0], da[1], err)))
        return up_fail_in(err, rc, "the artifact of scores");
    s->n = (size_t)da[0];
    s->raw = raw;
    s->calibrated = calibrated;
    s->weights = weights;
    up_arch_index_make(&s->index, archs, s->n, (size_t)da[1], arena);
    scored_join(s, arena);
    return UP_OK;
}
