#include "stages/learn/tensors.h"
#include "store/base/pack.h"
#include "store/base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t add(struct up_tensors *s, const char *name, int rows, int cols)
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
    size_t at = add(s, name, rows, cols);
    s->learned = s->total;
    return at;
}

size_t up_tensors_statistic(struct up_tensors *s, const char *name, int rows, int cols)
{
    return add(s, name, rows, cols);
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

void up_tensors_fold(float *out, float *bias, const float *w, const float *b,
                     const float *gamma, const float *beta, const float *mean, const float *var,
                     int from, int to)
{
    for (int o = 0; o < to; o++) {
        double k = (double)gamma[o] / sqrt((double)var[o] + 1e-5);
        for (int i = 0; i < from; i++)
            out[o * from + i] = (float)((double)w[o * from + i] * k);
        bias[o] = (float)(((double)b[o] - (double)mean[o]) * k + (double)beta[o]);
    }
}

static int by_name(const void *a, const void *b)
{
    const struct up_tensor *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

void up_tensors_pack(struct up_buf *b, const struct up_tensors *s, const float *v)
{
    const struct up_tensor *order[UP_TENSORS_MAX];
    for (int i = 0; i < s->n; i++)
        order[i] = &s->t[i];
    qsort(order, (size_t)s->n, sizeof *order, by_name);
    up_pack_map(b, (size_t)s->n);
    for (int i = 0; i < s->n; i++) {
        const struct up_tensor *t = order[i];
        up_pack_str(b, t->name);
        if (t->cols)
            up_pack_array2(b, UP_F32, v + t->at, (size_t)t->rows, (size_t)t->cols);
        else
            up_pack_array1(b, UP_F32, v + t->at, (size_t)t->rows);
    }
}

static int find(struct up_array *a, struct up_view doc, const char *path, const char *name,
                struct up_err *err)
{
    struct up_cursor map, at;
    int rc = up_doc_at(doc, path, &map, err);
    if (!rc)
        rc = up_cur_at(map, name, &at, err);
    if (!rc)
        rc = up_cur_array(&at, a, err);
    if (!rc && (a->type != UP_F32 || a->ndim > 2))
        return up_fail(err, UP_EINVAL, "tensor \"%s\" is not a matrix or vector of float32",
                       name);
    return rc == UP_ENOTFOUND ? UP_EINVAL : rc;
}

int up_tensors_shape(int dims[2], struct up_view doc, const char *path, const char *name,
                     struct up_err *err)
{
    struct up_array a;
    int rc = find(&a, doc, path, name, err);
    if (rc)
        return up_fail_in(err, rc, "the model in the artifact");
    for (unsigned i = 0; i < 2; i++) {
        uint64_t d = i < a.ndim ? a.dims[i] : 0;
        if (d > 1 << 20)
            return up_fail(err, UP_EINVAL, "tensor \"%s\" of the artifact is too large", name);
        dims[i] = (int)d;
    }
    return UP_OK;
}

int up_tensors_unpack(float *v, const struct up_tensors *s, struct up_view doc,
                      const char *path, struct up_err *err)
{
    for (int i = 0; i < s->n; i++) {
        const struct up_tensor *t = &s->t[i];
        struct up_array a;
        int rc = find(&a, doc, path, t->name, err);
        if (rc)
            return up_fail_in(err, rc, "the model in the artifact");
        bool fits = a.dims[0] == (uint64_t)t->rows && a.ndim == (t->cols ? 2u : 1u) &&
                    (!t->cols || a.dims[1] == (uint64_t)t->cols);
        if (!fits)
            return up_fail(
                err, UP_EINVAL,
                "tensor \"%s\" of the artifact is not of shape [%d, %d]: it was made "
                "for another model; run the stage again",
                t->name, t->rows, t->cols);
        memcpy(v + t->at, a.data, a.count * sizeof *v);
    }
    return UP_OK;
}
