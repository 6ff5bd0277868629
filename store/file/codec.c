#include "store/file/codec.h"
#include "store/base/arena.h"
#include "store/base/err.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

enum {
    LEVEL = 3,
    SMALLEST = 128,      /* below that a frame's own header eats the gain */
    SHUFFLE_FROM = 4096, /* smaller values are hardly columns of numbers */
    SLACK = 64,          /* headers of the blocks that begin early */
    SAMPLE = 16 << 10    /* bytes tried with every width before a value is compressed */
};

void up_shuffle(uint8_t *dst, const uint8_t *src, size_t n, size_t width)
{
    size_t m = n / width;
    for (size_t k = 0; k < width; k++)
        for (size_t i = 0; i < m; i++)
            dst[k * m + i] = src[i * width + k];
    memcpy(dst + m * width, src + m * width, n - m * width);
}

void up_unshuffle(uint8_t *dst, const uint8_t *src, size_t n, size_t width)
{
    size_t m = n / width;
    for (size_t k = 0; k < width; k++)
        for (size_t i = 0; i < m; i++)
            dst[i * width + k] = src[k * m + i];
    memcpy(dst + m * width, src + m * width, n - m * width);
}

/* One frame of n bytes in which every `plane` bytes begin a new block, so that
 * planes do not share a table of symbols. Its size, 0 on failure. */
static size_t frame(uint8_t *dst, size_t cap, const uint8_t *src, size_t n, size_t plane)
{
    ZSTD_CCtx *c = ZSTD_createCCtx();
    ZSTD_outBuffer out = {dst, cap, 0};
    size_t left = 1;
    if (c && !ZSTD_isError(ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, LEVEL)) &&
        !ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(c, n)))
        for (size_t at = 0; at < n; at += plane) {
            bool last = plane >= n - at;
            ZSTD_inBuffer in = {src + at, last ? n - at : plane, 0};
            left = ZSTD_compressStream2(c, &out, &in, last ? ZSTD_e_end : ZSTD_e_flush);
            if (left != 0) /* an error, or dst is too small */
                break;
        }
    (void)ZSTD_freeCCtx(c);
    return left ? 0 : out.pos;
}

/* Size of the frame written to dst (capacity ZSTD_compressBound + SLACK), 0 on failure. */
static size_t squeeze(uint8_t *dst, size_t cap, const uint8_t *src, size_t n, size_t width)
{
    if (width < 2)
        return frame(dst, cap, src, n, n);
    uint8_t *planes = up_alloc(n);
    up_shuffle(planes, src, n, width);
    size_t size = frame(dst, cap, planes, n, n / width);
    free(planes);
    return size;
}

/* The width that packs a piece from the middle of the value best. */
static uint8_t best_width(struct up_view v)
{
    static const uint8_t widths[] = {4, 8, 2};
    size_t n = v.len < SAMPLE ? v.len : SAMPLE, cap = ZSTD_compressBound(n) + SLACK;
    const uint8_t *piece = v.data + ((v.len - n) / 2 & ~(size_t)7);
    uint8_t *tmp = up_alloc(cap), best = 0;
    size_t least = squeeze(tmp, cap, piece, n, 1);
    for (size_t i = 0; least && i < sizeof widths; i++) {
        size_t size = squeeze(tmp, cap, piece, n, widths[i]);
        if (size && size < least - least / 32) {
            least = size;
            best = widths[i];
        }
    }
    free(tmp);
    return best;
}

enum up_codec up_codec_pack(struct up_buf *out, struct up_view value, uint8_t *shuffle)
{
    *shuffle = 0;
    if (value.len >= SMALLEST) {
        uint8_t width = value.len >= SHUFFLE_FROM ? best_width(value) : 0;
        size_t cap = ZSTD_compressBound(value.len) + SLACK;
        uint8_t *dst = up_buf_reserve(out, cap);
        size_t size = squeeze(dst, cap, value.data, value.len, width ? width : 1);
        if (size && size < value.len - value.len / 32) {
            out->len += size;
            *shuffle = width;
            return UP_CODEC_ZSTD;
        }
    }
    up_buf_append(out, value.data, value.len);
    return UP_CODEC_RAW;
}

static bool unzstd(struct up_buf *out, uint8_t shuffle, struct up_view stored, size_t raw_len)
{
    if (ZSTD_getFrameContentSize(stored.data, stored.len) != raw_len)
        return false;
    uint8_t *dst = up_buf_reserve(out, raw_len), *planes = shuffle ? up_alloc(raw_len) : NULL;
    size_t got = ZSTD_decompress(planes ? planes : dst, raw_len, stored.data, stored.len);
    bool ok = !ZSTD_isError(got) && got == raw_len;
    if (ok && planes)
        up_unshuffle(dst, planes, raw_len, shuffle);
    free(planes);
    out->len += ok ? raw_len : 0;
    return ok;
}

bool up_codec_unpack(struct up_buf *out, uint8_t codec, uint8_t shuffle, struct up_view stored,
                     size_t raw_len)
{
    if (codec == UP_CODEC_ZSTD)
        return (shuffle == 0 || shuffle == 2 || shuffle == 4 || shuffle == 8) &&
               unzstd(out, shuffle, stored, raw_len);
    if (codec != UP_CODEC_RAW || shuffle != 0 || stored.len != raw_len)
        return false;
    up_buf_append(out, stored.data, stored.len);
    return true;
}
