#include "store/file/pages.h"
#include "store/base/arena.h"
#include "store/base/err.h"
#include "store/file/page_layout.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE_MIN = 512,
    INTEGER_KEY = 8,   /* flag of the free-list tree */
    TAIL_MAX = 1 << 16 /* free pages past the end of the file that were never written */
};

enum kind { FREE_LIST, MAIN, NAMED };

struct tree {
    enum kind kind;
    struct up_view name;
    struct up_tree_head head;                       /* as declared */
    uint64_t n_branch, n_leaf, n_overflow, n_entry; /* as found */
    struct up_view last; /* greatest key so far, or the separator before this page */
    bool any, may_equal; /* a separator may equal the first key after it */
};

struct walk {
    struct up_pagefile file;
    uint64_t last_page, txn;
    uint64_t top;          /* highest page used or free */
    uint64_t *seen;        /* one bit a page */
    struct up_digest *sum; /* not NULL: of the skeleton alone, and no leaf is looked at */
    up_pages_visit *visit;
    void *ctx;
    struct up_err *err;
};

static int bad(struct walk *w, uint64_t page, const char *what)
{
    return up_fail(w->err, UP_ECORRUPT, "page %" PRIu64 ": %s", page, what);
}

/* Claims n pages for the tree; each may be claimed once, and must be present. */
static int claim(struct walk *w, uint64_t from, uint64_t page, uint64_t n)
{
    if (page < 2 || page > w->last_page || n > w->last_page - page + 1)
        return bad(w, from, "refers to a page outside the store");
    if (page + n > w->file.pages)
        return bad(w, page, "is missing: the file is cut short");
    if (!up_mdb_mark(w->seen, page, n))
        return bad(w, page, "is in use twice");
    if (page + n - 1 > w->top)
        w->top = page + n - 1;
    return UP_OK;
}

static int compare(enum kind kind, struct up_view a, struct up_view b)
{
    if (kind == FREE_LIST) {
        uint64_t x = up_mdb_number(a.data, 8), y = up_mdb_number(b.data, 8);
        return (x > y) - (x < y);
    }
    int c = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);
    return c ? c : (a.len > b.len) - (a.len < b.len);
}

static int in_order(struct walk *w, struct tree *t, uint64_t page, struct up_view key,
                    bool separator)
{
    if (key.len == 0 || (t->kind == FREE_LIST && key.len != 8))
        return bad(w, page, "holds a key of a wrong length");
    if (t->any) {
        int c = compare(t->kind, t->last, key);
        if (c > 0 || (c == 0 && !t->may_equal))
            return bad(w, page, "holds keys out of order");
    }
    t->last = key;
    t->any = true;
    t->may_equal = separator;
    return UP_OK;
}

static void add_sum(struct walk *w, const uint8_t *p, size_t n)
{
    struct up_digest both[2] = {*w->sum, up_digest_of(p, n)};
    *w->sum = up_digest_of(both, sizeof both);
}

/* The bytes of a leaf node's data, following an overflow run. */
static int node_data(struct walk *w, struct tree *t, uint64_t page, struct up_mdb_entry *n)
{
    if (!(n->flags & UP_NODE_BIG))
        return UP_OK;
    uint64_t first = up_mdb_number(n->data.data, 8);
    uint64_t run;
    if (first < 2 || first > w->last_page || first >= w->file.pages)
        return claim(w, page, first, 1);
    const uint8_t *p = up_mdb_page(&w->file, first);
    const char *why = up_mdb_run(&w->file, first, n->size_or_child, &run);
    if (why)
        return bad(w, first, why);
    t->n_overflow += run;
    n->data = (struct up_view){p + UP_PAGE_HEAD, (size_t)n->size_or_child};
    int rc = claim(w, page, first, run);
    if (rc == UP_OK && w->sum)
        add_sum(w, p, (size_t)(run * w->file.psize));
    return rc;
}

static int free_entry(struct walk *w, uint64_t page, struct up_view key, struct up_view data)
{
    uint64_t count = data.len < 8 ? 0 : up_mdb_number(data.data, 8), above = UP_NO_PAGE;
    if (up_mdb_number(key.data, 8) > w->txn || data.len < 8 || count > data.len / 8 - 1)
        return bad(w, page, "holds a free list that makes no sense");
    for (uint64_t i = 1; i <= count; i++) {
        uint64_t pg = up_mdb_number(data.data + 8 * i, 8);
        if (pg < 2 || pg > w->last_page || pg >= above)
            return bad(w, page, "holds a free list with a wrong page number");
        if (!up_mdb_mark(w->seen, pg, 1))
            return bad(w, pg, "is free and in use, or free twice");
        w->top = pg > w->top ? pg : w->top;
        above = pg;
    }
    return UP_OK;
}

static int walk_tree(struct walk *w, struct tree *t);

