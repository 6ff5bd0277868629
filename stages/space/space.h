/* Search spaces: one row of up_spaces[] each.
 *
 * An architecture is a short string of genes. What a gene means is the space's
 * business; everything above calls the functions of the row.
 *   nb201  6 genes: operation of edges 01 02 12 03 13 23 (the arch string's order),
 *          none 0, skip_connect 1, nor_conv_1x1 2, nor_conv_3x3 3, avg_pool_3x3 4
 *   darts  32 genes: 8 pairs of source and operation for the normal cell, 8 for the reduction
 *          cell; max_pool_3x3 0, avg_pool_3x3 1, skip_connect 2, sep_conv_3x3 3,
 *          sep_conv_5x5 4, dil_conv_3x3 5, dil_conv_5x5 6 */
#ifndef UP_SPACE_SPACE_H
#define UP_SPACE_SPACE_H
#include "store/base/buf.h"
#include "store/base/err.h"
#include "store/base/rng.h"

enum { UP_GENES_MAX = 32, UP_ARCH_TEXT = 2048, UP_NODES_MAX = 16, UP_GRAPHS_MAX = 2 };

struct up_arch {
    uint8_t len;
    uint8_t gene[UP_GENES_MAX]; /* unused genes are 0, so memcmp compares */
};
int up_arch_cmp(const struct up_arch *a, const struct up_arch *b);

enum up_spelling {
    UP_SPELL_OFFICIAL, /* nb201: |nor_conv_3x3~0|+|...|; darts: Genotype(...) */
    UP_SPELL_NASLIB,   /* "(4, 0, 3, 1, 4, 3)" / "[[(0, 0), ...], [...]]" */
    UP_SPELL_INDEX,    /* nb201: NAS-Bench-201 API index; spaces without one: as NASLIB */
    UP_SPELL_TUPLES,   /* darts: "(((0, 0), ...), (...))"; other spaces: as NASLIB */
    UP_SPELL_CONFIG    /* darts: NAS-Bench-301's ConfigSpace JSON; other spaces: as NASLIB */
};
/* A spelling that files give beside the official one and NASLib's. */
struct up_spelled {
    const char *name; /* NULL ends a list */
    enum up_spelling spelling;
};

/* One graph of an architecture, as the VGAE sees it. */
struct up_cell_graph {
    uint8_t op[UP_NODES_MAX];                 /* [nodes] class of each node */
    uint8_t adj[UP_NODES_MAX * UP_NODES_MAX]; /* [nodes][nodes] 0/1, strictly upper */
};

/* A network built of an architecture, as far as cost and scoring depend on it. */
struct up_net_size {
    int channels; /* of the first stage: nb201 16, darts 32 */
    int depth;    /* nb201: cells per stage, 5; darts: cells, 8 */
    int classes;
    int height, width; /* input image */
    bool imagenet;     /* darts: DARTS' network for large images, see darts_cost.c */
};
/* A network that is not scored: people train it, so its costs can be limited. */
struct up_other_net {
    const char *name; /* NULL ends a list; lower case: part of names of files and columns */
    struct up_net_size size;
};

struct up_diagram; /* see diagram.h: nodes and labelled edges of the drawn cells */

struct up_space {
    const char *name;
    const char *does;
    int genes;
    uint64_t count;             /* architectures when enumerable, else 0 */
    int graphs, nodes, classes; /* VGAE: graphs per architecture, nodes and node classes each */
    bool alike; /* graphs have nodes that differ in their places alone: the VGAE is told them */
    struct up_net_size net;            /* the published network, which is scored */
    const struct up_other_net *others; /* further ones; NULL: none */
    const struct up_spelled *spelled;  /* further spellings; NULL: none */
    /* Any known spelling; the error gives the 1-based column and what was expected. */
    int (*parse)(struct up_arch *out, const char *text, size_t len, struct up_err *err);
    void (*print)(char out[UP_ARCH_TEXT], const struct up_arch *a, enum up_spelling s);
    void (*canonical)(struct up_arch *out, const struct up_arch *a);
    /* Whether genes that come from a file are an architecture; all else takes that for granted.
     */
    bool (*valid)(const struct up_arch *a);
    bool (*connected)(const struct up_arch *a);      /* any path from input to output */
    void (*at)(struct up_arch *out, uint64_t index); /* index < count; API order */
    uint64_t (*index)(const struct up_arch *a);
    void (*sample)(struct up_arch *out, struct up_rng *r); /* uniform */
    /* One operation or one edge changed: distinct, a itself is none of them; at most cap. */
    size_t (*neighbours)(const struct up_arch *a, struct up_arch *out, size_t cap);
    void (*encode)(struct up_cell_graph *out, const struct up_arch *a); /* [graphs] */
    /* Strict inverse of encode; the error names the rule that broke. */
    int (*decode)(struct up_arch *out, const struct up_cell_graph *g, struct up_err *err);
    /* The architecture whose graphs are likeliest to a decoder that finds nodes and edges one
     * by one: log-odds op[graphs][nodes][classes], edge[graphs][nodes][nodes] (above the
     * diagonal). NULL: a search takes what decode() lets pass. */
    void (*likeliest)(struct up_arch *out, const float *op, const float *edge);
    /* Exact closed forms in millions (tensorwatch FLOPs, parameters with BN). */
    void (*cost)(double *flops, double *params, const struct up_arch *a,
                 const struct up_net_size *n);
    void (*diagram)(struct up_diagram *out, const struct up_arch *a);
    /* Appends Python source: a torch-only module building the whole network; n is the row's
     * `net` or of one of its `others`. */
    void (*torch)(struct up_buf *out, const struct up_arch *a, const struct up_net_size *n);
};

extern const struct up_space *const up_spaces[]; /* NULL-terminated */
/* UP_EUSAGE with a suggestion when unknown. */
int up_space_find(const struct up_space **out, const char *name, struct up_err *err);

/* archs[n][genes] as an artifact has them: UP_EINVAL unless each is one of the space. */
int up_space_check(const struct up_space *s, const uint8_t *archs, uint64_t n, uint64_t genes,
                   struct up_err *err);

/* Canonical architectures in an order that depends on the seed alone, so that a
 * pool of n is the beginning of a pool of m > n. want = 0: all (enumerable
 * spaces). *out is the caller's, free(). */
int up_space_pool(struct up_arch **out, size_t *n, const struct up_space *s, size_t want,
                  uint64_t seed, struct up_err *err);
/* In place: canonical forms, each once, in the order in which they first occur; returns how
 * many those are. */
size_t up_space_distinct(struct up_arch *a, size_t n, const struct up_space *s);

#endif
