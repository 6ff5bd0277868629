/* Kept scores, see chunks.h.
 * Key: {archs u8[k][genes]; batch bin, the digest; net [channels, depth, classes,
 * height, width]; proxy; seed; space; version of the proxy}.
 * Value: {state u8[k]; value f64[k]}. */
#include "stages/scores/chunks.h"
#include "store/base/reader.h"
#include "store/base/writer.h"
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

static void write_key(struct up_buf *out, const struct up_chunks *c, struct piece p,
                      size_t column)
{
    const struct up_proxy *proxy = &up_proxies[c->proxy[column]];
    size_t genes = (size_t)c->space->genes;
    const int net[] = {c->net.channels, c->net.depth, c->net.classes, c->net.height,
                       c->net.width};
    struct up_writer w = up_writer_of(out);
    up_writer_matrix(&w, "archs", UP_U8, c->archs + p.from * genes, p.size, genes);
    up_writer_bin(&w, "batch", c->batch.b, sizeof c->batch.b);
    up_writer_list(&w, "net");
    for (int i = 0; i < 5; i++)
        up_writer_int(&w, NULL, net[i]);
    up_writer_close(&w);
    up_writer_str(&w, "proxy", proxy->name);
    up_writer_uint(&w, "seed", c->seed);
    up_writer_str(&w, "space", c->space->name);
    up_writer_int(&w, "version", proxy->version);
    up_writer_end(&w);
}

/* Bytes that are not such a value count as a miss. */
static int read_values(struct up_chunks *c, struct piece p, size_t column, struct up_view doc,
                       struct up_arena *arena)
{
    struct up_reader r = up_reader_of("a kept chunk", doc, arena, NULL);
    const uint8_t *state = up_reader_vector_of(&r, "state", UP_U8, p.size);
    const double *value = up_reader_vector_of(&r, "value", UP_F64, p.size);
    if (up_reader_end(&r))
        return UP_ENOTFOUND;
    for (size_t i = 0; i < p.size && p.from + i < c->n; i++) {
        size_t at = (p.from + i) * c->m + column;
        c->state[at] = state[i];
        c->value[at] = value[i];
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
        write_key(key, c, p, column);
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
        rc = read_piece(c, (struct piece){from, UP_GROUP}, i, &key, &value, err);
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
    uint8_t state[UP_GROUP];
    double value[UP_GROUP];
    const struct up_chunks *c = g->c;
    struct up_buf *key = &g->buf[2 * g->n], *out = key + 1;
    UP_CHECK(p.size <= UP_GROUP);
    for (size_t i = 0; i < p.size; i++) {
        state[i] = c->state[(p.from + i) * c->m + column];
        value[i] = c->value[(p.from + i) * c->m + column];
    }
    write_key(key, c, p, column);
    struct up_writer w = up_writer_of(out);
    up_writer_vector(&w, "state", UP_U8, state, p.size);
    up_writer_vector(&w, "value", UP_F64, value, p.size);
    up_writer_end(&w);
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
    size_t room = c->m * UP_GROUP;
    struct gather g = {.c = c, .kept = kept, .buf = up_alloc(2 * room * sizeof(struct up_buf))};
    struct up_memo_item *items = up_alloc(room * sizeof *items);
    int rc = UP_OK;
    for (size_t i = 0; i < c->m; i++)
        gather_piece(&g, (struct piece){from, UP_GROUP}, i);
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
