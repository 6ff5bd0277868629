/* The scored architectures beside their unified score and accuracies, see scored.h. */
#include "stages/artifact/scored.h"
#include "stages/artifact/input.h"
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
    up_scored_index_make(&t->spelled, archs, t->n, genes, arena);
    up_scored_index_make(&t->canonical, canonical, t->n, genes, arena);
}

int up_truth_load(struct up_truth *t, const struct up_space *space, struct up_reader *r)
{
    *t = (struct up_truth){.space = space};
    const uint8_t *archs = up_artifact_archs(r, space, &t->n);
    t->name = up_reader_names(r, "accuracy/names", &t->columns);
    t->value = up_reader_matrix_of(r, "accuracy/values", UP_F64, t->n, t->columns);
    if (up_reader_end(r))
        return up_reader_end(r);
    up_truth_index(t, archs, r->arena);
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

int up_scored_load(struct up_scored *s, const struct up_space *space, struct up_job *job,
                   struct up_err *err)
{
    *s = (struct up_scored){.space = space};
    struct up_arena *arena = up_job_arena(job);
    struct up_reader scores = up_artifact_read(job, "scores", err), benchmark;
    struct up_reader calibrate = up_artifact_read(job, "calibrate", err);
    struct up_reader lambda = up_artifact_read(job, "lambda", err);
    size_t m_raw;
    s->name = up_reader_names(&scores, "names", &s->m);
    s->raw = up_reader_matrix(&scores, "scores", UP_F64, &s->n, &m_raw);
    const uint8_t *archs = up_artifact_archs_of(&scores, space, s->n);
    if (!up_reader_end(&scores) && m_raw != s->m)
        return up_reader_fail(&scores, "it has %zu names of %zu proxies", s->m, m_raw);
    if (up_reader_end(&scores))
        return up_reader_end(&scores);
    s->calibrated = up_reader_matrix_of(&calibrate, "values", UP_F64, s->n, s->m);
    s->weights = up_reader_vector_of(&lambda, "weights", UP_F64, s->m);
    if (up_reader_end(&calibrate) || up_reader_end(&lambda))
        return UP_ECORRUPT;
    if (up_artifact_read_if(&benchmark, job, "benchmark", err) &&
        up_truth_load(&s->truth, space, &benchmark))
        return up_reader_end(&benchmark);
    up_scored_index_make(&s->index, archs, s->n, (size_t)space->genes, arena);
    scored_join(s, arena);
    return UP_OK;
}
