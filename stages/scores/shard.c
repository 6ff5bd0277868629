/* Groups of architectures dealt to the shares of a sweep, see shard.h. */
#include "stages/scores/shard.h"
#include "stages/scores/chunks.h"
#include <string.h>

/* Moves *text behind a number from 1 to UP_SHARDS_MAX without leading zeros; 0: none. */
static size_t parse_number(const char **text)
{
    size_t v = 0;
    if (**text == '0')
        return 0;
    for (; **text >= '0' && **text <= '9'; ++*text) {
        v = 10 * v + (size_t)(**text - '0');
        if (v > UP_SHARDS_MAX)
            return 0;
    }
    return v;
}

bool up_shard_parse(struct up_shard *s, const char *text)
{
    s->i = parse_number(&text);
    if (!s->i || *text++ != '/')
        return false;
    s->n = parse_number(&text);
    return !*text && s->i <= s->n;
}

/* How many of positions 0 .. n-1 are in groups of the share. */
static size_t rows(struct up_shard s, size_t n)
{
    size_t round = s.n * UP_GROUP, before = (s.i - 1) * UP_GROUP, rest = n % round;
    size_t part = rest < before ? 0 : rest - before;
    return n / round * UP_GROUP + (part < UP_GROUP ? part : UP_GROUP);
}

void up_shard_take(struct up_portion *p, struct up_shard s, size_t genes,
                   struct up_arena *arena)
{
    size_t whole = (p->n + UP_GROUP - 1) / UP_GROUP * UP_GROUP;
    if (s.n == 1)
        return;
    whole = whole < p->pool ? whole : p->pool;
    struct up_portion out = {.n = rows(s, p->n), .pool = rows(s, whole)};
    uint8_t *archs = UP_NEW(arena, out.pool * genes, uint8_t);
    for (size_t to = 0, from = (s.i - 1) * UP_GROUP; to < out.pool;
         to += UP_GROUP, from += s.n * UP_GROUP) {
        size_t n = out.pool - to < UP_GROUP ? out.pool - to : UP_GROUP;
        memcpy(archs + to * genes, p->archs + from * genes, n * genes);
    }
    out.archs = archs;
    *p = out;
}
