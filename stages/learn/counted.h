/* Scores that are counted and need no estimate: FLOPs and parameters, where every scored row
 * has exactly what its architecture costs in the scored network. A ranked architecture then has
 * its own calibrated cost instead of a predicted one. */
#ifndef UP_LEARN_COUNTED_H
#define UP_LEARN_COUNTED_H
#include "stages/learn/calibration.h"
#include "stages/space/space.h"

enum { UP_COUNTED_MAX = 2 };
struct up_counted {
    const struct up_space *space;
    struct up_net_size net;
    struct up_calibration fit;   /* of those columns alone; 0 columns: nothing is counted */
    int at[UP_COUNTED_MAX];      /* their places among all columns */
    bool params[UP_COUNTED_MAX]; /* parameters, else FLOPs */
};

/* Which columns of raw[n][c->columns], the scores of archs[n] in networks of size `net`, are
 * counts; c is their calibration. Memory in the arena. */
void up_counted_find(struct up_counted *k, const struct up_space *space,
                     const struct up_net_size *net, const struct up_calibration *c,
                     const double *raw, const struct up_arch *archs, size_t n,
                     struct up_arena *arena);

/* Appends {fit, method, names, net}, and reads it back from a map's value; names[m] are those
 * of all columns. UP_EINVAL when they do not have it. */
void up_counted_pack(const struct up_counted *k, struct up_buf *out);
int up_counted_load(struct up_counted *k, const struct up_space *space, struct up_view value,
                    const char *const *names, size_t m, struct up_arena *arena,
                    struct up_err *err);

/* The counted columns of y[n][m], calibrated. */
void up_counted_put(const struct up_counted *k, float *y, size_t m, const struct up_arch *a,
                    size_t n);

#endif
