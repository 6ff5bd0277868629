/* Digests. XXH3-128 (libxxhash) names artifacts and keys locally; SHA-256
 * (libsodium) names them across a trust boundary. XXH3 is not cryptographic. */
#ifndef UP_STORE_BASE_HASH_H
#define UP_STORE_BASE_HASH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct up_digest {
    uint8_t b[16]; /* XXH3-128, canonical (big-endian) byte order */
};
struct up_sha256 {
    uint8_t b[32];
};
enum { UP_DIGEST_HEX = 33, UP_SHA256_HEX = 65 }; /* with terminator */

struct up_digest up_digest_of(const void *p, size_t n);
struct up_sha256 up_sha256_of(const void *p, size_t n);

/* Both digests of bytes that come piece after piece. */
struct up_hasher;
struct up_hasher *up_hasher_new(void);
void up_hasher_add(struct up_hasher *h, const void *p, size_t n);
/* Frees h. */
void up_hasher_end(struct up_hasher *h, struct up_digest *digest, struct up_sha256 *sha);

bool up_digest_equal(struct up_digest a, struct up_digest b);
bool up_digest_zero(struct up_digest d); /* all zero: "absent" */
char *up_digest_hex(struct up_digest d, char out[UP_DIGEST_HEX]);
bool up_digest_read(struct up_digest *d, const char *hex); /* all 32 digits, or false */
char *up_sha256_hex(struct up_sha256 d, char out[UP_SHA256_HEX]);

#ifdef __cplusplus
}
#endif

#endif
