/* links: up_base
 * Reading MessagePack: no input may make the cursor read outside it, loop, or
 * disagree with the check of canonical form; the document reader fails as often as it
 * says so, and the document writer gives a canonical map back byte by byte. */
#include "store/base/arena.h"
#include "store/base/reader.h"
#include "store/base/writer.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void visit(struct up_cursor *c, unsigned depth);

static void visit_pairs(struct up_cursor *c, size_t n, unsigned depth)
{
    for (size_t i = 0; i < n && up_cur_peek(c) < UP_T_END; i++) {
        const uint8_t *before = c->p;
        visit(c, depth + 1);
        if (c->p == before)
            return;
    }
}

static void visit_array(struct up_cursor *c)
{
    struct up_array a;
    size_t sum = 0;
    if (up_cur_array(c, &a, NULL) != UP_OK)
        return;
    UP_CHECK(a.data >= c->base && a.data + a.count * up_dtype_size(a.type) <= c->end);
    for (size_t i = 0; i < a.count * up_dtype_size(a.type); i++)
        sum += a.data[i];
    UP_CHECK(sum <= 255 * (size_t)(c->end - c->base));
}

static void visit(struct up_cursor *c, unsigned depth)
{
    struct up_view v = {NULL, 0};
    size_t n = 0;
    bool b;
    double d;
    int64_t i;
    uint64_t u;
    if (depth > 32) /* up_cur_skip and up_pack_check stop by themselves */
        return;
    switch (up_cur_peek(c)) {
    case UP_T_NIL:
        (void)up_cur_nil(c, NULL);
        break;
    case UP_T_BOOL:
        (void)up_cur_bool(c, &b, NULL);
        break;
    case UP_T_INT:
        if (up_cur_int(c, &i, NULL) != UP_OK)
            (void)up_cur_uint(c, &u, NULL);
        break;
    case UP_T_REAL:
        (void)up_cur_real(c, &d, NULL);
        break;
    case UP_T_STR:
        (void)up_cur_str(c, &v, NULL);
        break;
    case UP_T_BIN:
        (void)up_cur_bin(c, &v, NULL);
        break;
    case UP_T_MAP:
        if (up_cur_map(c, &n, NULL) == UP_OK)
            visit_pairs(c, 2 * n, depth);
        break;
    case UP_T_LIST:
        if (up_cur_list(c, &n, NULL) == UP_OK)
            visit_pairs(c, n, depth);
        break;
    case UP_T_ARRAY:
        visit_array(c);
        break;
    default:
        break;
    }
    UP_CHECK(v.len == 0 || (v.data >= c->base && v.data + v.len <= c->end));
}

/* Hands one value of a canonical document to the writer. */
static void rewrite(struct up_writer *w, const char *key, struct up_cursor *c,
                    struct up_arena *arena);

static void rewrite_pairs(struct up_writer *w, struct up_cursor *c, struct up_arena *arena)
{
    size_t n = 0;
    (void)up_cur_map(c, &n, NULL);
    for (size_t i = 0; i < n; i++) {
        struct up_view k = {NULL, 0};
        (void)up_cur_str(c, &k, NULL);
        rewrite(w, up_arena_strndup(arena, (const char *)k.data, k.len), c, arena);
    }
}

static void rewrite_values(struct up_writer *w, struct up_cursor *c, struct up_arena *arena)
{
    size_t n = 0;
    (void)up_cur_list(c, &n, NULL);
    for (size_t i = 0; i < n; i++)
        rewrite(w, NULL, c, arena);
}

static void rewrite(struct up_writer *w, const char *key, struct up_cursor *c,
                    struct up_arena *arena)
{
    struct up_view v = {NULL, 0};
    struct up_array a = {0};
    switch (up_cur_peek(c)) {
    case UP_T_MAP:
        up_writer_map(w, key);
        rewrite_pairs(w, c, arena);
        up_writer_close(w);
        break;
    case UP_T_LIST:
        up_writer_list(w, key);
        rewrite_values(w, c, arena);
        up_writer_close(w);
        break;
    case UP_T_ARRAY:
        UP_CHECK(up_cur_array(c, &a, NULL) == UP_OK);
        up_writer_array(w, key, a.type, a.data, a.ndim, a.dims);
        break;
    case UP_T_BIN:
        (void)up_cur_bin(c, &v, NULL);
        up_writer_bin(w, key, v.data, v.len);
        break;
    default:
        UP_CHECK(up_cur_raw(c, &v, NULL) == UP_OK);
        up_writer_raw(w, key, v);
        break;
    }
}

/* No key of the value has a byte 0, which ends a key in the writer. */
static bool keys_are_text(struct up_cursor *c)
{
    enum up_type t = up_cur_peek(c);
    size_t n = 0;
    struct up_view k = {NULL, 0};
    if (t != UP_T_MAP && t != UP_T_LIST)
        return up_cur_skip(c, NULL) == UP_OK;
    (void)(t == UP_T_MAP ? up_cur_map(c, &n, NULL) : up_cur_list(c, &n, NULL));
    for (size_t i = 0; i < n; i++) {
        if (t == UP_T_MAP && (up_cur_str(c, &k, NULL) || (k.len && memchr(k.data, 0, k.len))))
            return false;
        if (!keys_are_text(c))
            return false;
    }
    return true;
}

static void read_fields(struct up_view doc, struct up_arena *arena)
{
    struct up_err err = {""};
    struct up_reader r = up_reader_of("the input", doc, arena, &err);
    size_t n = 0, m = 0;
    bool has = up_reader_has(&r, "a/b");
    (void)up_reader_int(&r, "a", -5, 5);
    (void)up_reader_real(&r, "b");
    UP_CHECK(up_reader_end(&r) == UP_OK || err.msg[0]);
    UP_CHECK(up_reader_str(&r, "a/b") != NULL);
    (void)up_reader_names(&r, "c", &n);
    (void)up_reader_matrix(&r, "d", UP_F32, &n, &m);
    struct up_reader inside = up_reader_inside(&r, "a");
    (void)up_reader_str_or_null(&inside, "b");
    UP_CHECK(!has || doc.len > 0);
    UP_CHECK(up_reader_end(&inside) == up_reader_end(&r));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct up_view doc = {data, size};
    struct up_err err = {""};
    struct up_arena arena = UP_ARENA_INIT;
    struct up_cursor c = up_cursor_of(doc), at;
    const void *values;
    const char *text;
    uint64_t dims[4];
    double d;
    bool canonical = up_pack_check(doc, &err) == UP_OK;
    visit(&c, 0);
    c = up_cursor_of(doc);
    int rc = up_cur_skip(&c, &err);
    UP_CHECK(!canonical || (rc == UP_OK && c.p == c.end));
    UP_CHECK(c.p >= data && c.p <= data + size);
    (void)up_doc_at(doc, "a/b", &at, &err);
    (void)up_doc_array(doc, "a", UP_F64, 1, &arena, &values, dims, &err);
    (void)up_doc_str(doc, "b", &arena, &text, &err);
    (void)up_doc_real(doc, "c", &d, &err);
    read_fields(doc, &arena);
    c = at = up_cursor_of(doc);
    if (canonical && up_cur_peek(&c) == UP_T_MAP && keys_are_text(&at)) {
        struct up_buf out = UP_BUF_INIT;
        struct up_writer w = up_writer_of(&out);
        rewrite_pairs(&w, &c, &arena);
        up_writer_end(&w);
        UP_CHECK(up_view_equal(up_buf_view(&out), doc));
        up_buf_release(&out);
    }
    up_arena_release(&arena);
    return 0;
}
