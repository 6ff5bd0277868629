#include "stages/scores/share.h"
#include "stages/scores/chunks.h"
#include <string.h>

/* Moves *text behind a number from 1 to UP_SHARES_MAX without leading zeros; 0: none. */
static size_t number(const char **text)
{
    size_t v = 0;
    if (**text == '0')
        return 0;
    for (; **text >= '0' && **text <= '9'; ++*text) {
        v = 10 * v + (size_t)(**text - '0');
        if (v > UP_SHARES_MAX)
            return 0;
    }
    return v;
}

bool up_share_parse(struct up_share *s, const char *text)
{
    s->i = number(&text);
    if (!s->i || *text++ != '/')
        return false;
    s->n = number(&text);
    return !*text && s->i <= s->n;
}

/* How many of positions 0 .. n-1 are in blocks of the share. */
static size_t rows(struct up_share s, size_t n)
{
    size_t round = s.n * UP_BLOCK, before = (s.i - 1) * UP_BLOCK, rest = n % round;
    size_t part = rest < before ? 0 : rest - before;
    return n / round * UP_BLOCK + (part < UP_BLOCK ? part : UP_BLOCK);
}

void up_share_take(struct up_portion *p, struct up_share s, size_t genes,
                   struct up_arena *arena)
{
    size_t whole = (p->n + UP_BLOCK - 1) / UP_BLOCK * UP_BLOCK;
    if (s.n == 1)
        return;
    whole = whole < p->pool ? whole : p->pool;
    struct up_portion out = {.n = rows(s, p->n), .pool = rows(s, whole)};
    uint8_t *archs = UP_NEW(arena, out.pool * genes, uint8_t);
    for (size_t to = 0, from = (s.i - 1) * UP_BLOCK; to < out.pool;
         to += UP_BLOCK, from += s.n * UP_BLOCK) {
        size_t n = out.pool - to < UP_BLOCK ? out.pool - to : UP_BLOCK;
        memcpy(archs + to * genes, p->archs + from * genes, n * genes);
    }
    out.archs = archs;
    *p = out;
}
