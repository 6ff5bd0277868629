/* Counter-based random numbers: Philox4x32-10 (Salmon et al., SC 2011; Random123).
 *
 * A stream is named by (seed, name). The same pair gives the same numbers on
 * every machine, whoever asks, in whatever order streams are opened, so a
 * tensor's weights depend on nothing but the seed and the tensor's name. */
#ifndef UP_STORE_BASE_RNG_H
#define UP_STORE_BASE_RNG_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct up_rng {
    uint64_t seed, stream; /* key and upper half of the counter */
    uint64_t block;        /* next 128-bit block */
    uint32_t out[4];
    unsigned left; /* unread words in out */
    double spare;  /* second normal of a Box-Muller pair */
    int has_spare;
};

struct up_rng up_rng_init(uint64_t seed, const char *name);
/* The stream from its block `block` on: of 128 bits, four u32 or a pair of normals. */
struct up_rng up_rng_at(const struct up_rng *stream, uint64_t block);
uint32_t up_rng_u32(struct up_rng *r);
uint64_t up_rng_u64(struct up_rng *r);
double up_rng_uniform(struct up_rng *r); /* [0, 1), 53 bits */
double up_rng_range(struct up_rng *r, double lo, double hi);
double up_rng_normal(struct up_rng *r);                       /* N(0, 1), Box-Muller */
uint64_t up_rng_below(struct up_rng *r, uint64_t n);          /* [0, n), unbiased; n > 0 */
void up_rng_shuffle(struct up_rng *r, uint32_t *v, size_t n); /* Fisher-Yates */
/* A seed for a part of the whole: XXH3-64 of (seed, name). */
uint64_t up_seed_derive(uint64_t seed, const char *name);

#ifdef __cplusplus
}
#endif

#endif
