/* The document writer of writer.h: values are gathered as items, each knowing the map
 * or list that it belongs to, and packed in the order of the keys at the end. */
#include "store/base/writer.h"
#include "store/base/arena.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 32 }; /* what the cursor of pack.h follows */

enum kind { NIL, BOOL, INT, UINT, REAL, STR, BIN, RAW, ARRAY, MAP, LIST };

struct up_writer_item {
    enum kind kind;
    size_t key;          /* offset into the text; of a value in a list unused */
    size_t of;           /* the map or list it belongs to */
    size_t first, last;  /* MAP and LIST: their values, a chain by next */
    size_t next, values; /* MAP and LIST: how many */
    union {
        bool yes;
        int64_t i;
        uint64_t u;
        double d;
        size_t text; /* STR, RAW: offset into the text */
        const void *p;
    } v;
    size_t len; /* STR, BIN, RAW: bytes */
    enum up_dtype type;
    unsigned ndim;
    uint64_t dims[4];
};

static size_t keep_text(struct up_writer *w, const void *s, size_t n)
{
    size_t at = w->text.len;
    up_buf_append(&w->text, s, n);
    up_buf_append(&w->text, "", 1);
    return at;
}

/* A new last value of what is open. */
static struct up_writer_item *add(struct up_writer *w, const char *key, enum kind kind)
{
    if (w->n == w->cap) {
        w->cap = w->cap ? 2 * w->cap : 16;
        w->item = up_realloc(w->item, w->cap * sizeof *w->item);
    }
    size_t at = w->n++;
    struct up_writer_item *item = &w->item[at];
    *item = (struct up_writer_item){.kind = kind, .of = w->open};
    if (at == 0)
        return item;
    struct up_writer_item *owner = &w->item[w->open];
    UP_CHECK((owner->kind == MAP) == (key != NULL));
    if (key)
        item->key = keep_text(w, key, strlen(key));
    if (owner->values++)
        w->item[owner->last].next = at;
    else
        owner->first = at;
    owner->last = at;
    return item;
}

static void open_in(struct up_writer *w, const char *key, enum kind kind)
{
    size_t at = w->n;
    (void)add(w, key, kind);
    w->open = at;
    UP_CHECK(++w->depth <= DEEPEST);
}

struct up_writer up_writer_of(struct up_buf *out)
{
    struct up_writer w = {.out = out, .text = UP_BUF_INIT};
    open_in(&w, NULL, MAP);
    return w;
}

void up_writer_map(struct up_writer *w, const char *key) { open_in(w, key, MAP); }
void up_writer_list(struct up_writer *w, const char *key) { open_in(w, key, LIST); }

void up_writer_close(struct up_writer *w)
{
    UP_CHECK(w->depth > 1);
    w->open = w->item[w->open].of;
    w->depth--;
}

void up_writer_nil(struct up_writer *w, const char *key) { (void)add(w, key, NIL); }

void up_writer_bool(struct up_writer *w, const char *key, bool v)
{
    add(w, key, BOOL)->v.yes = v;
}

void up_writer_int(struct up_writer *w, const char *key, int64_t v)
{
    add(w, key, INT)->v.i = v;
}

void up_writer_uint(struct up_writer *w, const char *key, uint64_t v)
{
    add(w, key, UINT)->v.u = v;
}

void up_writer_real(struct up_writer *w, const char *key, double v)
{
    add(w, key, REAL)->v.d = v;
}

void up_writer_finite(struct up_writer *w, const char *key, double v)
{
    if (isfinite(v))
        up_writer_real(w, key, v);
    else
        up_writer_nil(w, key);
}

void up_writer_strn(struct up_writer *w, const char *key, const char *s, size_t n)
{
    struct up_writer_item *item = add(w, key, STR);
    item->v.text = keep_text(w, s, n);
    item->len = n;
}

void up_writer_str(struct up_writer *w, const char *key, const char *s)
{
    up_writer_strn(w, key, s, strlen(s));
}

void up_writer_str_or_nil(struct up_writer *w, const char *key, const char *s)
{
    if (s)
        up_writer_str(w, key, s);
    else
        up_writer_nil(w, key);
}

