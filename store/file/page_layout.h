/* One page of an LMDB file, taken apart without believing it. The layout stands in
 * store/file/pages.h. The walk over all pages (pages.c) and the reader of one tree (tree.c)
 * both stand on these, so that what one accepts the other can read.
 *
 * Functions that check return NULL, or what is wrong in words that complete "page 7: ". */
#ifndef UP_STORE_FILE_PAGE_LAYOUT_H
#define UP_STORE_FILE_PAGE_LAYOUT_H
#include "store/base/buf.h"

enum {
    UP_PAGE_HEAD = 16,
    UP_PAGE_META = 24 + 2 * 48 + 16, /* bytes of a meta page after its head */
    UP_PAGE_TREE = 48,               /* bytes of a tree's descriptor */
    UP_PAGE_MAX = 1 << 15,
    UP_PAGE_BRANCH = 1, /* flags of pages */
    UP_PAGE_LEAF = 2,
    UP_PAGE_OVERFLOW = 4,
    UP_PAGE_IS_META = 8,
    UP_NODE_BIG = 1, /* flags of leaf nodes */
    UP_NODE_TREE = 2,
    UP_TREE_DEPTH_MAX = 32 /* LMDB's cursor stack */
};
#define UP_NO_PAGE UINT64_MAX

struct up_pagefile {
    struct up_view bytes;
    uint64_t psize, pages; /* whole pages in the file */
};

struct up_mdb_entry {
    struct up_view key, data;
    unsigned flags;
    uint64_t size_or_child;
};

struct up_tree_head { /* a tree's descriptor */
    unsigned flags, depth;
    uint64_t branches, leaves, overflow, entries, root;
};

uint64_t up_mdb_number(const uint8_t *p, size_t n); /* little-endian, n bytes */
const uint8_t *up_mdb_page(const struct up_pagefile *f, uint64_t page);
struct up_tree_head up_mdb_tree(const uint8_t *p);

/* Sets n bits from i on; false when one of them was set already. */
bool up_mdb_mark(uint64_t *bits, uint64_t i, uint64_t n);

/* The head of a tree page in the file: it has this number and kind, and *n nodes, at least
 * `least`. */
const char *up_mdb_head(const struct up_pagefile *f, uint64_t page, unsigned kind,
                        unsigned least, unsigned *n);
/* All of a page's n nodes lie in it side by side. To be called before any is used. */
const char *up_mdb_fit(const struct up_pagefile *f, uint64_t page, bool branch, unsigned n);
/* Node i of a page that fits. data of a big one is the number of its overflow run. */
struct up_mdb_entry up_mdb_node(const struct up_pagefile *f, uint64_t page, bool branch,
                                unsigned i);
/* The overflow run of a big node: its first page and length. The caller has yet to check
 * that it ends inside the file. The run's first page must lie in the file. */
const char *up_mdb_run(const struct up_pagefile *f, uint64_t first, uint64_t size,
                       uint64_t *run);

#endif
