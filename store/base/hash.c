#include "store/base/hash.h"
#include "store/base/arena.h"
#include "store/base/err.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct up_digest up_digest_of(const void *p, size_t n)
{
    XXH128_canonical_t c;
    XXH128_canonicalFromHash(&c, XXH3_128bits(p, n));
    struct up_digest d;
    memcpy(d.b, c.digest, sizeof d.b);
    return d;
}

struct up_sha256 up_sha256_of(const void *p, size_t n)
{
    struct up_sha256 d;
    (void)crypto_hash_sha256(d.b, p, n);
    return d;
}

struct up_hasher {
    XXH3_state_t *xxh;
    crypto_hash_sha256_state sha;
};

struct up_hasher *up_hasher_new(void)
{
    struct up_hasher *h = up_alloc(sizeof *h);
    h->xxh = XXH3_createState();
    UP_CHECK(h->xxh && XXH3_128bits_reset(h->xxh) == XXH_OK);
    (void)crypto_hash_sha256_init(&h->sha);
    return h;
}

void up_hasher_add(struct up_hasher *h, const void *p, size_t n)
{
    if (n == 0)
        return;
    UP_CHECK(XXH3_128bits_update(h->xxh, p, n) == XXH_OK);
    (void)crypto_hash_sha256_update(&h->sha, p, n);
}

void up_hasher_end(struct up_hasher *h, struct up_digest *digest, struct up_sha256 *sha)
{
    XXH128_canonical_t c;
    XXH128_canonicalFromHash(&c, XXH3_128bits_digest(h->xxh));
    memcpy(digest->b, c.digest, sizeof digest->b);
    (void)crypto_hash_sha256_final(&h->sha, sha->b);
    (void)XXH3_freeState(h->xxh);
    free(h);
}

bool up_digest_equal(struct up_digest a, struct up_digest b)
{
    return memcmp(a.b, b.b, sizeof a.b) == 0;
}

bool up_digest_zero(struct up_digest d) { return up_digest_equal(d, (struct up_digest){{0}}); }

static char *hex(const uint8_t *b, size_t n, char *out)
{
    static const char digit[] = "0123456789abcdef";
    for (size_t i = 0; i < n; ++i) {
        out[2 * i] = digit[b[i] >> 4];
        out[2 * i + 1] = digit[b[i] & 15];
    }
    out[2 * n] = 0;
    return out;
}

bool up_digest_read(struct up_digest *d, const char *text)
{
    static const char digit[] = "0123456789abcdef";
    for (size_t i = 0; i < 2 * sizeof d->b; ++i) {
        const char *at = text[i] ? strchr(digit, text[i]) : NULL;
        if (!at)
            return false;
        d->b[i / 2] = (uint8_t)(i % 2 ? d->b[i / 2] | (at - digit) : (at - digit) << 4);
    }
    return text[2 * sizeof d->b] == 0;
}

char *up_digest_hex(struct up_digest d, char out[UP_DIGEST_HEX])
{
    return hex(d.b, sizeof d.b, out);
}

char *up_sha256_hex(struct up_sha256 d, char out[UP_SHA256_HEX])
{
    return hex(d.b, sizeof d.b, out);
}
