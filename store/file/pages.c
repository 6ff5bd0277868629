#include "store/file/pages.h"
#include "store/base/arena.h"
#include "store/base/err.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE_HEAD = 16,
    NODE_HEAD = 8,
    TREE_BYTES = 48,
    META_BYTES = 24 + 2 * TREE_BYTES + 16,
    PAGE_MIN = 512,
    PAGE_MAX = 1 << 15,
    IS_BRANCH = 1,
    IS_LEAF = 2,
    IS_OVERFLOW = 4,
    IS_META = 8,
    NODE_BIG = 1,
    NODE_TREE = 2,
    INTEGER_KEY = 8,   /* flag of the free-list tree */
    DEPTH_MAX = 32,    /* LMDB's cursor stack */
    TAIL_MAX = 1 << 16 /* free pages past the end of the file that were never written */
};
#define NO_PAGE UINT64_MAX

enum kind { FREE_LIST, MAIN, NAMED };

struct tree {
    enum kind kind;
    struct up_view name;
    unsigned flags, depth;
    uint64_t branches, leaves, overflow, entries, root; /* as declared */
    uint64_t n_branch, n_leaf, n_overflow, n_entry;     /* as found */
    struct up_view last; /* greatest key so far, or the separator before this page */
    bool any, may_equal; /* a separator may equal the first key after it */
};

struct walk {
    struct up_view file;
    uint64_t psize, file_pages, last_page, txn;
    uint64_t top;    /* highest page used or free */
    uint64_t *seen;  /* one bit a page */
    uint64_t *taken; /* one bit for every two bytes of the page at hand */
    up_pages_visit *visit;
    void *ctx;
    struct up_err *err;
};

struct node {
    struct up_view key, data;
    unsigned flags;
    uint64_t size_or_child;
};

static uint64_t le(const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    memcpy(&v, p, n);
    return v;
}

static int bad(struct walk *w, uint64_t page, const char *what)
{
    return up_fail(w->err, UP_ECORRUPT, "page %" PRIu64 ": %s", page, what);
}

static const uint8_t *page_at(const struct walk *w, uint64_t page)
{
    return w->file.data + page * w->psize;
}

/* Sets n bits from i on; false when one of them was set already. */
static bool mark(uint64_t *bits, uint64_t i, uint64_t n)
{
    uint64_t clash = 0;
    while (n > 0) {
        uint64_t at = i & 63, here = 64 - at < n ? 64 - at : n;
        uint64_t mask = (here == 64 ? ~UINT64_C(0) : (UINT64_C(1) << here) - 1) << at;
        clash |= bits[i >> 6] & mask;
        bits[i >> 6] |= mask;
        i += here;
        n -= here;
    }
    return clash == 0;
}

/* Claims n pages for the tree; each may be claimed once, and must be present. */
static int claim(struct walk *w, uint64_t from, uint64_t page, uint64_t n)
{
    if (page < 2 || page > w->last_page || n > w->last_page - page + 1)
        return bad(w, from, "refers to a page outside the store");
    if (page + n > w->file_pages)
        return bad(w, page, "is missing: the file is cut short");
    if (!mark(w->seen, page, n))
        return bad(w, page, "is in use twice");
    if (page + n - 1 > w->top)
        w->top = page + n - 1;
    return UP_OK;
}

