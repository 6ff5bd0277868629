/* nwot: log|det K|, K_ij = how many ReLU inputs have the same sign in images i and j
 * (Mellor et al., ICML 2021). Signs are bits; K is an exact integer. */
#include "stages/proxy/work.h"

#include "stages/kernels/gemm.h"

#include <string.h>

/* K += times * (numbers - Hamming distance) for one slot; a word is 64 signs of one image. */
static void add_slot(struct up_passes_f32 *run, const struct up_work *w, int slot)
{
    const struct up_program_slot *s = &w->program.slot[slot];
    const struct up_layout_slot *l = &w->layout.slot[slot];
    int n = w->run.n;
    int64_t numbers = (int64_t)s->c * s->h * s->w;
    size_t pixels = (size_t)l->blocks * l->plane / UP_BLOCK_LANES, words = (pixels + 3) / 4;
    memset(w->bits, 0, words * (size_t)n * sizeof(uint64_t));
    for (int i = 0; i < n; ++i) {
        up_passes_again_f32(run, slot, i);
        run->kernel->signs(w->bits + (size_t)i * words * 4,
                           up_passes_image_f32(&run->act, slot, i), (ptrdiff_t)pixels);
    }
    const uint64_t *bits = (const uint64_t *)(const void *)w->bits;
    for (int i = 0; i < n; ++i)
        for (int j = 0; j <= i; ++j) {
            double same =
                (double)(s->relus *
                         (numbers - w->run.kernel->differ(bits + (size_t)i * words,
                                                          bits + (size_t)j * words, words)));
            w->matrix_n[i * n + j] += same;
            w->matrix_n[j * n + i] += i == j ? 0 : same;
        }
}

double up_score_nwot(const struct up_work *w)
{
    struct up_passes_f32 run = w->run;
    int n = run.n;
    memset(w->matrix_n, 0, (size_t)n * (size_t)n * sizeof *w->matrix_n);
    for (int i = 0; i < w->program.slots; ++i)
        if (w->program.slot[i].relus)
            add_slot(&run, w, i);
    return up_log_abs_det(w->matrix_n, n);
}
