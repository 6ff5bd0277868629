/* The trained models behind the search's view of them: VGAE for embedding and
 * decoding, multi-proxy estimator for scores. */
#ifndef UP_ARTIFACT_MODELS_H
#define UP_ARTIFACT_MODELS_H
#include "stages/learn/counted.h"
#include "stages/learn/estimator/mlp.h"
#include "stages/learn/autoencoder/vgae.h"

/* The models a search looks through. Constant; any thread may call; the bits of
 * a row depend on that row alone. */
struct up_models_view {
    size_t dim; /* of z */
    int scores; /* M */
    const void *ctx;
    void (*embed)(const void *ctx, float *z, const struct up_arch *a, size_t n);
    void (*predict)(const void *ctx, float *y, const float *z, size_t n); /* y[n][M] */
    /* What is known of a[n] without predicting it, into y[n][M]; NULL: nothing. */
    void (*count)(const void *ctx, float *y, const struct up_arch *a, size_t n);
    /* dz[n][dim] of sum_m dy[n][m] y[n][m], and y[n][M]. */
    void (*gradient)(const void *ctx, float *dz, float *y, const float *z, size_t n,
                     const float *dy);
    /* a[n] and ok[n], 1 where z decodes to an architecture: to exactly its graphs, or, of a
     * space that can tell, to the likeliest one, always. */
    void (*decode)(const void *ctx, struct up_arch *a, uint8_t *ok, const float *z, size_t n);
};

/* y[n][M] of canonical architectures, embedded and predicted, or counted. */
void up_models_predict(const struct up_models_view *m, float *y, const struct up_arch *a,
                       size_t n);
/* The unified score: the sum of weights times scores, left to right. */
double up_models_unify(const struct up_models_view *m, const double *weights, const float *y);

enum { UP_EDGE_OPEN = 2 };
struct up_models {
    const struct up_space *space;
    struct up_vgae vgae;
    struct up_mlp mlp;
    struct up_counted counted;
    size_t proxies;           /* M */
    const char *const *names; /* [M] as the estimator predicts them */
    const double *weights;    /* [M] lambda's */
    /* Adjacency entries equal in every architecture: 0 or 1; UP_EDGE_OPEN: the
     * decoder's to tell. nb201 has none that is open, so there a point is valid by
     * its operations alone, as in arch2vec. */
    struct up_cell_graph edge[UP_GRAPHS_MAX];
    bool strict; /* exactly the graphs of an architecture, or none; set after loading */
    struct up_models_view view; /* points back here: the struct must not move */
};

/* From the artifacts of vgae, mpe and lambda; memory in the readers' arena. UP_ECORRUPT
 * when one cannot be read or does not belong to the others. */
int up_models_load(struct up_models *m, const struct up_space *space, struct up_reader *vgae,
                   struct up_reader *mpe, struct up_reader *lambda);

#endif
