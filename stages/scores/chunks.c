/* Key: {archs u8[k][genes]; batch bin, the digest; net [channels, depth, classes,
 * height, width]; proxy; seed; space; version of the proxy}.
 * Value: {state u8[k]; value f64[k]}. */
#include "stages/scores/chunks.h"
#include "store/base/pack.h"
#include <stdlib.h>

struct piece { /* positions from .. from+size-1; it may end beyond n */
    size_t from, size;
};

static struct piece half(struct piece p, int second)
{
    p.size /= 2;
    p.from += second ? p.size : 0;
    return p;
}

static void pack_key(struct up_buf *b, const struct up_chunks *c, struct piece p, size_t column)
{
    const struct up_proxy *proxy = &up_proxies[c->proxy[column]];
    size_t genes = (size_t)c->space->genes;
    const int net[] = {c->net.channels, c->net.depth, c->net.classes, c->net.height,
                       c->net.width};
    up_pack_map(b, 7);
    up_pack_str(b, "archs");
    up_pack_array2(b, UP_U8, c->archs + p.from * genes, p.size, genes);
    up_pack_str(b, "batch");
    up_pack_bin(b, c->batch.b, sizeof c->batch.b);
    up_pack_str(b, "net");
    up_pack_list(b, 5);
    for (int i = 0; i < 5; i++)
        up_pack_int(b, net[i]);
    up_pack_str(b, "proxy");
    up_pack_str(b, proxy->name);
    up_pack_str(b, "seed");
    up_pack_uint(b, c->seed);
    up_pack_str(b, "space");
    up_pack_str(b, c->space->name);
    up_pack_str(b, "version");
    up_pack_int(b, proxy->version);
}

/* Bytes that are not such a value count as a miss. */
static int read_values(struct up_chunks *c, struct piece p, size_t column, struct up_view doc,
                       struct up_arena *arena)
{
    const void *state, *value;
    uint64_t ns, nv;
    if (up_doc_array(doc, "state", UP_U8, 1, arena, &state, &ns, NULL) != UP_OK ||
        up_doc_array(doc, "value", UP_F64, 1, arena, &value, &nv, NULL) != UP_OK ||
        ns != p.size || nv != p.size)
        return UP_ENOTFOUND;
    for (size_t i = 0; i < p.size && p.from + i < c->n; i++) {
        size_t at = (p.from + i) * c->m + column;
        c->state[at] = ((const uint8_t *)state)[i];
        c->value[at] = ((const double *)value)[i];
        c->have[at] = 1;
    }
    return UP_OK;
}

/* key and value are scratch. */
static int read_piece(struct up_chunks *c, struct piece p, size_t column, struct up_buf *key,
                      struct up_buf *value, struct up_err *err)
{
    int rc = UP_ENOTFOUND;
    if (p.from >= c->n)
        return UP_OK;
    if (p.from + p.size <= c->pool) {
        up_buf_clear(key);
        up_buf_clear(value);
        pack_key(key, c, p, column);
        rc = up_job_memo_get(c->job, up_buf_view(key), value, err);
    }
    if (rc == UP_OK) {
        struct up_arena arena = UP_ARENA_INIT;
        rc = read_values(c, p, column, up_buf_view(value), &arena);
        up_arena_release(&arena);
        if (rc == UP_OK)
            return rc;
    }
    if (rc != UP_ENOTFOUND)
        return rc;
    if (p.size == 1)
        return UP_OK;
    rc = read_piece(c, half(p, 0), column, key, value, err);
    return rc ? rc : read_piece(c, half(p, 1), column, key, value, err);
}

int up_chunks_read(struct up_chunks *c, size_t from, struct up_err *err)
{
    struct up_buf key = UP_BUF_INIT, value = UP_BUF_INIT;
    int rc = UP_OK;
    for (size_t i = 0; i < c->m && rc == UP_OK; i++)
        rc = read_piece(c, (struct piece){from, UP_BLOCK}, i, &key, &value, err);
    up_buf_release(&key);
    up_buf_release(&value);
    return rc;
}

/* ---- writing: items are gathered, then put in one transaction ---- */
struct gather {
    struct up_chunks *c;
    const uint8_t *kept;
    size_t n;
    struct up_buf *buf; /* [2 * room]: key, value, key, value ... */
};

static size_t count_in(const struct up_chunks *c, const uint8_t *set, struct piece p,
                       size_t column)
{
    size_t n = 0;
    for (size_t i = p.from; i < p.from + p.size && i < c->n; i++)
        n += set[i * c->m + column];
    return n;
}

static void add_item(struct gather *g, struct piece p, size_t column)
{
    uint8_t state[UP_BLOCK];
    double value[UP_BLOCK];
    const struct up_chunks *c = g->c;
    struct up_buf *key = &g->buf[2 * g->n], *out = key + 1;
    UP_CHECK(p.size <= UP_BLOCK);
    for (size_t i = 0; i < p.size; i++) {
        state[i] = c->state[(p.from + i) * c->m + column];
        value[i] = c->value[(p.from + i) * c->m + column];
    }
    pack_key(key, c, p, column);
    up_pack_map(out, 2);
    up_pack_str(out, "state");
    up_pack_array1(out, UP_U8, state, p.size);
    up_pack_str(out, "value");
    up_pack_array1(out, UP_F64, value, p.size);
    g->n++;
}

static void gather_piece(struct gather *g, struct piece p, size_t column)
{
    size_t have = count_in(g->c, g->c->have, p, column);
    if (have == 0 || count_in(g->c, g->kept, p, column) == have)
        return;
    if (have == p.size) {
        add_item(g, p, column);
        return;
    }
    gather_piece(g, half(p, 0), column);
    gather_piece(g, half(p, 1), column);
}

int up_chunks_write(struct up_chunks *c, size_t from, const uint8_t *kept, struct up_err *err)
{
    size_t room = c->m * UP_BLOCK;
    struct gather g = {.c = c, .kept = kept, .buf = up_alloc(2 * room * sizeof(struct up_buf))};
    struct up_memo_item *items = up_alloc(room * sizeof *items);
    int rc = UP_OK;
    for (size_t i = 0; i < c->m; i++)
        gather_piece(&g, (struct piece){from, UP_BLOCK}, i);
    for (size_t i = 0; i < g.n; i++)
        items[i] =
            (struct up_memo_item){up_buf_view(&g.buf[2 * i]), up_buf_view(&g.buf[2 * i + 1])};
    if (g.n)
        rc = up_job_memo_put(c->job, items, g.n, err);
    for (size_t i = 0; i < 2 * g.n; i++)
        up_buf_release(&g.buf[i]);
    free(g.buf);
    free(items);
    return rc;
}
