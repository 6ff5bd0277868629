/* nwot: log|det K|, K_ij = how many ReLU inputs have the same sign in images i and j
 * (Mellor et al., ICML 2021). Signs are bits; K is an exact integer. */
#include "stages/proxy/work.h"

#include "stages/nn/gemm.h"

#include <string.h>

/* bits[n][words]: which numbers of x[c][n][area] are positive, image by image. */
static void pack(uint64_t *bits, size_t words, const float *x, int n, int c, ptrdiff_t area)
{
    memset(bits, 0, words * (size_t)n * sizeof *bits);
    for (int k = 0; k < c; ++k)
        for (int i = 0; i < n; ++i, x += area) {
            uint64_t *row = bits + (size_t)i * words;
            size_t at = (size_t)k * (size_t)area;
            for (ptrdiff_t j = 0; j < area; ++j, ++at)
                row[at / 64] |= (uint64_t)(x[j] > 0) << (at % 64);
        }
}

static int64_t hamming(const uint64_t *a, const uint64_t *b, size_t words)
{
    int64_t sum = 0;
    for (size_t i = 0; i < words; ++i)
        sum += __builtin_popcountll(a[i] ^ b[i]);
    return sum;
}

/* K += times * (numbers - Hamming distance) for one slot. */
static void add_slot(const struct up_work *w, int slot)
{
    const struct up_slot *s = &w->program.slot[slot];
    int n = w->run.n;
    int64_t numbers = (int64_t)s->c * s->h * s->w;
    size_t words = (size_t)((numbers + 63) / 64);
    pack(w->bits, words, w->run.act[slot], n, s->c, (ptrdiff_t)s->h * s->w);
    for (int i = 0; i < n; ++i)
        for (int j = 0; j < n; ++j)
            w->matrix[i * n + j] +=
                (double)(s->relus * (numbers - hamming(w->bits + (size_t)i * words,
                                                       w->bits + (size_t)j * words, words)));
}

double up_score_nwot(const struct up_work *w)
{
    int n = w->run.n;
    memset(w->matrix, 0, (size_t)n * (size_t)n * sizeof *w->matrix);
    for (int i = 0; i < w->program.slots; ++i)
        if (w->program.slot[i].relus)
            add_slot(w, i);
    return up_log_abs_det(w->matrix, n);
}
