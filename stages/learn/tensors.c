/* Named tensors in one slab: layout, first values, and their way into artifacts and back. */
#include "stages/learn/tensors.h"
#include "store/base/rng.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static size_t add_tensor(struct up_tensors *s, const char *name, int rows, int cols)
{
    UP_CHECK(s->n < UP_TENSORS_MAX && strlen(name) < UP_TENSOR_NAME && rows > 0 && cols >= 0);
    struct up_tensor *t = &s->t[s->n++];
    memcpy(t->name, name, strlen(name) + 1);
    t->rows = rows;
    t->cols = cols;
    t->at = s->total;
    s->total += (size_t)rows * (size_t)(cols ? cols : 1);
    return t->at;
}

size_t up_tensors_learned(struct up_tensors *s, const char *name, int rows, int cols)
{
    UP_CHECK(s->learned == s->total);
    size_t at = add_tensor(s, name, rows, cols);
    s->learned = s->total;
    return at;
}

size_t up_tensors_statistic(struct up_tensors *s, const char *name, int rows, int cols)
{
    return add_tensor(s, name, rows, cols);
}

void up_tensors_start(const struct up_tensors *s, float *v, uint64_t seed)
{
    int in = 1;
    for (int i = 0; i < s->n; i++) {
        const struct up_tensor *t = &s->t[i];
        size_t count = (size_t)t->rows * (size_t)(t->cols ? t->cols : 1);
        bool norm = strstr(t->name, "norm") != NULL;
        bool one = norm && (strstr(t->name, ".weight") || strstr(t->name, ".var"));
        bool drawn = !norm && !strstr(t->name, ".eps");
        if (t->cols)
            in = t->cols;
        struct up_rng r = up_rng_init(seed, t->name);
        double bound = 1 / sqrt(in);
        for (size_t k = 0; k < count; k++)
            v[t->at + k] = drawn ? (float)up_rng_range(&r, -bound, bound) : one ? 1 : 0;
    }
}

void up_tensors_fold(float *out, float *bias, const struct up_normed_map *m)
{
    int from = m->from;
    for (int o = 0; o < m->to; o++) {
        double k = (double)m->gamma[o] / sqrt((double)m->var[o] + 1e-5);
        for (int i = 0; i < from; i++)
            out[o * from + i] = (float)((double)m->w[o * from + i] * k);
        bias[o] = (float)(((double)m->b[o] - (double)m->mean[o]) * k + (double)m->beta[o]);
    }
}

void up_tensors_write(struct up_writer *w, const char *key, const struct up_tensors *s,
                      const float *v)
{
    up_writer_map(w, key);
    for (const struct up_tensor *t = s->t; t < s->t + s->n; t++)
        if (t->cols)
            up_writer_matrix(w, t->name, UP_F32, v + t->at, (size_t)t->rows, (size_t)t->cols);
        else
            up_writer_vector(w, t->name, UP_F32, v + t->at, (size_t)t->rows);
    up_writer_close(w);
}

void up_tensors_read(float *v, const struct up_tensors *s, struct up_reader *r)
{
    for (const struct up_tensor *t = s->t; t < s->t + s->n; t++) {
        char path[8 + UP_TENSOR_NAME];
        size_t rows = (size_t)t->rows, cols = (size_t)t->cols;
        snprintf(path, sizeof path, "model/%.*s", UP_TENSOR_NAME - 1, t->name);
        const void *from = cols ? up_reader_matrix_of(r, path, UP_F32, rows, cols)
                                : up_reader_vector_of(r, path, UP_F32, rows);
        if (from)
            memcpy(v + t->at, from, rows * (cols ? cols : 1) * sizeof *v);
    }
}
