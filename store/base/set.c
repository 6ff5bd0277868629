#include "store/base/set.h"
#include "store/base/arena.h"

#include <stdlib.h>
#include <string.h>

/* Where d is, or the free place where it goes. */
static struct up_digest *place_of(const struct up_digest_set *s, struct up_digest d)
{
    size_t at;
    memcpy(&at, d.b, sizeof at);
    while (!up_digest_zero(s->slot[at & (s->cap - 1)]) &&
           !up_digest_equal(s->slot[at & (s->cap - 1)], d))
        at++;
    return &s->slot[at & (s->cap - 1)];
}

bool up_digest_set_has(const struct up_digest_set *s, struct up_digest d)
{
    return s->cap && !up_digest_zero(d) && !up_digest_zero(*place_of(s, d));
}

bool up_digest_set_add(struct up_digest_set *s, struct up_digest d)
{
    if (up_digest_zero(d))
        return false;
    if (2 * s->n >= s->cap) {
        struct up_digest_set more = {.n = s->n, .cap = s->cap ? 2 * s->cap : 256};
        more.slot = up_alloc(more.cap * sizeof *more.slot);
        for (size_t i = 0; i < s->cap; i++)
            if (!up_digest_zero(s->slot[i]))
                *place_of(&more, s->slot[i]) = s->slot[i];
        free(s->slot);
        *s = more;
    }
    struct up_digest *place = place_of(s, d);
    bool fresh = up_digest_zero(*place);
    s->n += fresh;
    *place = d;
    return fresh;
}

void up_digest_set_release(struct up_digest_set *s)
{
    free(s->slot);
    *s = (struct up_digest_set){0};
}
