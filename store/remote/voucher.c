#include "store/remote/voucher.h"
#include "store/base/arena.h"
#include "store/base/pack.h"

#include <stdio.h>
#include <string.h>

/* ---- protocol buffers, as little as is needed ---- */

enum wire { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };
enum { OUTPUT_FILES = 2, STDOUT_RAW = 5 };

static void put_varint(struct up_buf *b, uint64_t v)
{
    uint8_t byte;
    do {
        byte = (uint8_t)((v & 127) | (v > 127 ? 128 : 0));
        up_buf_append(b, &byte, 1);
    } while (v >>= 7);
}

static void put_bytes(struct up_buf *b, unsigned field, struct up_view v)
{
    put_varint(b, field << 3 | BYTES);
    put_varint(b, v.len);
    up_buf_append(b, v.data, v.len);
}

static void put_output(struct up_buf *out, size_t i, const struct up_output *o)
{
    struct up_buf digest = UP_BUF_INIT, file = UP_BUF_INIT;
    char path[24], hex[UP_SHA256_HEX];
    (void)snprintf(path, sizeof path, "%zu", i);
    put_bytes(&digest, 1, up_view_str(up_sha256_hex(o->sha, hex)));
    put_varint(&digest, 2 << 3 | VARINT);
    put_varint(&digest, o->size);
    put_bytes(&file, 1, up_view_str(path));
    put_bytes(&file, 2, up_buf_view(&digest));
    put_bytes(out, OUTPUT_FILES, up_buf_view(&file));
    up_buf_release(&digest);
    up_buf_release(&file);
}

static bool get_varint(struct up_view *v, uint64_t *out)
{
    *out = 0;
    for (unsigned shift = 0; v->len && shift < 64; shift += 7) {
        uint8_t byte = *v->data;
        *v = (struct up_view){v->data + 1, v->len - 1};
        *out |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return true;
    }
    return false;
}

/* One field off the front; what: its content, empty unless it is of bytes. */
static bool get_field(struct up_view *v, uint64_t *field, struct up_view *what)
{
    uint64_t tag, n = 0;
    if (!get_varint(v, &tag))
        return false;
    *field = tag >> 3;
    *what = (struct up_view){NULL, 0};
    switch ((enum wire)(tag & 7)) {
    case VARINT:
        return get_varint(v, &n);
    case BYTES:
        if (!get_varint(v, &n))
            return false;
        break;
    case FIXED64:
        n = 8;
        break;
    case FIXED32:
        n = 4;
        break;
    default:
        return false;
    }
    if (n > v->len)
        return false;
    if ((tag & 7) == BYTES)
        *what = (struct up_view){v->data, (size_t)n};
    *v = (struct up_view){v->data + n, v->len - (size_t)n};
    return true;
}

/* ---- the document ---- */

static void pack_outputs(struct up_buf *out, const struct up_voucher *e)
{
    up_pack_str(out, "outputs");
    up_pack_list(out, e->n);
    for (size_t i = 0; i < e->n; i++) {
        up_pack_list(out, 3);
        up_pack_bin(out, e->outputs[i].digest.b, sizeof e->outputs[i].digest.b);
        up_pack_bin(out, e->outputs[i].sha.b, sizeof e->outputs[i].sha.b);
        up_pack_uint(out, e->outputs[i].size);
    }
}

void up_voucher_statement(struct up_buf *out, const struct up_voucher *e)
{
    struct up_sha256 key = up_sha256_of(e->key.data, e->key.len);
    struct up_sha256 value = up_sha256_of(e->value.data, e->value.len);
    up_pack_map(out, 4);
    up_pack_str(out, "key");
    up_pack_bin(out, key.b, sizeof key.b);
    pack_outputs(out, e);
    up_pack_str(out, "schema");
    up_pack_str(out, "upnas.statement/1");
    up_pack_str(out, "value");
    up_pack_bin(out, value.b, sizeof value.b);
}

static void pack_doc(struct up_buf *out, const struct up_voucher *e)
{
    up_pack_map(out, 5);
    up_pack_str(out, "key");
    up_pack_bin(out, e->key.data, e->key.len);
    pack_outputs(out, e);
    up_pack_str(out, "schema");
    up_pack_str(out, "upnas.voucher/1");
    up_pack_str(out, "signatures");
    up_pack_map(out, e->nsignatures);
    for (size_t i = 0; i < e->nsignatures; i++) {
        up_pack_str(out, e->signatures[i].name);
        up_pack_bin(out, e->signatures[i].b, sizeof e->signatures[i].b);
    }
    up_pack_str(out, "value");
    up_pack_bin(out, e->value.data, e->value.len);
}

void up_voucher_pack(struct up_buf *out, const struct up_voucher *e)
{
    struct up_buf doc = UP_BUF_INIT;
    UP_CHECK(e->n <= UP_VOUCHER_OUTPUTS && e->nsignatures <= UP_VOUCHER_SIGNATURES);
    pack_doc(&doc, e);
    for (size_t i = 0; i < e->n; i++)
        put_output(out, i, &e->outputs[i]);
    put_bytes(out, STDOUT_RAW, up_buf_view(&doc));
    up_buf_release(&doc);
}

/* ---- reading ---- */

static int bin_of(struct up_cursor *c, uint8_t *b, size_t n, struct up_err *err)
{
    struct up_view v;
    int rc = up_cur_bin(c, &v, err);
    if (rc == UP_OK && v.len != n)
        rc = up_fail(err, UP_EINVAL, "%zu bytes where %zu belong", v.len, n);
    if (rc == UP_OK)
        memcpy(b, v.data, n);
    return rc;
}

