#include "store/file/guard.h"
#include "store/base/arena.h"
#include "store/base/err.h"
#include "store/file/pages.h"

#include <stdlib.h>

static int refuse(struct up_guard *g, int rc, const struct up_err *why, struct up_err *err)
{
    if (rc != UP_ECORRUPT)
        return rc;
    atomic_store(g->suspect, true);
    return up_fail(err, UP_ECORRUPT,
                   "the store %s was damaged while in use (%s); the next command checks and "
                   "repairs it",
                   g->dir, why->msg);
}

static int tree_of(struct up_guard *g, unsigned tree, struct up_tree **out, struct up_err *err)
{
    const struct up_err why = {"the descriptor of a tree makes no sense"};
    struct up_tree_head head;
    *out = g->tree[tree];
    if (*out)
        return UP_OK;
    if (g->head(g->txn, tree, &head) != UP_OK || head.depth > UP_TREE_DEPTH_MAX)
        return refuse(g, UP_ECORRUPT, &why, err);
    *out = g->tree[tree] = up_alloc(sizeof **out);
    up_tree_init(*out, g->file, head);
    return UP_OK;
}

static int find(struct up_guard *g, unsigned tree, struct up_view key, struct up_view *value,
                bool *big, struct up_err *err)
{
    struct up_tree *t;
    struct up_err why;
    int rc = tree_of(g, tree, &t, err);
    return rc == UP_OK ? refuse(g, up_tree_find(t, key, value, big, &why), &why, err) : rc;
}

int up_guard_find(struct up_guard *g, unsigned tree, struct up_view key, struct up_view *value,
                  struct up_err *err)
{
    bool big;
    return find(g, tree, key, value, &big, err);
}

int up_guard_seek(struct up_guard *g, unsigned tree, enum up_seek how, struct up_view *key,
                  struct up_view *value, struct up_err *err)
{
    struct up_tree *t;
    struct up_err why;
    int rc = tree_of(g, tree, &t, err);
    return rc == UP_OK ? refuse(g, up_tree_seek(t, how, key, value, &why), &why, err) : rc;
}

int up_guard_seek_writing(struct up_guard *g, unsigned tree, enum up_seek how,
                          struct up_view key, struct up_err *err)
{
    struct up_view at = key, value;
    struct up_err why;
    if (!g->file.bytes.data)
        return UP_OK;
    int rc = up_guard_seek(g, tree, how, &at, &value, err);
    if (rc == UP_ECORRUPT || how == UP_SEEK_FIRST || how == UP_SEEK_LAST)
        return rc == UP_ENOTFOUND ? UP_OK : rc;
    return refuse(g, up_tree_around(g->tree[tree], key, &why), &why, err);
}

int up_guard_put(struct up_guard *g, unsigned tree, struct up_view key, struct up_err *err)
{
    struct up_view value;
    bool big = false;
    if (!g->file.bytes.data)
        return UP_OK;
    int rc = find(g, tree, key, &value, &big, err);
    if (rc != UP_OK)
        return rc == UP_ENOTFOUND ? UP_OK : rc;
    return big ? up_guard_walk(g, err) : UP_OK;
}

int up_guard_walk(struct up_guard *g, struct up_err *err)
{
    struct up_err why;
    if (atomic_load(g->whole) || !g->file.bytes.data)
        return UP_OK;
    int rc = refuse(g, up_pages_walk(g->file.bytes, NULL, NULL, &why), &why, err);
    if (rc == UP_OK)
        atomic_store(g->whole, true);
    return rc;
}

void up_guard_end(struct up_guard *g)
{
    for (unsigned i = 0; i < UP_GUARD_TREES; i++)
        free(g->tree[i]);
}
