/* A reader of one tree of an LMDB file that believes no page: what LMDB's own cursors would
 * follow is checked first, by the rules of the walk (store/file/pages.h), on the way down from
 * the root. A page that is not what its parent says, whose nodes do not fit, or whose keys are
 * out of order or outside the range that its parent gives it, is UP_ECORRUPT with a sentence
 * that names it; nothing beyond it is read. So keys that are asked for one after another
 * advance, or the reading ends.
 *
 * Views point into the file, and live as long as the transaction that keeps its pages. */
#ifndef UP_STORE_FILE_TREE_H
#define UP_STORE_FILE_TREE_H
#include "store/file/page_layout.h"

struct up_err;

enum up_seek { UP_SEEK_FIRST, UP_SEEK_LAST, UP_SEEK_AFTER, UP_SEEK_BEFORE };

enum { UP_TREE_GOOD = 32 };
struct up_tree { /* one transaction's */
    struct up_pagefile file;
    uint64_t root;
    unsigned depth;              /* 0: an empty tree */
    uint64_t good[UP_TREE_GOOD]; /* pages already checked, by their number's last bits */
};

void up_tree_init(struct up_tree *t, struct up_pagefile file, struct up_tree_head head);
/* UP_ENOTFOUND without a sentence. *big says that the value lies on an overflow run. */
int up_tree_find(struct up_tree *t, struct up_view key, struct up_view *value, bool *big,
                 struct up_err *err);
/* The entry first, last, or next after or before *key. UP_ENOTFOUND as above. */
int up_tree_seek(struct up_tree *t, enum up_seek how, struct up_view *key,
                 struct up_view *value, struct up_err *err);
/* Checks the leaf where key is or would be, and its neighbours to both sides. */
int up_tree_around(struct up_tree *t, struct up_view key, struct up_err *err);

#endif
