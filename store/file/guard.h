/* What stands between a transaction of LMDB's and the pages of its file: see store/file/lmdb.h
 * for which page is checked when. A refusal is UP_ECORRUPT with a sentence, and is noted, so
 * that the store is left without a seal. */
#ifndef UP_STORE_FILE_GUARD_H
#define UP_STORE_FILE_GUARD_H
#include "store/file/tree.h"

#include <stdatomic.h>

struct up_err;

enum { UP_GUARD_TREES = 7 }; /* one for each enum up_db */
struct up_guard {            /* of one transaction */
    const char *dir;
    atomic_bool *suspect;    /* set by a refusal */
    atomic_bool *whole;      /* all pages were walked since the file was opened */
    struct up_pagefile file; /* as it was committed; without bytes nothing is checked */
    struct up_tree *tree[UP_GUARD_TREES];
    /* The descriptor of a tree as it was committed; UP_ENOTFOUND without a sentence. */
    int (*head)(void *txn, unsigned tree, struct up_tree_head *out);
    void *txn;
};

/* As the functions of up_tree. */
int up_guard_find(struct up_guard *g, unsigned tree, struct up_view key, struct up_view *value,
                  struct up_err *err);
int up_guard_seek(struct up_guard *g, unsigned tree, enum up_seek how, struct up_view *key,
                  struct up_view *value, struct up_err *err);
/* Checks what LMDB's cursor meets when it does the same in a transaction that has written. */
int up_guard_seek_writing(struct up_guard *g, unsigned tree, enum up_seek how,
                          struct up_view key, struct up_err *err);
/* Before a put: the way to the key, which is all that LMDB changes in a tree then; but where
 * it gives an overflow run back it believes the run's length and place, and all are walked. */
int up_guard_put(struct up_guard *g, unsigned tree, struct up_view key, struct up_err *err);
/* Before a removal: all pages, for LMDB may merge any on the way with its neighbours. */
int up_guard_walk(struct up_guard *g, struct up_err *err);
void up_guard_end(struct up_guard *g);

#endif
