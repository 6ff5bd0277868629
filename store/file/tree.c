#include "store/file/tree.h"
#include "store/base/err.h"

#include <inttypes.h>
#include <string.h>

struct place { /* a page on the way, and which of its n nodes was taken */
    uint64_t page;
    unsigned n, i;
    struct up_view low, high; /* its keys k: low <= k < high; without data: no bound */
};

struct way {
    struct up_tree *t;
    unsigned n; /* places; as many as the tree is deep, when it has reached a leaf */
    struct place at[UP_TREE_DEPTH_MAX];
    struct up_err *err;
};

static int bad(struct up_err *err, uint64_t page, const char *what)
{
    return up_fail(err, UP_ECORRUPT, "page %" PRIu64 ": %s", page, what);
}

static int compare(struct up_view a, struct up_view b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.data, b.data, n) : 0;
    return c ? c : (a.len > b.len) - (a.len < b.len);
}

void up_tree_init(struct up_tree *t, struct up_pagefile file, struct up_tree_head head)
{
    *t = (struct up_tree){.file = file, .root = head.root, .depth = head.depth};
}

/* Keys ascend, and stay in the page's range; of a page already checked (`known`), whose keys
 * ascend, the ends are compared: another parent may have given it another range. */
static const char *order(const struct up_pagefile *f, const struct place *p, bool branch,
                         bool known)
{
    struct up_view last = p->low, key;
    for (unsigned i = branch; i < p->n; i += known && i + 1 < p->n ? p->n - 1 - i : 1) {
        key = up_mdb_node(f, p->page, branch, i).key;
        if (key.len == 0)
            return "holds a key of a wrong length";
        int c = last.data ? compare(last, key) : -1;
        bool first = i == (unsigned)branch; /* which may equal its separator */
        if (c > 0 || (c == 0 && !first) || (p->high.data && compare(key, p->high) >= 0))
            return "holds keys out of order";
        last = key;
    }
    return NULL;
}

/* A page reached on the way: checked, and the number of its nodes noted. */
static int step_in(struct way *w, uint64_t page, struct up_view low, struct up_view high)
{
    struct up_tree *t = w->t;
    if (page < 2 || page >= t->file.pages || w->n == t->depth)
        return bad(w->err, page, "is referred to, but is not in the file");
    bool branch = w->n + 1 < t->depth;
    struct place *p = &w->at[w->n++];
    *p = (struct place){.page = page, .low = low, .high = high};
    const char *why = up_mdb_head(&t->file, page, branch ? UP_PAGE_BRANCH : UP_PAGE_LEAF,
                                  branch ? 2 : 1, &p->n);
    bool known = t->good[page % UP_TREE_GOOD] == page;
    if (why || (!known && (why = up_mdb_fit(&t->file, page, branch, p->n))) ||
        (why = order(&t->file, p, branch, known)))
        return bad(w->err, page, why);
    t->good[page % UP_TREE_GOOD] = page;
    return UP_OK;
}

static bool in_leaf(const struct way *w) { return w->n == w->t->depth; }

static struct up_mdb_entry node_at(const struct way *w, unsigned i)
{
    return up_mdb_node(&w->t->file, w->at[w->n - 1].page, !in_leaf(w), i);
}

/* Into child i of the branch at the end of the way. */
static int into(struct way *w, unsigned i)
{
    struct place *p = &w->at[w->n - 1];
    p->i = i;
    struct up_view low = i > 0 ? node_at(w, i).key : p->low;
    struct up_view high = i + 1 < p->n ? node_at(w, i + 1).key : p->high;
    return step_in(w, node_at(w, i).size_or_child, low, high);
}

