/* Memory of a network in one piece: one allocation is reused from network to network. */
#include "stages/engine/plan/slab.h"

#include "store/base/arena.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { ALIGN = 64, HUGE_PAGE = 1 << 21 };

struct up_slab {
    uint8_t *memory;
    size_t size;
};

struct up_slab *up_slab_new(size_t bytes)
{
    struct up_slab *s = up_alloc(sizeof *s);
    if (bytes)
        (void)up_slab_reserve(s, bytes);
    return s;
}

void up_slab_free(struct up_slab *s)
{
    if (s)
        free(s->memory);
    free(s);
}

/* Saturates, so that an absurd size fails as an allocation instead of wrapping. */
static size_t product(size_t a, size_t b)
{
    return b && a > SIZE_MAX / 4 / b ? SIZE_MAX / 4 : a * b;
}

void *up_slab_take(struct up_slab_cursor *p, size_t n, size_t size)
{
    size_t bytes = (product(n, size) + ALIGN - 1) / ALIGN * ALIGN;
    void *here = p->base ? p->base + p->at : NULL;
    p->at = p->at > SIZE_MAX / 4 ? p->at : p->at + bytes;
    return here;
}

/* The first place, from the bottom, that no placed buffer in use at the same time covers. */
static size_t lowest(int b, const size_t *offset, const bool *placed, const size_t *size,
                     const int *first, const int *last, int n)
{
    size_t at = 0;
    for (int i = 0; i < n; ++i) {
        bool apart = last[i] < first[b] || last[b] < first[i];
        if (!placed[i] || apart || offset[i] >= at + size[b] || offset[i] + size[i] <= at)
            continue;
        at = offset[i] + size[i];
        i = -1; /* what was passed may be in the way of the new place */
    }
    return at;
}

size_t up_slab_overlay(size_t *offset, const size_t *size, const int *first, const int *last,
                       int n)
{
    bool *placed = up_alloc((size_t)n * sizeof *placed);
    size_t all = 0;
    for (int k = 0; k < n; ++k) {
        int big = -1; /* largest first: small ones fit between */
        for (int i = 0; i < n; ++i)
            if (!placed[i] && (big < 0 || size[i] > size[big]))
                big = i;
        offset[big] = lowest(big, offset, placed, size, first, last, n);
        placed[big] = true;
        if (offset[big] + size[big] > all)
            all = offset[big] + size[big];
    }
    free(placed);
    return all;
}

uint8_t *up_slab_reserve(struct up_slab *s, size_t size)
{
    if (size <= s->size)
        return s->memory;
    free(s->memory);
    s->size = 0;
    s->memory = aligned_alloc(HUGE_PAGE, (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
    if (s->memory)
        s->size = size;
#if defined MADV_HUGEPAGE /* a hint: fewer page faults where the system grants it */
    if (s->memory)
        (void)madvise(s->memory, size / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#endif
    return s->memory;
}
