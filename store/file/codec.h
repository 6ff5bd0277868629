/* Compression of one value: zstd, after a byte shuffle where a sample of the
 * value says that it pays. Frames are never hashed: their bytes differ between
 * zstd versions. record.h describes both for readers written elsewhere. */
#ifndef UP_STORE_FILE_CODEC_H
#define UP_STORE_FILE_CODEC_H
#include "store/base/buf.h"

enum up_codec { UP_CODEC_RAW = 0, UP_CODEC_ZSTD = 1 };

/* Appends the value, compressed or as it is, and says how. */
enum up_codec up_codec_pack(struct up_buf *out, struct up_view value, uint8_t *shuffle);
/* Appends exactly raw_len bytes and returns true, or appends nothing and
 * returns false. Nothing is believed that the frame declares. */
bool up_codec_unpack(struct up_buf *out, uint8_t codec, uint8_t shuffle, struct up_view stored,
                     size_t raw_len);

/* dst and src are n bytes and do not overlap; width >= 1. */
void up_shuffle(uint8_t *dst, const uint8_t *src, size_t n, size_t width);
void up_unshuffle(uint8_t *dst, const uint8_t *src, size_t n, size_t width);

#endif