/* How many nodes of the page, the first `from` aside, are below key, or equal to it. */
static unsigned below(const struct way *w, struct up_view key, unsigned from, bool or_equal)
{
    unsigned low = from, high = w->at[w->n - 1].n;
    while (low < high) {
        unsigned mid = (low + high) / 2;
        int c = compare(node_at(w, mid).key, key);
        if (c < 0 || (c == 0 && or_equal))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* From the root to the leaf where key belongs; without a key to the first leaf or the last. */
static int go(struct way *w, const struct up_view *key, bool last)
{
    const struct up_view none = {NULL, 0};
    int rc = step_in(w, w->t->root, none, none);
    while (rc == UP_OK && !in_leaf(w))
        rc = into(w, key ? below(w, *key, 1, true) - 1 : last ? w->at[w->n - 1].n - 1 : 0);
    return rc;
}

/* To the next leaf or the one before; UP_ENOTFOUND where there is none. */
static int sideways(struct way *w, bool back)
{
    for (w->n--; w->n > 0; w->n--) {
        const struct place *p = &w->at[w->n - 1];
        if (back ? p->i > 0 : p->i + 1 < p->n)
            break;
    }
    if (w->n == 0)
        return UP_ENOTFOUND;
    int rc = into(w, back ? w->at[w->n - 1].i - 1 : w->at[w->n - 1].i + 1);
    while (rc == UP_OK && !in_leaf(w))
        rc = into(w, back ? w->at[w->n - 1].n - 1 : 0);
    return rc;
}

static int value_of(const struct way *w, const struct up_mdb_entry *node, struct up_view *value,
                    bool *big)
{
    const struct up_pagefile *f = &w->t->file;
    uint64_t run;
    *big = node->flags & UP_NODE_BIG;
    *value = node->data;
    if (node->flags & ~(unsigned)UP_NODE_BIG)
        return bad(w->err, w->at[w->n - 1].page, "has a node of an unknown kind");
    if (!*big)
        return UP_OK;
    uint64_t first = up_mdb_number(node->data.data, 8);
    if (first < 2 || first >= f->pages)
        return bad(w->err, w->at[w->n - 1].page, "refers to a page outside the store");
    const char *why = up_mdb_run(f, first, node->size_or_child, &run);
    if (!why && run > f->pages - first)
        why = "is missing: the file is cut short";
    if (why)
        return bad(w->err, first, why);
    *value =
        (struct up_view){up_mdb_page(f, first) + UP_PAGE_HEAD, (size_t)node->size_or_child};
    return UP_OK;
}

int up_tree_find(struct up_tree *t, struct up_view key, struct up_view *value, bool *big,
                 struct up_err *err)
{
    struct way w = {.t = t, .n = 0, .err = err};
    if (t->depth == 0)
        return UP_ENOTFOUND;
    int rc = go(&w, &key, false);
    if (rc != UP_OK)
        return rc;
    unsigned i = below(&w, key, 0, false);
    if (i == w.at[w.n - 1].n)
        return UP_ENOTFOUND;
    struct up_mdb_entry node = node_at(&w, i);
    return compare(node.key, key) ? UP_ENOTFOUND : value_of(&w, &node, value, big);
}

int up_tree_seek(struct up_tree *t, enum up_seek how, struct up_view *key,
                 struct up_view *value, struct up_err *err)
{
    struct way w = {.t = t, .n = 0, .err = err};
    bool given = how == UP_SEEK_AFTER || how == UP_SEEK_BEFORE, big;
    bool back = how == UP_SEEK_LAST || how == UP_SEEK_BEFORE;
    if (t->depth == 0)
        return UP_ENOTFOUND;
    int rc = go(&w, given ? key : NULL, back);
    if (rc != UP_OK)
        return rc;
    unsigned n = w.at[w.n - 1].n, i = back ? n : 0; /* the node wanted; back: one beyond it */
    if (given)
        i = below(&w, *key, 0, !back);
    if (i == (back ? 0 : n)) {
        if ((rc = sideways(&w, back)) != UP_OK)
            return rc;
        i = back ? w.at[w.n - 1].n : 0;
    }
    struct up_mdb_entry node = node_at(&w, back ? i - 1 : i);
    *key = node.key;
    return value_of(&w, &node, value, &big);
}

int up_tree_around(struct up_tree *t, struct up_view key, struct up_err *err)
{
    int rc = UP_OK;
    for (int side = 0; t->depth && rc == UP_OK && side < 2; side++) {
        struct way w = {.t = t, .n = 0, .err = err};
        rc = go(&w, &key, false);
        if (rc == UP_OK)
            rc = sideways(&w, side);
        if (rc == UP_ENOTFOUND)
            rc = UP_OK;
    }
    return rc;
}
