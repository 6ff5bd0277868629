#include "store/base/pack.h"

#include <msgpack/pack.h>
#include <string.h>

size_t up_dtype_size(enum up_dtype t)
{
    switch (t) {
    case UP_U8:
        return 1;
    case UP_I32:
    case UP_U32:
    case UP_F32:
        return 4;
    case UP_I64:
    case UP_U64:
    case UP_F64:
        return 8;
    }
    return 0;
}

static int write_bytes(void *data, const char *bytes, size_t n)
{
    up_buf_append(data, bytes, n);
    return 0;
}

static msgpack_packer packer(struct up_buf *b)
{
    return (msgpack_packer){.data = b, .callback = write_bytes};
}

void up_pack_nil(struct up_buf *b)
{
    msgpack_packer p = packer(b);
    msgpack_pack_nil(&p);
}

void up_pack_bool(struct up_buf *b, bool v)
{
    msgpack_packer p = packer(b);
    if (v)
        msgpack_pack_true(&p);
    else
        msgpack_pack_false(&p);
}

void up_pack_int(struct up_buf *b, int64_t v)
{
    msgpack_packer p = packer(b);
    if (v >= 0)
        msgpack_pack_uint64(&p, (uint64_t)v);
    else
        msgpack_pack_int64(&p, v);
}

void up_pack_uint(struct up_buf *b, uint64_t v)
{
    msgpack_packer p = packer(b);
    msgpack_pack_uint64(&p, v);
}

void up_pack_real(struct up_buf *b, double v)
{
    if (v != v) { /* one NaN, so that equal values have equal bytes */
        const uint64_t quiet = UINT64_C(0x7ff8000000000000);
        memcpy(&v, &quiet, sizeof v);
    }
    msgpack_packer p = packer(b);
    msgpack_pack_double(&p, v);
}

void up_pack_str(struct up_buf *b, const char *s) { up_pack_strn(b, s, strlen(s)); }

void up_pack_strn(struct up_buf *b, const char *s, size_t n)
{
    msgpack_packer p = packer(b);
    msgpack_pack_str(&p, n);
    msgpack_pack_str_body(&p, s, n);
}

void up_pack_bin(struct up_buf *b, const void *v, size_t n)
{
    msgpack_packer p = packer(b);
    msgpack_pack_bin(&p, n);
    msgpack_pack_bin_body(&p, v, n);
}

void up_pack_map(struct up_buf *b, size_t n)
{
    msgpack_packer p = packer(b);
    msgpack_pack_map(&p, n);
}

void up_pack_list(struct up_buf *b, size_t n)
{
    msgpack_packer p = packer(b);
    msgpack_pack_array(&p, n);
}

void up_pack_raw(struct up_buf *b, struct up_view v) { up_buf_append(b, v.data, v.len); }

void up_pack_array(struct up_buf *b, enum up_dtype t, const void *v, unsigned ndim,
                   const uint64_t *dims)
{
    static const uint8_t zero[8] = {0};
    UP_CHECK(ndim >= 1 && ndim <= 4 && up_dtype_size(t) > 0);
    size_t bytes = up_dtype_size(t);
    for (unsigned i = 0; i < ndim; ++i)
        bytes *= (size_t)dims[i];
    size_t pad = (0 - (b->len + 8)) % 8, size = 2 + pad + 8 * ndim + bytes;
    UP_CHECK(size <= UINT32_MAX);
    /* ext 32 whatever the size: a header whose length depended on the padding
     * could leave no padding that fits. The packer would choose the shortest. */
    uint8_t head[8] = {0xc9,
                       (uint8_t)(size >> 24),
                       (uint8_t)(size >> 16),
                       (uint8_t)(size >> 8),
                       (uint8_t)size,
                       (uint8_t)t,
                       (uint8_t)ndim,
                       (uint8_t)pad};
    up_buf_append(b, head, sizeof head);
    up_buf_append(b, zero, pad);
    up_buf_append(b, dims, 8 * ndim);
    up_buf_append(b, v, bytes);
}

void up_pack_array1(struct up_buf *b, enum up_dtype t, const void *v, size_t n)
{
    up_pack_array(b, t, v, 1, (const uint64_t[]){n});
}

void up_pack_array2(struct up_buf *b, enum up_dtype t, const void *v, size_t rows, size_t cols)
{
    up_pack_array(b, t, v, 2, (const uint64_t[]){rows, cols});
}
