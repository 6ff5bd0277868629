/* The parts of the darts row; space.c alone names the row. Private to the room.
 *
 * Two cells, normal then reduction, of four nodes with two inputs each: genes are the 8 pairs
 * (source, operation) of the one and of the other, the pairs 2i and 2i+1 those of node i.
 * Source 0 is the output of the cell before the last, 1 of the last, 2+j node j < i. */
#ifndef UP_SPACE_DARTS_H
#define UP_SPACE_DARTS_H
#include "stages/space/space.h"

enum up_darts_op {
    DARTS_MAX,
    DARTS_AVG,
    DARTS_SKIP,
    DARTS_SEP3,
    DARTS_SEP5,
    DARTS_DIL3,
    DARTS_DIL5,
    DARTS_OPS
};
enum { DARTS_CELLS = 2, DARTS_PAIRS = 8, DARTS_GENES = DARTS_CELLS * DARTS_PAIRS * 2 };

extern const struct up_space up_space_darts;

/* The functions of the row; contracts in space.h. */
int up_darts_parse(struct up_arch *out, const char *text, size_t len, struct up_err *err);
void up_darts_print(char out[UP_ARCH_TEXT], const struct up_arch *a, enum up_spelling s);
void up_darts_cost(double *flops, double *params, const struct up_arch *a,
                   const struct up_net_size *n);

#endif
