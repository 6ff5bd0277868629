/* A ZIP file of stored members (APPNOTE 4.3): per member a local header
 *   "PK\3\4", version 20, flags 0, method 0, time 0, date 0x21 (1980-01-01),
 *   crc32, size, size, name length, extra length, name, extra, bytes
 * then the directory of the same with offsets, then its end record. The extra
 * field is padding that puts every member's bytes on a multiple of 64. */
#include "stages/format/npz.h"
#include <string.h>

static uint32_t crc32_of(const uint8_t *p, size_t n)
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

static void u16(struct up_buf *b, size_t v)
{
    uint8_t x[2] = {(uint8_t)v, (uint8_t)(v >> 8)};
    up_buf_append(b, x, 2);
}

static void u32(struct up_buf *b, size_t v)
{
    u16(b, v);
    u16(b, v >> 16);
}

void up_npzw_init(struct up_npzw *w, struct up_buf *out)
{
    memset(w, 0, sizeof *w);
    w->out = out;
    w->start = out->len;
}

/* The fields that both headers share, from `version` to the extra length. */
static void common(struct up_buf *b, uint32_t crc, size_t size, size_t name, size_t extra)
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

static void directory(struct up_npzw *w, const char *member, uint32_t crc, size_t size,
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

int up_npzw_add(struct up_npzw *w, const char *name, enum up_dtype t, const void *v,
                unsigned ndim, const uint64_t *dims, struct up_err *err)
{
    struct up_buf npy = UP_BUF_INIT, member = UP_BUF_INIT;
    int rc = UP_OK;
    up_buf_printf(&member, "%s.npy", name);
    up_npy_write(&npy, t, v, ndim, dims);
    size_t at = w->out->len - w->start;
    if (npy.len + at > 0xf0000000 || w->entries == 65535) {
        rc = up_fail(err, UP_EUNSUPPORTED,
                     "%s does not fit: a .npz file here holds at most 4 GB", name);
        goto out;
    }
    uint32_t crc = crc32_of(npy.data, npy.len);
    size_t extra = (64 - (at + 30 + member.len) % 64) % 64;
    if (extra && extra < 4) /* an extra field has a header of four bytes */
        extra += 64;
    up_buf_puts(w->out, "PK\3\4");
    common(w->out, crc, npy.len, member.len, extra);
    up_buf_append(w->out, member.data, member.len);
    if (extra) {
        u16(w->out, 0xd935); /* the id Android's zipalign uses for padding */
        u16(w->out, extra - 4);
        memset(up_buf_reserve(w->out, extra - 4), 0, extra - 4);
        w->out->len += extra - 4;
    }
    up_buf_append(w->out, npy.data, npy.len);
    directory(w, up_buf_str(&member), crc, npy.len, at);
out:
    up_buf_release(&npy);
    up_buf_release(&member);
    return rc;
}

void up_npzw_end(struct up_npzw *w)
{
    size_t at = w->out->len - w->start;
    up_buf_append(w->out, w->directory.data, w->directory.len);
    up_buf_puts(w->out, "PK\5\6");
    u32(w->out, 0);
    u16(w->out, w->entries);
    u16(w->out, w->entries);
    u32(w->out, w->directory.len);
    u32(w->out, at);
    u16(w->out, 0);
    up_buf_release(&w->directory);
    memset(w, 0, sizeof *w);
}
