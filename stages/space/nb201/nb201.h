/* The parts of the nb201 row; space.c alone names the row. Private to the room.
 *
 * Genes are the operations of edges 01 02 12 03 13 23. Four nodes: 0 is the
 * input, 3 the output, and every node sums what its edges bring. */
#ifndef UP_SPACE_NB201_NB201_H
#define UP_SPACE_NB201_NB201_H
#include "stages/space/space.h"

enum up_nb201_op { NB_NONE, NB_SKIP, NB_CONV1, NB_CONV3, NB_AVG, NB_OPS };
enum { NB_EDGES = 6, NB_NODES = 4, NB_CELLS = 15625 };

extern const struct up_space up_space_nb201;
extern const char *const up_nb201_op_name[NB_OPS]; /* as in the arch string */
extern const struct up_nb201_edge {
    uint8_t from, to;
} up_nb201_edge[NB_EDGES];

/* One bit per edge: it lies on a path from input to output that has no `none`. */
unsigned up_nb201_live(const struct up_arch *a);

/* The functions of the row; contracts in space.h. */
int up_nb201_parse(struct up_arch *out, const char *text, size_t len, struct up_err *err);
void up_nb201_print(char out[UP_ARCH_TEXT], const struct up_arch *a, enum up_spelling s);
void up_nb201_at(struct up_arch *out, uint64_t index);
uint64_t up_nb201_index(const struct up_arch *a);
void up_nb201_cost(double *flops, double *params, const struct up_arch *a,
                   const struct up_net_size *n);
void up_nb201_diagram(struct up_diagram *out, const struct up_arch *a);
void up_nb201_torch(struct up_buf *out, const struct up_arch *a, const struct up_net_size *n);

#endif
