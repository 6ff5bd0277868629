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

struct up_counted_rows { /* scored architectures */
    const struct up_space *space;
    struct up_net_size net;     /* of the scored networks */
    const struct up_arch *arch; /* [n] */
    const double *raw;          /* [n][columns of the calibration] */
    size_t n;
};
/* Which columns are counts; c is their calibration. Memory in the arena. */
void up_counted_find(struct up_counted *k, const struct up_counted_rows *rows,
                     const struct up_calibration *c, struct up_arena *arena);

/* Writes the map {fit, method, names, net} under `key`; *k is borrowed. */
void up_counted_write(struct up_writer *w, const char *key, const struct up_counted *k);
/* From the document that such a map is (up_reader_inside); names[m] are those of all
 * columns. The reader fails when they do not have it; returns its end. */
int up_counted_load(struct up_counted *k, const struct up_space *space, struct up_reader *r,
                    const char *const *names, size_t m);

/* The counted columns of y[n][m], calibrated. */
void up_counted_put(const struct up_counted *k, float *y, size_t m, const struct up_arch *a,
                    size_t n);

#endif