static int compare(enum kind kind, struct up_view a, struct up_view b)
{
    if (kind == FREE_LIST) {
        uint64_t x = le(a.data, 8), y = le(b.data, 8);
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

/* Takes node i of a tree page apart and marks its bytes as taken. */
static int node_at(struct walk *w, uint64_t page, bool branch, unsigned i, struct node *out)
{
    const uint8_t *p = page_at(w, page);
    uint64_t at = le(p + PAGE_HEAD + 2 * i, 2), upper = le(p + 14, 2);
    if (at % 2 || at < upper || at + NODE_HEAD > w->psize)
        return bad(w, page, "has a node outside its page");
    const uint8_t *n = p + at;
    uint64_t key = le(n + 6, 2), room = w->psize - at - NODE_HEAD;
    uint64_t size = branch ? 0 : le(n, 2) | le(n + 2, 2) << 16;
    out->flags = branch ? 0 : (unsigned)le(n + 4, 2);
    out->size_or_child = branch ? le(n, 2) | le(n + 2, 2) << 16 | le(n + 4, 2) << 32 : size;
    uint64_t stored = out->flags & NODE_BIG ? 8 : size;
    if (key > room || stored > room - key)
        return bad(w, page, "has a node that does not fit its page");
    out->key = (struct up_view){n + NODE_HEAD, (size_t)key};
    out->data = (struct up_view){n + NODE_HEAD + key, (size_t)stored};
    if (!mark(w->taken, at / 2, (NODE_HEAD + key + stored + 1) / 2))
        return bad(w, page, "has nodes that overlap");
    return UP_OK;
}

/* The bytes of a leaf node's data, following an overflow run. */
static int node_data(struct walk *w, struct tree *t, uint64_t page, struct node *n)
{
    if (!(n->flags & NODE_BIG))
        return UP_OK;
    uint64_t first = le(n->data.data, 8);
    uint64_t need = (PAGE_HEAD - 1 + n->size_or_child) / w->psize + 1;
    if (first < 2 || first > w->last_page || first >= w->file_pages)
        return claim(w, page, first, 1);
    const uint8_t *p = page_at(w, first);
    uint64_t run = le(p + 12, 4);
    if (le(p, 8) != first || le(p + 10, 2) != IS_OVERFLOW || run < need)
        return bad(w, first, "is not the overflow run it should be");
    t->n_overflow += run;
    n->data = (struct up_view){p + PAGE_HEAD, (size_t)n->size_or_child};
    return claim(w, page, first, run);
}

static int free_entry(struct walk *w, uint64_t page, struct up_view key, struct up_view data)
{
    uint64_t count = data.len < 8 ? 0 : le(data.data, 8), above = NO_PAGE;
    if (le(key.data, 8) > w->txn || data.len < 8 || count > data.len / 8 - 1)
        return bad(w, page, "holds a free list that makes no sense");
    for (uint64_t i = 1; i <= count; i++) {
        uint64_t pg = le(data.data + 8 * i, 8);
        if (pg < 2 || pg > w->last_page || pg >= above)
            return bad(w, page, "holds a free list with a wrong page number");
        if (!mark(w->seen, pg, 1))
            return bad(w, pg, "is free and in use, or free twice");
        w->top = pg > w->top ? pg : w->top;
        above = pg;
    }
    return UP_OK;
}

static int walk_tree(struct walk *w, struct tree *t);

static struct tree tree_of(const uint8_t *p, enum kind kind, struct up_view name)
{
    return (struct tree){.kind = kind,
                         .name = name,
                         .flags = (unsigned)le(p + 4, 2),
                         .depth = (unsigned)le(p + 6, 2),
                         .branches = le(p + 8, 8),
                         .leaves = le(p + 16, 8),
                         .overflow = le(p + 24, 8),
                         .entries = le(p + 32, 8),
                         .root = le(p + 40, 8)};
}

static int leaf_entry(struct walk *w, struct tree *t, uint64_t page, struct node *n)
{
    unsigned allowed = t->kind == MAIN ? NODE_TREE : NODE_BIG;
    if ((n->flags & ~allowed) || (t->kind == MAIN && n->flags != NODE_TREE))
        return bad(w, page, "has a node of an unknown kind");
    int rc = node_data(w, t, page, n);
    if (rc != UP_OK)
        return rc;
    t->n_entry++;
    if (t->kind == FREE_LIST)
        return free_entry(w, page, n->key, n->data);
    if (t->kind == NAMED) {
        if (w->visit)
            w->visit(w->ctx, t->name, n->key, n->data, !(n->flags & NODE_BIG));
        return UP_OK;
    }
    if (n->data.len != TREE_BYTES)
        return bad(w, page, "has a tree descriptor of a wrong size");
    struct tree sub = tree_of(n->data.data, NAMED, n->key);
    if (w->visit)
        w->visit(w->ctx, n->key, (struct up_view){NULL, 0}, (struct up_view){NULL, 0}, true);
    return walk_tree(w, &sub);
}

/* Header of a tree page: its kind, and the number of its nodes. */
static int page_head(struct walk *w, uint64_t page, unsigned want, unsigned least, unsigned *n)
{
    const uint8_t *p = page_at(w, page);
    uint64_t lower = le(p + 12, 2), upper = le(p + 14, 2);
    *n = 0;
    if (le(p, 8) != page || le(p + 10, 2) != want)
        return bad(w, page, "is not the page it should be");
    if (lower < PAGE_HEAD || lower % 2 || upper % 2 || lower > upper || upper > w->psize)
        return bad(w, page, "has bounds that make no sense");
    *n = (unsigned)(lower - PAGE_HEAD) / 2;
    return *n < least ? bad(w, page, "has too few nodes") : UP_OK;
}

/* All of a page's nodes must fit side by side, before any is followed. */
static int nodes_fit(struct walk *w, uint64_t page, bool branch, unsigned n)
{
    struct node node;
    memset(w->taken, 0, (size_t)w->psize / 16);
    for (unsigned i = 0; i < n; i++) {
        int rc = node_at(w, page, branch, i, &node);
        if (rc != UP_OK)
            return rc;
    }
    return UP_OK;
}

/* A node already checked by nodes_fit. */
static struct node node_again(const struct walk *w, uint64_t page, bool branch, unsigned i)
{
    const uint8_t *p = page_at(w, page), *n = p + le(p + PAGE_HEAD + 2 * i, 2);
    uint64_t word = le(n, 4), key = le(n + 6, 2);
    unsigned flags = branch ? 0 : (unsigned)le(n + 4, 2);
    struct node node = {.key = {n + NODE_HEAD, (size_t)key}, .flags = flags};
    node.size_or_child = branch ? word | le(n + 4, 2) << 32 : word;
    node.data.data = n + NODE_HEAD + key;
    node.data.len = branch ? 0 : flags & NODE_BIG ? 8 : (size_t)word;
    return node;
}

/* Leaves stand in no order in the file: without this, most of the time of a walk
 * is spent waiting for memory. */
enum { AHEAD = 2 };

static void fetch_ahead(const struct walk *w, uint64_t page)
{
    if (page >= w->file_pages)
        return;
    for (uint64_t i = 0; i < w->psize; i += 64)
        __builtin_prefetch(page_at(w, page) + i);
}

static int walk_page(struct walk *w, struct tree *t, uint64_t from, uint64_t page,
                     unsigned level)
{
    bool branch = level < t->depth;
    unsigned n, least = branch && t->kind != FREE_LIST ? 2 : 1;
    int rc = claim(w, from, page, 1);
    if (rc == UP_OK)
        rc = page_head(w, page, branch ? IS_BRANCH : IS_LEAF, least, &n);
    if (rc == UP_OK)
        rc = nodes_fit(w, page, branch, n);
    for (unsigned i = 0; rc == UP_OK && i < n; i++) {
        struct node node = node_again(w, page, branch, i);
        if (!branch || i > 0)
            rc = in_order(w, t, page, node.key, branch);
        if (branch && i + AHEAD < n)
            fetch_ahead(w, node_again(w, page, branch, i + AHEAD).size_or_child);
        if (rc == UP_OK)
            rc = branch ? walk_page(w, t, page, node.size_or_child, level + 1)
                        : leaf_entry(w, t, page, &node);
    }
    *(branch ? &t->n_branch : &t->n_leaf) += 1;
    return rc;
}

static int walk_tree(struct walk *w, struct tree *t)
{
    if (t->flags != (t->kind == FREE_LIST ? INTEGER_KEY : 0) || t->depth > DEPTH_MAX)
        return bad(w, t->root, "is the root of a tree of an unknown kind");
    if ((t->root == NO_PAGE) != (t->depth == 0))
        return bad(w, t->root, "is the root of a tree of a wrong depth");
    int rc = t->depth ? walk_page(w, t, t->root, t->root, 1) : UP_OK;
    if (rc == UP_OK && (t->n_branch != t->branches || t->n_leaf != t->leaves ||
                        t->n_overflow != t->overflow || t->n_entry != t->entries))
        return bad(w, t->root, "is the root of a tree that lost or gained pages");
    return rc;
}

/* Both meta pages must be readable; returns the newer, as LMDB chooses. */
static int newer_meta(struct walk *w, const uint8_t **meta)
{
    uint64_t txn[2];
    for (unsigned i = 0; i < 2; i++) {
        if ((i + 1) * w->psize > w->file.len)
            return bad(w, i, "is missing: the file is cut short");
        const uint8_t *p = page_at(w, i), *m = p + PAGE_HEAD;
        if (le(p, 8) != i || le(p + 10, 2) != IS_META || le(m, 4) != 0xBEEFC0DE ||
            le(m + 4, 4) != 1 || le(m + 24, 4) != w->psize)
            return bad(w, i, "is no meta page");
        txn[i] = le(m + META_BYTES - 8, 8);
    }
    unsigned at = txn[1] > txn[0];
    bool fresh = txn[0] == 0 && txn[1] == 0;
    if (!fresh && (txn[at] % 2 != at || txn[at ^ 1] != txn[at] - 1))
        return bad(w, at,
                   "and its twin carry transaction numbers that do not follow each other");
    *meta = page_at(w, at) + PAGE_HEAD;
    w->txn = txn[at];
    return UP_OK;
}

/* The state before the newest one is whole, too, and its free list names no later transaction
 * than its own. Where it does, its number was changed, and it is the newest: what LMDB takes
 * for that would lack a transaction without a word. */
static int older_meta(struct walk *w, unsigned at)
{
    const uint8_t *meta = page_at(w, at) + PAGE_HEAD;
    struct tree t = tree_of(meta + 24, FREE_LIST, (struct up_view){NULL, 0});
    struct walk quiet = *w; /* nobody reads these pages: other damage there does none */
    quiet.err = NULL;
    uint64_t page = t.root;
    for (unsigned level = 1, n; level <= t.depth && level <= DEPTH_MAX; level++) {
        bool branch = level < t.depth;
        if (page < 2 || page >= w->file_pages ||
            page_head(&quiet, page, branch ? IS_BRANCH : IS_LEAF, 1, &n) ||
            nodes_fit(&quiet, page, branch, n))
            return UP_OK;
        struct node last = node_again(w, page, branch, n - 1);
        if (!branch && last.key.len == 8 && le(last.key.data, 8) > le(meta + META_BYTES - 8, 8))
            return bad(w, at, "carries a transaction number older than what it refers to");
        page = last.size_or_child;
    }
    return UP_OK;
}

static int walk_meta(struct walk *w, const uint8_t *meta)
{
    const struct up_view none = {NULL, 0};
    struct tree main_tree = tree_of(meta + 24 + TREE_BYTES, MAIN, none);
    struct tree free_list = tree_of(meta + 24, FREE_LIST, none);
    int rc = walk_tree(w, &main_tree);
    if (rc == UP_OK)
        rc = walk_tree(w, &free_list);
    if (rc == UP_OK && w->last_page >= w->file_pages && w->last_page != w->top)
        return bad(w, w->txn % 2, "names a last page that is not in the file");
    return rc;
}

int up_pages_walk(struct up_view file, up_pages_visit *visit, void *ctx, struct up_err *err)
{
    struct walk w = {.file = file, .visit = visit, .ctx = ctx, .err = err, .top = 1};
    const uint8_t *meta = NULL;
    if (file.len < PAGE_HEAD + META_BYTES)
        return up_fail(err, UP_ECORRUPT, "page 0: is missing: the file is cut short");
    w.psize = le(file.data + PAGE_HEAD + 24, 4);
    if (w.psize < PAGE_MIN || w.psize > PAGE_MAX || (w.psize & (w.psize - 1)))
        return bad(&w, 0, "is no meta page");
    w.file_pages = file.len / w.psize;
    int rc = newer_meta(&w, &meta);
    if (rc != UP_OK)
        return rc;
    w.last_page = le(meta + META_BYTES - 16, 8);
    if (w.last_page < 1 || w.last_page >= w.file_pages + TAIL_MAX)
        return bad(&w, w.txn % 2, "names a last page that is not in the file");
    w.seen = up_alloc((size_t)(w.last_page / 64 + 1) * sizeof *w.seen);
    w.taken = up_alloc((size_t)w.psize / 16);
    rc = older_meta(&w, meta == page_at(&w, 0) + PAGE_HEAD);
    if (rc == UP_OK)
        rc = walk_meta(&w, meta);
    free(w.seen);
    free(w.taken);
    return rc;
}
