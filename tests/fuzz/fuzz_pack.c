/* links: up_base
 * Reading MessagePack: no input may make the cursor read outside it, loop, or
 * disagree with the check of canonical form. */
#include "store/base/arena.h"
#include "store/base/pack.h"

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
    up_arena_release(&arena);
    return 0;
}
