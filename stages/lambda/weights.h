/* Weights of proxies by name, wherever somebody has them: a preset, a lambda artifact, a
 * file. */
#ifndef UP_LAMBDA_WEIGHTS_H
#define UP_LAMBDA_WEIGHTS_H
#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/err.h"

enum { UP_LAMBDA_WEIGHTS_MAX = 4096 };
struct up_lambda_weights { /* everything lives in the arena given */
    size_t n;
    const char **name;        /* [n], each once */
    double *value;            /* [n], finite */
    const char *calibration;  /* the one they belong to, or NULL where nobody says */
    const char *fitted;       /* what they were fitted on, in words, or NULL: nothing known */
    const char *fitted_space; /* whose architectures those were, or NULL: nothing known */
};

/* false: there is no preset of that name. */
bool up_lambda_weights_of_preset(struct up_lambda_weights *w, const char *name,
                                 struct up_arena *arena);
/* From the bytes of a lambda artifact. UP_ECORRUPT when they are none. */
int up_lambda_weights_of_artifact(struct up_lambda_weights *w, struct up_view artifact,
                                  struct up_arena *arena, struct up_err *err);

/* From a file, JSON when it begins with '{', else CSV:
 *   {"nwot": 1, "flops": 0.5}
 *   an object with "weights": such an object, or a list beside "names", and perhaps
 *       "calibration"; or with such an object under "value": result.json, and what
 *       `upnas show lambda --json` prints
 *   CSV with the columns proxy and weight
 *   CSV whose columns are proxies, and one row
 * UP_EINVAL with the place and the remedy. */
int up_lambda_weights_read(struct up_lambda_weights *w, const char *name, struct up_view bytes,
                           struct up_arena *arena, struct up_err *err);

/* ---- for the readers: adds one; UP_EINVAL (after "where: ") for a name that is there, no
 * finite number, or one too many ---- */
int up_lambda_weights_add(struct up_lambda_weights *w, struct up_view name, double value,
                          const char *where, struct up_arena *arena, struct up_err *err);
int up_lambda_weights_json(struct up_lambda_weights *w, const char *name, struct up_view bytes,
                           struct up_arena *arena, struct up_err *err);
int up_lambda_weights_csv(struct up_lambda_weights *w, const char *name, struct up_view bytes,
                          struct up_arena *arena, struct up_err *err);

#endif