static struct tree tree_of(const uint8_t *p, enum kind kind, struct up_view name)
{
    return (struct tree){.kind = kind, .name = name, .head = up_mdb_tree(p)};
}

static int leaf_entry(struct walk *w, struct tree *t, uint64_t page, struct up_mdb_entry *n)
{
    unsigned allowed = t->kind == MAIN ? UP_NODE_TREE : UP_NODE_BIG;
    if ((n->flags & ~allowed) || (t->kind == MAIN && n->flags != UP_NODE_TREE))
        return bad(w, page, "has a node of an unknown kind");
    int rc = node_data(w, t, page, n);
    if (rc != UP_OK)
        return rc;
    t->n_entry++;
    if (t->kind == FREE_LIST)
        return free_entry(w, page, n->key, n->data);
    if (t->kind == NAMED) {
        if (w->visit)
            w->visit(w->ctx, t->name, n->key, n->data, !(n->flags & UP_NODE_BIG));
        return UP_OK;
    }
    if (n->data.len != UP_PAGE_TREE)
        return bad(w, page, "has a tree descriptor of a wrong size");
    struct tree sub = tree_of(n->data.data, NAMED, n->key);
    if (w->visit)
        w->visit(w->ctx, n->key, (struct up_view){NULL, 0}, (struct up_view){NULL, 0}, true);
    return walk_tree(w, &sub);
}

/* Leaves stand in no order in the file: without this, most of the time of a walk
 * is spent waiting for memory. */
enum { AHEAD = 2 };

static void fetch_ahead(const struct walk *w, uint64_t page)
{
    if (page >= w->file.pages)
        return;
    for (uint64_t i = 0; i < w->file.psize; i += 64)
        __builtin_prefetch(up_mdb_page(&w->file, page) + i);
}

static int walk_page(struct walk *w, struct tree *t, uint64_t from, uint64_t page,
                     unsigned level)
{
    bool branch = level < t->head.depth;
    unsigned n, least = branch && t->kind != FREE_LIST ? 2 : 1;
    int rc = claim(w, from, page, 1);
    *(branch ? &t->n_branch : &t->n_leaf) += 1;
    if (rc != UP_OK || (w->sum && !branch && t->kind == NAMED))
        return rc;
    const char *why =
        up_mdb_head(&w->file, page, branch ? UP_PAGE_BRANCH : UP_PAGE_LEAF, least, &n);
    if (why || (why = up_mdb_fit(&w->file, page, branch, n)))
        return bad(w, page, why);
    if (w->sum)
        add_sum(w, up_mdb_page(&w->file, page), (size_t)w->file.psize);
    for (unsigned i = 0; rc == UP_OK && i < n; i++) {
        struct up_mdb_entry node = up_mdb_node(&w->file, page, branch, i);
        if (!branch || i > 0)
            rc = in_order(w, t, page, node.key, branch);
        if (branch && i + AHEAD < n && !w->sum)
            fetch_ahead(w, up_mdb_node(&w->file, page, branch, i + AHEAD).size_or_child);
        if (rc == UP_OK)
            rc = branch ? walk_page(w, t, page, node.size_or_child, level + 1)
                        : leaf_entry(w, t, page, &node);
    }
    return rc;
}

static int walk_tree(struct walk *w, struct tree *t)
{
    if (t->head.flags != (t->kind == FREE_LIST ? INTEGER_KEY : 0) ||
        t->head.depth > UP_TREE_DEPTH_MAX)
        return bad(w, t->head.root, "is the root of a tree of an unknown kind");
    if ((t->head.root == UP_NO_PAGE) != (t->head.depth == 0))
        return bad(w, t->head.root, "is the root of a tree of a wrong depth");
    int rc = t->head.depth ? walk_page(w, t, t->head.root, t->head.root, 1) : UP_OK;
    bool leaves = !w->sum || t->kind != NAMED;
    if (rc == UP_OK &&
        (t->n_branch != t->head.branches || t->n_leaf != t->head.leaves ||
         (leaves && (t->n_overflow != t->head.overflow || t->n_entry != t->head.entries))))
        return bad(w, t->head.root, "is the root of a tree that lost or gained pages");
    return rc;
}

