#include "store/file/record.h"
#include "store/base/err.h"
#include "store/base/hash.h"
#include "store/file/codec.h"

#include <string.h>

static const uint8_t magic[4] = {0x93, 'U', 'P', 'R'};
enum { VERSION = 1 };

/* Offsets of the header's fields. */
enum {
    AT_VERSION = 4,
    AT_TYPE = 5,
    AT_CODEC = 6,
    AT_SHUFFLE = 7,
    AT_SEQ = 8,
    AT_RAW = 16,
    AT_NAME = 24,
    AT_DOC = 28,
    AT_STORED = 32,
    AT_ZERO = 36
};

static void put_le(uint8_t *p, uint64_t v, size_t n)
{
    memcpy(p, &v, n); /* little-endian machines only, as the rest of the program */
}

static uint64_t get_le(const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    memcpy(&v, p, n);
    return v;
}

void up_record_encode(struct up_buf *out, enum up_record_type type, struct up_view name,
                      struct up_view doc, struct up_view value)
{
    UP_CHECK(name.len <= UINT32_MAX && doc.len <= UP_REC_MAX && value.len <= UP_REC_MAX);
    size_t start = out->len;
    uint8_t head[UP_REC_HEAD] = {0}, shuffle;
    up_buf_append(out, head, sizeof head);
    up_buf_append(out, name.data, name.len);
    up_buf_append(out, doc.data, doc.len);
    size_t before = out->len;
    enum up_codec codec = up_codec_pack(out, value, &shuffle);

    memcpy(head, magic, sizeof magic);
    head[AT_VERSION] = VERSION;
    head[AT_TYPE] = (uint8_t)type;
    head[AT_CODEC] = (uint8_t)codec;
    head[AT_SHUFFLE] = shuffle;
    put_le(head + AT_RAW, value.len, 8);
    put_le(head + AT_NAME, name.len, 4);
    put_le(head + AT_DOC, doc.len, 4);
    put_le(head + AT_STORED, out->len - before, 4);
    memcpy(out->data + start, head, sizeof head);
    memset(up_buf_reserve(out, UP_REC_SUM), 0, UP_REC_SUM);
    out->len += UP_REC_SUM;
}

void up_record_seal(uint8_t *rec, size_t n, uint64_t seq)
{
    UP_CHECK(n >= UP_REC_HEAD + UP_REC_SUM);
    put_le(rec + AT_SEQ, seq, 8);
    struct up_digest sum = up_digest_of(rec, n - UP_REC_SUM);
    memcpy(rec + n - UP_REC_SUM, sum.b, UP_REC_SUM);
}

size_t up_record_length(struct up_view bytes)
{
    const uint8_t *p = bytes.data;
    if (bytes.len < UP_REC_HEAD + UP_REC_SUM || memcmp(p, magic, sizeof magic) != 0 ||
        p[AT_VERSION] != VERSION || get_le(p + AT_ZERO, 4) != 0 ||
        get_le(p + AT_RAW, 8) > UP_REC_MAX)
        return 0;
    uint64_t n = UP_REC_HEAD + UP_REC_SUM + get_le(p + AT_NAME, 4) + get_le(p + AT_DOC, 4) +
                 get_le(p + AT_STORED, 4);
    return n <= bytes.len ? (size_t)n : 0;
}

const char *up_record_peek(struct up_view bytes, struct up_record *r)
{
    size_t n = up_record_length(bytes);
    if (n == 0)
        return "its header makes no sense";
    if (n != bytes.len)
        return "its length is not the one in its header";
    const uint8_t *p = bytes.data;
    r->type = (enum up_record_type)p[AT_TYPE];
    r->codec = p[AT_CODEC];
    r->shuffle = p[AT_SHUFFLE];
    r->seq = get_le(p + AT_SEQ, 8);
    r->raw_len = get_le(p + AT_RAW, 8);
    r->name = (struct up_view){p + UP_REC_HEAD, (size_t)get_le(p + AT_NAME, 4)};
    r->doc = (struct up_view){r->name.data + r->name.len, (size_t)get_le(p + AT_DOC, 4)};
    r->stored = (struct up_view){r->doc.data + r->doc.len, (size_t)get_le(p + AT_STORED, 4)};
    return NULL;
}

const char *up_record_decode(struct up_view bytes, struct up_record *r)
{
    const char *why = up_record_peek(bytes, r);
    if (why)
        return why;
    struct up_digest sum = up_digest_of(bytes.data, bytes.len - UP_REC_SUM);
    if (memcmp(sum.b, bytes.data + bytes.len - UP_REC_SUM, UP_REC_SUM) != 0)
        return "its checksum does not match";
    return NULL;
}

int up_record_value(const struct up_record *r, struct up_buf *out, struct up_err *err)
{
    if (r->raw_len > UP_REC_MAX ||
        !up_codec_unpack(out, r->codec, r->shuffle, r->stored, (size_t)r->raw_len))
        return up_fail(err, UP_ECORRUPT, "its compressed value cannot be read");
    return UP_OK;
}
