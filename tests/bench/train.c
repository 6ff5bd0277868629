/* One epoch of the autoencoder or of the estimator at the sizes of a space, as published:
 *   bench_train vgae|mpe nb201|darts [THREADS [EPOCHS]]
 * vgae: 14,062 graphs in batches of 32. mpe: nb201 7,812 rows of 128 in batches of 16,
 * darts 10,000 rows of 352 in batches of 64; 13 scores. */
#include "stages/learn/estimator/mlp_train.h"
#include "stages/learn/autoencoder/vgae_train.h"
#include "store/base/rng.h"
#include "tests/bench/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GRAPHS = 14062, CELLS = 15625, SCORES = 13 };

/* Cells of nb201, each once, in any order. */
static int nb201_graphs(struct up_cell_graph *g, struct up_rng *r)
{
    const struct up_space *space;
    static uint32_t order[CELLS];
    if (up_space_find(&space, "nb201", NULL))
        return -1;
    for (uint32_t i = 0; i < CELLS; i++)
        order[i] = i;
    up_rng_shuffle(r, order, CELLS);
    for (int i = 0; i < GRAPHS; i++) {
        struct up_arch a;
        space->at(&a, order[i]);
        space->encode(&g[i], &a);
    }
    return 0;
}

/* Cells of darts as arch2vec sees one: nodes 0 and 1 are the inputs, 2 + 2b and 3 + 2b the
 * operations of block b, which read an input or both operations of an earlier block, 10 the
 * output; classes 0, 1 and 10, and 2 to 9 for operations. */
static void darts_graphs(struct up_cell_graph *g, struct up_rng *r)
{
    enum { N = 11 };
    memset(g, 0, GRAPHS * sizeof *g);
    for (int k = 0; k < GRAPHS; k++, g++) {
        g->op[1] = 1;
        g->op[N - 1] = 10;
        for (int i = 2; i < N - 1; i++) {
            uint64_t from = up_rng_below(r, (uint64_t)(i / 2) + 1);
            g->op[i] = (uint8_t)(2 + up_rng_below(r, 8));
            g->adj[i * N + N - 1] = 1;
            if (from < 2)
                g->adj[from * N + (uint64_t)i] = 1;
            else
                g->adj[(2 * from - 2) * N + (uint64_t)i] =
                    g->adj[(2 * from - 1) * N + (uint64_t)i] = 1;
        }
    }
}

/* Seconds of `epochs` epochs, and the loss of the last one; -1 and a sentence in err. */
static double vgae_epochs(double *loss, bool darts, int threads, int epochs,
                          struct up_arena *arena, struct up_err *err)
{
    struct up_vgae_recipe recipe = {.batch = 32,
                                    .epochs = epochs,
                                    .lr = 1e-3,
                                    .lr_end = 1e-3,
                                    .kl = -1,
                                    .dropout = 0.3,
                                    .clip = 5,
                                    .fix_mode = true};
    struct up_rng r = up_rng_init(1, "graphs");
    struct up_cell_graph *g = UP_NEW(arena, GRAPHS, struct up_cell_graph);
    struct up_vgae_trainer t;
    if (darts)
        darts_graphs(g, &r);
    else if (nb201_graphs(g, &r))
        return -1;
    struct up_vgae_source source = up_vgae_listed(g, GRAPHS);
    up_vgae_trainer_init(&t, &recipe, &source, darts ? 11 : 8, darts ? 11 : 7, arena);
    double start = now();
    while (t.training.epoch < epochs)
        if (up_training_epoch(&t.training, threads, NULL, arena, err))
            return -1;
    const double *last = t.training.history + (epochs - 1) * UP_VGAE_LOSSES;
    *loss = last[0] + last[1];
    return now() - start;
}

static double mpe_epochs(double *loss, bool darts, int threads, int epochs,
                         struct up_arena *arena, struct up_err *err)
{
    struct up_mlp_recipe recipe = {.hidden = 256,
                                   .depth = 2,
                                   .batch = darts ? 64 : 16,
                                   .epochs = epochs,
                                   .lr = darts ? 5e-4 : 1e-3,
                                   .lr_end = darts ? 5e-4 : 1e-3};
    size_t n = darts ? 10000 : 7812, in = darts ? 352 : 128;
    struct up_rng r = up_rng_init(1, "rows");
    float *x = UP_NEW(arena, n * in, float);
    double *y = UP_NEW(arena, n * SCORES, double);
    uint32_t *rows = UP_NEW(arena, n, uint32_t);
    struct up_mlp_trainer t;
    for (size_t i = 0; i < n * in; i++)
        x[i] = (float)up_rng_normal(&r);
    for (size_t i = 0; i < n * SCORES; i++)
        y[i] = up_rng_normal(&r);
    for (size_t i = 0; i < n; i++)
        rows[i] = (uint32_t)i;
    up_mlp_trainer_init(&t, &recipe, &(struct up_mlp_rows){x, y, (int)in, SCORES, rows, n},
                        arena);
    double start = now();
    while (t.training.epoch < epochs)
        if (up_training_epoch(&t.training, threads, NULL, arena, err))
            return -1;
    *loss = t.training.history[epochs - 1];
    return now() - start;
}

int main(int argc, char **argv)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_err err = {""};
    int threads = argc > 3 ? atoi(argv[3]) : 1, epochs = argc > 4 ? atoi(argv[4]) : 1;
    if (argc < 3 || threads < 1 || epochs < 1) {
        fprintf(stderr, "usage: bench_train vgae|mpe nb201|darts [THREADS [EPOCHS]]\n");
        return 2;
    }
    double loss = 0, took = (strcmp(argv[1], "mpe") ? vgae_epochs : mpe_epochs)(
                         &loss, !strcmp(argv[2], "darts"), threads, epochs, &arena, &err);
    if (took < 0)
        fprintf(stderr, "%s\n", err.msg);
    else
        printf("{\"model\": \"%s\", \"space\": \"%s\", \"threads\": %d, \"epochs\": %d, "
               "\"seconds_per_epoch\": %.4f, \"loss\": %.9g}\n",
               argv[1], argv[2], threads, epochs, took / epochs, loss);
    up_arena_release(&arena);
    return took < 0;
}
