#include "store/base/rng.h"
#include "store/base/err.h"
#include "store/base/philox.h"

#include <math.h>
#include <string.h>
#include <xxhash.h>

struct up_rng up_rng_init(uint64_t seed, const char *name)
{
    return (struct up_rng){.seed = seed, .stream = XXH3_64bits(name, strlen(name))};
}

struct up_rng up_rng_at(const struct up_rng *stream, uint64_t block)
{
    return (struct up_rng){.seed = stream->seed, .stream = stream->stream, .block = block};
}

static void refill(struct up_rng *r)
{
    philox4x32_ctr_t out = up_philox(r->seed, r->stream, r->block++);
    memcpy(r->out, out.v, sizeof r->out);
    r->left = 4;
}

uint32_t up_rng_u32(struct up_rng *r)
{
    if (r->left == 0)
        refill(r);
    return r->out[4 - r->left--];
}

uint64_t up_rng_u64(struct up_rng *r)
{
    uint64_t hi = up_rng_u32(r);
    return hi << 32 | up_rng_u32(r);
}

double up_rng_uniform(struct up_rng *r) { return (double)(up_rng_u64(r) >> 11) * 0x1p-53; }

double up_rng_range(struct up_rng *r, double lo, double hi)
{
    return lo + (hi - lo) * up_rng_uniform(r);
}

double up_rng_normal(struct up_rng *r)
{
    if (r->has_spare) {
        r->has_spare = 0;
        return r->spare;
    }
    double u = 1.0 - up_rng_uniform(r); /* (0, 1] */
    double v = up_rng_uniform(r);
    double radius = sqrt(-2.0 * log(u)), angle = 6.283185307179586476925 * v;
    r->spare = radius * sin(angle);
    r->has_spare = 1;
    return radius * cos(angle);
}

uint64_t up_rng_below(struct up_rng *r, uint64_t n)
{
    UP_CHECK(n > 0);
    uint64_t reject = (0 - n) % n; /* 2^64 mod n values at the bottom would be biased */
    for (;;) {
        uint64_t x = up_rng_u64(r);
        if (x >= reject)
            return x % n;
    }
}

void up_rng_shuffle(struct up_rng *r, uint32_t *v, size_t n)
{
    for (size_t i = n; i > 1; --i) {
        size_t j = (size_t)up_rng_below(r, i);
        uint32_t t = v[i - 1];
        v[i - 1] = v[j];
        v[j] = t;
    }
}

uint64_t up_seed_derive(uint64_t seed, const char *name)
{
    return XXH3_64bits_withSeed(name, strlen(name), seed);
}
