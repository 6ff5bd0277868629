/* What readers ask of forward passes alone: the features of other images, and the signs that
 * ReLUs see. */
#include "stages/engine/run/evaluation.h"

#include <string.h>

void up_evaluation_features(struct up_evaluation *e)
{
    up_layout_pack_f32(e->matrix, e->weight, &e->net.layout, &e->net.program, false);
    up_passes_forward_f32(&e->features.run);
}

/* k += times * (numbers - Hamming distance) for one slot; a word is 64 signs of one image. */
static void add_slot(double *k, struct up_passes_f32 *run, const struct up_evaluation *e,
                     int slot)
{
    const struct up_program_slot *s = &e->net.program.slot[slot];
    const struct up_layout_slot *l = &e->net.layout.slot[slot];
    int n = e->run.n;
    int64_t numbers = (int64_t)s->c * s->h * s->w;
    size_t pixels = (size_t)l->blocks * l->plane / UP_BLOCK_LANES, words = (pixels + 3) / 4;
    memset(e->signs, 0, words * (size_t)n * sizeof(uint64_t));
    for (int i = 0; i < n; ++i) {
        up_passes_again_f32(run, slot, i);
        run->kernel->signs(e->signs + (size_t)i * words * 4,
                           up_passes_image_f32(&run->act, slot, i), (ptrdiff_t)pixels);
    }
    const uint64_t *bits = (const uint64_t *)(const void *)e->signs;
    for (int i = 0; i < n; ++i)
        for (int j = 0; j <= i; ++j) {
            int64_t differ =
                run->kernel->differ(bits + (size_t)i * words, bits + (size_t)j * words, words);
            double same = (double)(s->relus * (numbers - differ));
            k[i * n + j] += same;
            k[j * n + i] += i == j ? 0 : same;
        }
}

void up_evaluation_same_signs(const struct up_evaluation *e, double *k)
{
    struct up_passes_f32 run = e->run;
    memset(k, 0, (size_t)run.n * (size_t)run.n * sizeof *k);
    for (int i = 0; i < e->net.program.slots; ++i)
        if (e->net.program.slot[i].relus)
            add_slot(k, &run, e, i);
}
