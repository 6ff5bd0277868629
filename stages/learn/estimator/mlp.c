#include "stages/learn/estimator/mlp.h"
#include "stages/learn/estimator/mlp_layout.h"
#include "stages/kernels/dense.h"
#include "stages/kernels/matmul.h"
#include "store/base/pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows that go through the layers together. */
enum { BLOCK = 128, WIDEST = 1 << 16 };

int up_mlp_load(struct up_mlp *m, struct up_view artifact, struct up_arena *arena,
                struct up_err *err)
{
    struct up_cursor map, at;
    int depth = 0, first[2], last[2];
    int rc = up_doc_at(artifact, "model", &map, err);
    if (rc)
        return rc == UP_ENOTFOUND ? UP_EINVAL : rc;
    for (char name[UP_TENSOR_NAME]; depth < UP_MLP_DEPTH_MAX; depth++) {
        snprintf(name, sizeof name, "hidden%d.weight", depth);
        if (up_cur_at(map, name, &at, NULL))
            break;
    }
    rc = up_tensors_shape(first, artifact, "model", "hidden0.weight", err);
    if (!rc)
        rc = up_tensors_shape(last, artifact, "model", "output.weight", err);
    if (!rc && (first[0] < 1 || first[1] < 1 || last[0] < 1 || first[0] > WIDEST ||
                first[1] > WIDEST || last[0] > WIDEST))
        rc = up_fail(err, UP_EINVAL, "the estimator's tensors have no usable shape");
    if (rc)
        return rc;
    struct up_mlp_layout *l = UP_NEW(arena, 1, struct up_mlp_layout);
    up_mlp_layout_init(l, first[1], first[0], depth, last[0]);
    float *v = UP_NEW(arena, l->tensors.total, float);
    rc = up_tensors_unpack(v, &l->tensors, artifact, "model", err);
    if (!rc)
        up_mlp_fold(m, l, v, arena);
    return rc;
}

/* Activations of one block, one allocation: x[BLOCK][in], h[i][BLOCK][hidden],
 * y[BLOCK][out], d and e[BLOCK][widest] for the way back. */
struct block {
    float *x, *h[UP_MLP_DEPTH_MAX], *y, *d, *e;
};

static void block_init(struct block *b, const struct up_mlp *m)
{
    size_t in = (size_t)m->in, hidden = (size_t)m->hidden, out = (size_t)m->out;
    size_t widest = in > hidden ? in : hidden;
    widest = widest > out ? widest : out;
    size_t each = in + (size_t)m->depth * hidden + out + 2 * widest;
    b->x = up_alloc(BLOCK * each * sizeof *b->x);
    float *p = b->x + BLOCK * in;
    for (int i = 0; i < m->depth; i++, p += BLOCK * hidden)
        b->h[i] = p;
    b->y = p;
    b->d = b->y + BLOCK * out;
    b->e = b->d + BLOCK * widest;
}

static void forward(struct block *b, const struct up_mlp *m, const float *z, size_t k)
{
    size_t in = (size_t)m->in;
    memcpy(b->x, z, k * in * sizeof *z);
    memset(b->x + k * in, 0, (BLOCK - k) * in * sizeof *z);
    const float *x = b->x;
    for (int i = 0; i < m->depth; i++) {
        up_dense_forward(b->h[i], x, m->w[i], m->b[i], BLOCK, i ? m->hidden : m->in, m->hidden);
        up_dense_best()->relu(b->h[i], BLOCK * m->hidden);
        x = b->h[i];
    }
    up_dense_forward(b->y, x, m->w[m->depth], m->b[m->depth], BLOCK, m->hidden, m->out);
}

/* Leaves the gradient of the block's inputs in b->d. */
static void backward(struct block *b, const struct up_mlp *m, const float *dout, size_t k)
{
    size_t out = (size_t)m->out;
    memcpy(b->d, dout, k * out * sizeof *dout);
    memset(b->d + k * out, 0, (BLOCK - k) * out * sizeof *dout);
    for (int i = m->depth; i >= 0; i--) {
        int from = i ? m->hidden : m->in, to = i < m->depth ? m->hidden : m->out;
        up_matmul(b->e, from, b->d, to, m->w[i], from,
                  &(struct up_matmul){UP_N, UP_N, BLOCK, from, to, 0});
        if (i)
            up_dense_best()->relu_backward(b->e, b->h[i - 1], BLOCK * from);
        float *t = b->d;
        b->d = b->e;
        b->e = t;
    }
}

void up_mlp_predict(float *out, const struct up_mlp *m, const float *z, size_t n)
{
    struct block b;
    block_init(&b, m);
    for (size_t at = 0; at < n; at += BLOCK) {
        size_t k = n - at < BLOCK ? n - at : BLOCK;
        forward(&b, m, z + at * (size_t)m->in, k);
        memcpy(out + at * (size_t)m->out, b.y, k * (size_t)m->out * sizeof *out);
    }
    free(b.x);
}

void up_mlp_input_gradient(float *dz, float *out, const struct up_mlp *m, const float *z,
                           size_t n, const float *dout)
{
    struct block b;
    block_init(&b, m);
    for (size_t at = 0; at < n; at += BLOCK) {
        size_t k = n - at < BLOCK ? n - at : BLOCK;
        forward(&b, m, z + at * (size_t)m->in, k);
        if (out)
            memcpy(out + at * (size_t)m->out, b.y, k * (size_t)m->out * sizeof *out);
        backward(&b, m, dout + at * (size_t)m->out, k);
        memcpy(dz + at * (size_t)m->in, b.d, k * (size_t)m->in * sizeof *dz);
    }
    free(b.x);
}
