#include "store/file/page_layout.h"

#include <string.h>

enum { NODE_HEAD = 8 };

uint64_t up_mdb_number(const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    memcpy(&v, p, n);
    return v;
}

const uint8_t *up_mdb_page(const struct up_pagefile *f, uint64_t page)
{
    return f->bytes.data + page * f->psize;
}

struct up_tree_head up_mdb_tree(const uint8_t *p)
{
    return (struct up_tree_head){.flags = (unsigned)up_mdb_number(p + 4, 2),
                                 .depth = (unsigned)up_mdb_number(p + 6, 2),
                                 .branches = up_mdb_number(p + 8, 8),
                                 .leaves = up_mdb_number(p + 16, 8),
                                 .overflow = up_mdb_number(p + 24, 8),
                                 .entries = up_mdb_number(p + 32, 8),
                                 .root = up_mdb_number(p + 40, 8)};
}

bool up_mdb_mark(uint64_t *bits, uint64_t i, uint64_t n)
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

const char *up_mdb_head(const struct up_pagefile *f, uint64_t page, unsigned kind,
                        unsigned least, unsigned *n)
{
    const uint8_t *p = up_mdb_page(f, page);
    uint64_t lower = up_mdb_number(p + 12, 2), upper = up_mdb_number(p + 14, 2);
    *n = 0;
    if (up_mdb_number(p, 8) != page || up_mdb_number(p + 10, 2) != kind)
        return "is not the page it should be";
    if (lower < UP_PAGE_HEAD || lower % 2 || upper % 2 || lower > upper || upper > f->psize)
        return "has bounds that make no sense";
    *n = (unsigned)(lower - UP_PAGE_HEAD) / 2;
    return *n < least ? "has too few nodes" : NULL;
}

/* Marks the bytes of node i as taken. */
static const char *node_fits(const struct up_pagefile *f, const uint8_t *p, bool branch,
                             unsigned i, uint64_t *taken)
{
    uint64_t at = up_mdb_number(p + UP_PAGE_HEAD + 2 * i, 2), upper = up_mdb_number(p + 14, 2);
    if (at % 2 || at < upper || at + NODE_HEAD > f->psize)
        return "has a node outside its page";
    const uint8_t *n = p + at;
    uint64_t key = up_mdb_number(n + 6, 2), room = f->psize - at - NODE_HEAD, stored = 0;
    if (!branch)
        stored = up_mdb_number(n + 4, 2) & UP_NODE_BIG ? 8 : up_mdb_number(n, 4);
    if (key > room || stored > room - key)
        return "has a node that does not fit its page";
    return up_mdb_mark(taken, at / 2, (NODE_HEAD + key + stored + 1) / 2)
               ? NULL
               : "has nodes that overlap";
}

const char *up_mdb_fit(const struct up_pagefile *f, uint64_t page, bool branch, unsigned n)
{
    uint64_t taken[UP_PAGE_MAX / 128]; /* one bit for every two bytes */
    const char *why = NULL;
    memset(taken, 0, (size_t)f->psize / 16);
    for (unsigned i = 0; !why && i < n; i++)
        why = node_fits(f, up_mdb_page(f, page), branch, i, taken);
    return why;
}

struct up_mdb_entry up_mdb_node(const struct up_pagefile *f, uint64_t page, bool branch,
                                unsigned i)
{
    const uint8_t *p = up_mdb_page(f, page),
                  *n = p + up_mdb_number(p + UP_PAGE_HEAD + 2 * i, 2);
    uint64_t word = up_mdb_number(n, 4), key = up_mdb_number(n + 6, 2);
    unsigned flags = branch ? 0 : (unsigned)up_mdb_number(n + 4, 2);
    struct up_mdb_entry node = {.key = {n + NODE_HEAD, (size_t)key}, .flags = flags};
    node.size_or_child = branch ? word | up_mdb_number(n + 4, 2) << 32 : word;
    node.data.data = n + NODE_HEAD + key;
    node.data.len = branch ? 0 : flags & UP_NODE_BIG ? 8 : (size_t)word;
    return node;
}

const char *up_mdb_run(const struct up_pagefile *f, uint64_t first, uint64_t size,
                       uint64_t *run)
{
    const uint8_t *p = up_mdb_page(f, first);
    uint64_t need = (UP_PAGE_HEAD - 1 + size) / f->psize + 1;
    *run = up_mdb_number(p + 12, 4);
    return up_mdb_number(p, 8) == first && up_mdb_number(p + 10, 2) == UP_PAGE_OVERFLOW &&
                   *run >= need
               ? NULL
               : "is not the overflow run it should be";
}
