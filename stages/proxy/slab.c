#include "stages/proxy/slab.h"

#include "stages/proxy/proxy.h"
#include "store/base/arena.h"

#include <stdlib.h>

enum { ALIGN = 64 };

struct up_proxy_slab {
    uint8_t *memory;
    size_t size;
};

struct up_proxy_slab *up_proxy_slab_new(void) { return up_alloc(sizeof(struct up_proxy_slab)); }

void up_proxy_slab_free(struct up_proxy_slab *s)
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

void *up_place(struct up_place *p, size_t n, size_t size)
{
    size_t bytes = (product(n, size) + ALIGN - 1) / ALIGN * ALIGN;
    void *here = p->base ? p->base + p->at : NULL;
    p->at = p->at > SIZE_MAX / 4 ? p->at : p->at + bytes;
    return here;
}

uint8_t *up_proxy_slab_reserve(struct up_proxy_slab *s, size_t size)
{
    if (size <= s->size)
        return s->memory;
    free(s->memory);
    s->size = 0;
    s->memory = aligned_alloc(ALIGN, (size + ALIGN - 1) / ALIGN * ALIGN);
    if (s->memory)
        s->size = size;
    return s->memory;
}
