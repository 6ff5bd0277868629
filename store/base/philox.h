/* One block of a stream of rng.h: Philox4x32-10 under the key `seed`, of which the stream's
 * name is the upper half of the counter. */
#ifndef UP_STORE_BASE_PHILOX_H
#define UP_STORE_BASE_PHILOX_H
#include <Random123/philox.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline philox4x32_ctr_t up_philox(uint64_t seed, uint64_t stream, uint64_t block)
{
    philox4x32_ctr_t counter = {
        {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)}};
    philox4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
    return philox4x32(counter, key);
}

#ifdef __cplusplus
}
#endif

#endif
