/* Writes .npy and .npz files for tests. An .npz is a ZIP file of stored members
 * (APPNOTE 4.3): per member a local header, name and bytes; then the directory of the
 * same with offsets, then its end record. */
#ifndef UP_TEST_NUMPY_FILE_H
#define UP_TEST_NUMPY_FILE_H
#include <string.h>
#include "store/base/pack.h"

struct npz_file {
    struct up_buf *out; /* borrowed */
    struct up_buf directory;
    size_t entries;
};

/* Appends a whole .npy file (version 1.0); U8 I32 I64 F32 F64. */
static inline void npy_write(struct up_buf *out, enum up_dtype t, const void *v, unsigned ndim,
                             const uint64_t *dims)
{
    const char *descr = t == UP_U8    ? "|u1"
                        : t == UP_I32 ? "<i4"
                        : t == UP_I64 ? "<i8"
                        : t == UP_F32 ? "<f4"
                                      : "<f8";
    struct up_buf h = UP_BUF_INIT;
    uint64_t count = 1;
    up_buf_printf(&h, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr);
    for (unsigned i = 0; i < ndim; i++) {
        up_buf_printf(&h, "%llu%s", (unsigned long long)dims[i],
                      i + 1 < ndim ? ", "
                      : ndim == 1  ? ","
                                   : "");
        count *= dims[i];
    }
    up_buf_puts(&h, "), }");
    while ((10 + h.len + 1) % 64)
        up_buf_puts(&h, " ");
    up_buf_puts(&h, "\n");
    uint8_t fixed[10] = {
        0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (uint8_t)h.len, (uint8_t)(h.len >> 8)};
    up_buf_append(out, fixed, sizeof fixed);
    up_buf_append(out, h.data, h.len);
    up_buf_append(out, v, (size_t)count * up_dtype_size(t));
    up_buf_release(&h);
}

static inline uint32_t crc32_of(const uint8_t *p, size_t n)
{
    static const uint32_t nibble[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
                                        0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
                                        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    uint32_t c = 0xffffffff;
    for (size_t i = 0; i < n; i++) {
        c ^= p[i];
        c = nibble[c & 15] ^ c >> 4;
        c = nibble[c & 15] ^ c >> 4;
    }
    return ~c;
}

static inline void u16(struct up_buf *b, size_t v)
{
    uint8_t x[2] = {(uint8_t)v, (uint8_t)(v >> 8)};
    up_buf_append(b, x, 2);
}

static inline void u32(struct up_buf *b, size_t v)
{
    u16(b, v);
    u16(b, v >> 16);
}

/* The fields that both headers share, from `version` to the extra length. */
static inline void common(struct up_buf *b, uint32_t crc, size_t size, size_t name,
                          size_t extra)
{
    u16(b, 20);
    u16(b, 0);
    u16(b, 0);
    u16(b, 0);
    u16(b, 0x21);
    u32(b, crc);
    u32(b, size);
    u32(b, size);
    u16(b, name);
    u16(b, extra);
}

static inline void directory(struct npz_file *w, const char *member, uint32_t crc, size_t size,
                             size_t at)
{
    up_buf_puts(&w->directory, "PK\1\2");
    u16(&w->directory, 20);
    common(&w->directory, crc, size, strlen(member), 0);
    u16(&w->directory, 0);
    u16(&w->directory, 0);
    u16(&w->directory, 0);
    u32(&w->directory, 0);
    u32(&w->directory, at);
    up_buf_puts(&w->directory, member);
    w->entries++;
}

static inline void npz_add(struct npz_file *w, const char *name, enum up_dtype t, const void *v,
                           unsigned ndim, const uint64_t *dims)
{
    struct up_buf npy = UP_BUF_INIT, member = UP_BUF_INIT;
    up_buf_printf(&member, "%s.npy", name);
    npy_write(&npy, t, v, ndim, dims);
    size_t at = w->out->len;
    uint32_t crc = crc32_of(npy.data, npy.len);
    up_buf_puts(w->out, "PK\3\4");
    common(w->out, crc, npy.len, member.len, 0);
    up_buf_append(w->out, member.data, member.len);
    up_buf_append(w->out, npy.data, npy.len);
    directory(w, up_buf_str(&member), crc, npy.len, at);
    up_buf_release(&npy);
    up_buf_release(&member);
}

static inline void npz_end(struct npz_file *w)
{
    size_t at = w->out->len;
    up_buf_append(w->out, w->directory.data, w->directory.len);
    up_buf_puts(w->out, "PK\5\6");
    u32(w->out, 0);
    u16(w->out, w->entries);
    u16(w->out, w->entries);
    u32(w->out, w->directory.len);
    u32(w->out, at);
    u16(w->out, 0);
    up_buf_release(&w->directory);
    w->entries = 0;
}

#endif