void up_writer_bin(struct up_writer *w, const char *key, const void *p, size_t n)
{
    struct up_writer_item *item = add(w, key, BIN);
    item->v.p = p;
    item->len = n;
}

void up_writer_raw(struct up_writer *w, const char *key, struct up_view value)
{
    struct up_writer_item *item = add(w, key, RAW);
    item->v.text = keep_text(w, value.data, value.len);
    item->len = value.len;
}

void up_writer_names(struct up_writer *w, const char *key, const char *const *names, size_t n)
{
    up_writer_list(w, key);
    for (size_t i = 0; i < n; i++)
        up_writer_str(w, NULL, names[i]);
    up_writer_close(w);
}

void up_writer_array(struct up_writer *w, const char *key, enum up_dtype t, const void *v,
                     unsigned ndim, const uint64_t *dims)
{
    struct up_writer_item *item = add(w, key, ARRAY);
    UP_CHECK(ndim >= 1 && ndim <= 4);
    item->v.p = v;
    item->type = t;
    item->ndim = ndim;
    memcpy(item->dims, dims, ndim * sizeof *dims);
}

void up_writer_vector(struct up_writer *w, const char *key, enum up_dtype t, const void *v,
                      size_t n)
{
    up_writer_array(w, key, t, v, 1, (const uint64_t[]){n});
}

void up_writer_matrix(struct up_writer *w, const char *key, enum up_dtype t, const void *v,
                      size_t rows, size_t cols)
{
    up_writer_array(w, key, t, v, 2, (const uint64_t[]){rows, cols});
}

/* ---- packing ---- */
struct keyed { /* a value of a map beside its key, so that sorting needs no context */
    const char *key;
    size_t item;
};

static int keyed_cmp(const void *a, const void *b)
{
    return strcmp(((const struct keyed *)a)->key, ((const struct keyed *)b)->key);
}

static void pack_item(struct up_writer *w, size_t at);

static void pack_map(struct up_writer *w, const struct up_writer_item *map)
{
    struct keyed *order = up_alloc((map->values + 1) * sizeof *order);
    for (size_t i = 0, at = map->first; i < map->values; i++, at = w->item[at].next)
        order[i] = (struct keyed){(const char *)w->text.data + w->item[at].key, at};
    qsort(order, map->values, sizeof *order, keyed_cmp);
    up_pack_map(w->out, map->values);
    for (size_t i = 0; i < map->values; i++) {
        UP_CHECK(i == 0 || strcmp(order[i - 1].key, order[i].key) != 0);
        up_pack_str(w->out, order[i].key);
        pack_item(w, order[i].item);
    }
    free(order);
}

static void pack_list(struct up_writer *w, const struct up_writer_item *list)
{
    up_pack_list(w->out, list->values);
    for (size_t i = 0, at = list->first; i < list->values; i++, at = w->item[at].next)
        pack_item(w, at);
}

static void pack_item(struct up_writer *w, size_t at)
{
    const struct up_writer_item *x = &w->item[at];
    switch (x->kind) {
    case NIL:
        up_pack_nil(w->out);
        break;
    case BOOL:
        up_pack_bool(w->out, x->v.yes);
        break;
    case INT:
        up_pack_int(w->out, x->v.i);
        break;
    case UINT:
        up_pack_uint(w->out, x->v.u);
        break;
    case REAL:
        up_pack_real(w->out, x->v.d);
        break;
    case STR:
        up_pack_strn(w->out, (const char *)w->text.data + x->v.text, x->len);
        break;
    case BIN:
        up_pack_bin(w->out, x->v.p, x->len);
        break;
    case RAW:
        up_pack_raw(w->out, (struct up_view){w->text.data + x->v.text, x->len});
        break;
    case ARRAY:
        up_pack_array(w->out, x->type, x->v.p, x->ndim, x->dims);
        break;
    case MAP:
        pack_map(w, x);
        break;
    case LIST:
        pack_list(w, x);
        break;
    }
}

void up_writer_end(struct up_writer *w)
{
    UP_CHECK(w->depth == 1 && w->out->len == 0);
    pack_item(w, 0);
    free(w->item);
    up_buf_release(&w->text);
    *w = (struct up_writer){0};
}