/* Both meta pages must be readable; returns the newer, as LMDB chooses. */
static int newer_meta(struct walk *w, const uint8_t **meta)
{
    uint64_t txn[2];
    for (unsigned i = 0; i < 2; i++) {
        if ((i + 1) * w->file.psize > w->file.bytes.len)
            return bad(w, i, "is missing: the file is cut short");
        const uint8_t *p = up_mdb_page(&w->file, i), *m = p + UP_PAGE_HEAD;
        if (up_mdb_number(p, 8) != i || up_mdb_number(p + 10, 2) != UP_PAGE_IS_META ||
            up_mdb_number(m, 4) != 0xBEEFC0DE || up_mdb_number(m + 4, 4) != 1 ||
            up_mdb_number(m + 24, 4) != w->file.psize)
            return bad(w, i, "is no meta page");
        txn[i] = up_mdb_number(m + UP_PAGE_META - 8, 8);
    }
    unsigned at = txn[1] > txn[0];
    bool fresh = txn[0] == 0 && txn[1] == 0;
    if (!fresh && (txn[at] % 2 != at || txn[at ^ 1] != txn[at] - 1))
        return bad(w, at,
                   "and its twin carry transaction numbers that do not follow each other");
    *meta = up_mdb_page(&w->file, at) + UP_PAGE_HEAD;
    w->txn = txn[at];
    return UP_OK;
}

/* The state before the newest one is whole, too, and its free list names no later transaction
 * than its own. Where it does, its number was changed, and it is the newest: what LMDB takes
 * for that would lack a transaction without a word. */
static int older_meta(struct walk *w, unsigned at)
{
    const uint8_t *meta = up_mdb_page(&w->file, at) + UP_PAGE_HEAD;
    struct tree t = tree_of(meta + 24, FREE_LIST, (struct up_view){NULL, 0});
    uint64_t page = t.head.root;
    for (unsigned level = 1, n; level <= t.head.depth && level <= UP_TREE_DEPTH_MAX; level++) {
        bool branch = level < t.head.depth;
        if (page < 2 || page >= w->file.pages ||
            up_mdb_head(&w->file, page, branch ? UP_PAGE_BRANCH : UP_PAGE_LEAF, 1, &n) ||
            up_mdb_fit(&w->file, page, branch, n))
            return UP_OK; /* nobody reads these pages: other damage there does none */
        struct up_mdb_entry last = up_mdb_node(&w->file, page, branch, n - 1);
        if (!branch && last.key.len == 8 &&
            up_mdb_number(last.key.data, 8) > up_mdb_number(meta + UP_PAGE_META - 8, 8))
            return bad(w, at, "carries a transaction number older than what it refers to");
        page = last.size_or_child;
    }
    return UP_OK;
}

static int walk_meta(struct walk *w, const uint8_t *meta)
{
    const struct up_view none = {NULL, 0};
    struct tree main_tree = tree_of(meta + 24 + UP_PAGE_TREE, MAIN, none);
    struct tree free_list = tree_of(meta + 24, FREE_LIST, none);
    int rc = walk_tree(w, &main_tree);
    if (rc == UP_OK)
        rc = walk_tree(w, &free_list);
    if (rc == UP_OK && !w->sum && w->last_page >= w->file.pages && w->last_page != w->top)
        return bad(w, w->txn % 2, "names a last page that is not in the file");
    return rc;
}

/* All of it, once w has its file, and what is asked of it. */
static int walk_file(struct walk *w)
{
    struct up_view bytes = w->file.bytes;
    const uint8_t *meta = NULL;
    if (bytes.len < UP_PAGE_HEAD + UP_PAGE_META)
        return up_fail(w->err, UP_ECORRUPT, "page 0: is missing: the file is cut short");
    uint64_t psize = up_mdb_number(bytes.data + UP_PAGE_HEAD + 24, 4);
    if (psize < PAGE_MIN || psize > UP_PAGE_MAX || (psize & (psize - 1)))
        return bad(w, 0, "is no meta page");
    w->file = (struct up_pagefile){bytes, psize, bytes.len / psize};
    int rc = newer_meta(w, &meta);
    if (rc != UP_OK)
        return rc;
    w->last_page = up_mdb_number(meta + UP_PAGE_META - 16, 8);
    if (w->last_page < 1 || w->last_page >= w->file.pages + TAIL_MAX)
        return bad(w, w->txn % 2, "names a last page that is not in the file");
    for (unsigned i = 0; w->sum && i < 2; i++)
        add_sum(w, up_mdb_page(&w->file, i), UP_PAGE_HEAD + UP_PAGE_META);
    w->top = 1;
    w->seen = up_alloc((size_t)(w->last_page / 64 + 1) * sizeof *w->seen);
    rc = older_meta(w, meta == up_mdb_page(&w->file, 0) + UP_PAGE_HEAD);
    if (rc == UP_OK)
        rc = walk_meta(w, meta);
    free(w->seen);
    return rc;
}

int up_pages_walk(struct up_view file, up_pages_visit *visit, void *ctx, struct up_err *err)
{
    struct walk w = {.file.bytes = file, .visit = visit, .ctx = ctx, .err = err};
    return walk_file(&w);
}

int up_pages_sum(struct up_view file, struct up_digest *sum, struct up_err *err)
{
    struct walk w = {.file.bytes = file, .sum = sum, .err = err};
    *sum = (struct up_digest){{0}};
    return walk_file(&w);
}