static int unpack_outputs(struct up_voucher *e, struct up_arena *arena, struct up_cursor c,
                          struct up_err *err)
{
    int rc = up_cur_list(&c, &e->n, err);
    if (rc == UP_OK && e->n > UP_VOUCHER_OUTPUTS)
        rc = up_fail(err, UP_EINVAL, "%zu outputs", e->n);
    if (rc != UP_OK)
        return rc;
    struct up_output *o = UP_NEW(arena, e->n, struct up_output);
    for (size_t i = 0; rc == UP_OK && i < e->n; i++) {
        size_t three = 0;
        rc = up_cur_list(&c, &three, err);
        if (rc == UP_OK && three != 3)
            rc = up_fail(err, UP_EINVAL, "an output of %zu fields", three);
        if (rc == UP_OK)
            rc = bin_of(&c, o[i].digest.b, sizeof o[i].digest.b, err);
        if (rc == UP_OK)
            rc = bin_of(&c, o[i].sha.b, sizeof o[i].sha.b, err);
        if (rc == UP_OK)
            rc = up_cur_uint(&c, &o[i].size, err);
    }
    e->outputs = o;
    return rc;
}

static int unpack_signatures(struct up_voucher *e, struct up_arena *arena, struct up_cursor c,
                             struct up_err *err)
{
    int rc = up_cur_map(&c, &e->nsignatures, err);
    if (rc == UP_OK && e->nsignatures > UP_VOUCHER_SIGNATURES)
        rc = up_fail(err, UP_EINVAL, "%zu signatures", e->nsignatures);
    if (rc != UP_OK)
        return rc;
    struct up_signature *s = UP_NEW(arena, e->nsignatures, struct up_signature);
    for (size_t i = 0; rc == UP_OK && i < e->nsignatures; i++) {
        struct up_view name;
        rc = up_cur_str(&c, &name, err);
        if (rc == UP_OK && !up_key_name_ok(name))
            rc = up_fail(err, UP_EINVAL, "a signature without a proper name");
        if (rc == UP_OK) {
            memcpy(s[i].name, name.data, name.len);
            rc = bin_of(&c, s[i].b, sizeof s[i].b, err);
        }
    }
    e->signatures = s;
    return rc;
}

static int unpack_doc(struct up_voucher *e, struct up_arena *arena, struct up_view doc,
                      struct up_err *err)
{
    struct up_cursor c;
    struct up_view schema = {NULL, 0};
    int rc = up_pack_check(doc, err);
    if (rc == UP_OK && (rc = up_doc_at(doc, "schema", &c, err)) == UP_OK &&
        (rc = up_cur_str(&c, &schema, err)) == UP_OK &&
        !up_view_equal(schema, up_view_str("upnas.voucher/1")))
        rc = up_fail(err, UP_EINVAL, "another kind of document");
    if (rc == UP_OK && (rc = up_doc_at(doc, "key", &c, err)) == UP_OK)
        rc = up_cur_bin(&c, &e->key, err);
    if (rc == UP_OK && (rc = up_doc_at(doc, "value", &c, err)) == UP_OK)
        rc = up_cur_bin(&c, &e->value, err);
    if (rc == UP_OK && (rc = up_doc_at(doc, "outputs", &c, err)) == UP_OK)
        rc = unpack_outputs(e, arena, c, err);
    if (rc == UP_OK && (rc = up_doc_at(doc, "signatures", &c, err)) == UP_OK)
        rc = unpack_signatures(e, arena, c, err);
    return rc == UP_ENOTFOUND ? UP_EINVAL : rc;
}

int up_voucher_unpack(struct up_voucher *e, struct up_arena *arena, struct up_view bytes,
                      struct up_err *err)
{
    struct up_view doc = {NULL, 0}, what;
    uint64_t field;
    *e = (struct up_voucher){.n = 0};
    while (bytes.len) {
        if (!get_field(&bytes, &field, &what))
            return up_fail(err, UP_EINVAL, "it is no entry of upnas");
        if (field == STDOUT_RAW)
            doc = what;
    }
    int rc = unpack_doc(e, arena, doc, err);
    return rc == UP_OK ? rc : up_fail_in(err, rc, "it is no entry of upnas");
}

/* ---- signing, comparing ---- */

void up_voucher_sign(struct up_voucher *e, struct up_arena *arena,
                     const struct up_secret_key *k)
{
    struct up_buf statement = UP_BUF_INIT;
    struct up_signature *s = UP_NEW(arena, e->nsignatures + 1, struct up_signature);
    size_t n = 0, i = 0;
    up_voucher_statement(&statement, e);
    while (i < e->nsignatures && strcmp(e->signatures[i].name, k->name) < 0)
        s[n++] = e->signatures[i++];
    s[n++] = up_key_sign(k, up_buf_view(&statement));
    for (; i < e->nsignatures; i++)
        if (strcmp(e->signatures[i].name, k->name))
            s[n++] = e->signatures[i];
    e->signatures = s;
    e->nsignatures = n;
    up_buf_release(&statement);
}

bool up_output_equal(const struct up_output *a, const struct up_output *b)
{
    return up_digest_equal(a->digest, b->digest) && a->size == b->size &&
           memcmp(a->sha.b, b->sha.b, sizeof a->sha.b) == 0;
}

bool up_outputs_equal(const struct up_voucher *a, const struct up_voucher *b)
{
    bool equal = a->n == b->n;
    for (size_t i = 0; equal && i < a->n; i++)
        equal = up_output_equal(&a->outputs[i], &b->outputs[i]);
    return equal;
}
