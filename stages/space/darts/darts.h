/* The parts of the darts row; space.c alone names the row. Private to the room.
 *
 * Two cells, normal then reduction, of four nodes with two inputs each: genes are the 8 pairs
 * (source, operation) of the one and of the other, the pairs 2i and 2i+1 those of node i.
 * Source 0 is the output of the cell before the last, 1 of the last, 2+j node j < i. The two
 * sources of a node differ. */
#ifndef UP_SPACE_DARTS_DARTS_H
#define UP_SPACE_DARTS_DARTS_H
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
enum {
    DARTS_CELLS = 2,
    DARTS_NODES = 4,
    DARTS_INPUTS = 2,
    DARTS_PAIRS = 2 * DARTS_NODES,
    DARTS_CELL_GENES = 2 * DARTS_PAIRS,
    DARTS_GENES = DARTS_CELLS * DARTS_CELL_GENES
};
extern const char *const up_darts_op_name[DARTS_OPS];

extern const struct up_space up_space_darts;

/* The functions of the row; contracts in space.h. */
int up_darts_parse(struct up_arch *out, const char *text, size_t len, struct up_err *err);
void up_darts_print(char out[UP_ARCH_TEXT], const struct up_arch *a, enum up_spelling s);
void up_darts_encode(struct up_cell_graph *out, const struct up_arch *a);
int up_darts_decode(struct up_arch *out, const struct up_cell_graph *g, struct up_err *err);
void up_darts_likeliest(struct up_arch *out, const float *op, const float *edge);
void up_darts_cost(double *flops, double *params, const struct up_arch *a,
                   const struct up_net_size *n);
void up_darts_diagram(struct up_diagram *out, const struct up_arch *a);
void up_darts_torch(struct up_buf *out, const struct up_arch *a, const struct up_net_size *n);

/* The readers and writers of one spelling each; a reader leaves the cursor behind it. */
struct up_arch_text;
int up_darts_read_compact(struct up_arch_text *t, struct up_arch *a, struct up_err *err);
int up_darts_read_genotype(struct up_arch_text *t, struct up_arch *a, struct up_err *err);
int up_darts_read_config(struct up_arch_text *t, struct up_arch *a, struct up_err *err);
void up_darts_print_compact(char out[UP_ARCH_TEXT], const struct up_arch *a, bool tuples);
void up_darts_print_genotype(char out[UP_ARCH_TEXT], const struct up_arch *a);
void up_darts_print_config(char out[UP_ARCH_TEXT], const struct up_arch *a);

/* What several of them read. `what` says for an error which thing was expected. */
int up_darts_opening(struct up_arch_text *t, char *close, const char *what, struct up_err *err);
int up_darts_closing(struct up_arch_text *t, char close, struct up_err *err);
int up_darts_comma(struct up_arch_text *t, const char *what, struct up_err *err);
/* A number below `count`. */
int up_darts_number(struct up_arch_text *t, uint8_t *out, uint64_t count, const char *what,
                    struct up_err *err);
/* The quoted name of an operation. */
int up_darts_operation(struct up_arch_text *t, uint8_t *op, struct up_err *err);
/* The two sources of the node that ends with this pair differ; column: of the pair. */
int up_darts_differ(const uint8_t *cell, int pair, size_t column, struct up_err *err);
/* A cell's pairs, read one by one; `what` is what an error expects where it begins. */
int up_darts_read_cell(struct up_arch_text *t, uint8_t *gene, const char *what,
                       int (*pair)(struct up_arch_text *t, uint8_t *gene, int node,
                                   struct up_err *err),
                       struct up_err *err);

#endif
