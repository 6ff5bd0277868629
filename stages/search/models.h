/* The trained models behind the search's view of them: VGAE for embedding and
 * decoding, multi-proxy estimator for scores. */
#ifndef UP_SEARCH_MODELS_H
#define UP_SEARCH_MODELS_H
#include "stages/model/mlp.h"
#include "stages/model/vgae.h"
#include "stages/search/ledger.h"

enum { UP_EDGE_OPEN = 2 };
struct up_models {
    const struct up_space *space;
    struct up_vgae vgae;
    struct up_mlp mlp;
    size_t proxies;           /* M */
    const char *const *names; /* [M] as the estimator predicts them */
    const double *weights;    /* [M] lambda's */
    /* Adjacency entries equal in every architecture: 0 or 1; UP_EDGE_OPEN: the
     * decoder's to tell. nb201 has none that is open, so there a point is valid by
     * its operations alone, as in arch2vec. */
    struct up_cell_graph edge[UP_GRAPHS_MAX];
    struct up_search_model view; /* points back here: the struct must not move */
};

/* From the artifacts of vgae, mpe and lambda; memory in the arena. UP_EINVAL
 * when they do not belong together. */
int up_models_load(struct up_models *m, const struct up_space *space, struct up_view vgae,
                   struct up_view mpe, struct up_view lambda, struct up_arena *arena,
                   struct up_err *err);

/* The list of strings at `path` of an artifact, copied into the arena. */
int up_doc_names(struct up_view doc, const char *path, struct up_arena *arena,
                 const char *const **names, size_t *n, struct up_err *err);

#endif
