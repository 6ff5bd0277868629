/* What writing and reading bundles share. */
#ifndef UP_DAG_EXCHANGE_BUNDLE_PARTS_H
#define UP_DAG_EXCHANGE_BUNDLE_PARTS_H
#include "store/base/hash.h"

#include <string.h>

enum { UP_BUNDLE_HEAD = 8, UP_BUNDLE_CHUNK_NAME = 20 };
static const uint8_t up_bundle_magic[UP_BUNDLE_HEAD] = {0x93, 'U', 'P', 'B', 1, 0, 0, 0};

static inline void up_bundle_chunk_name(uint8_t out[UP_BUNDLE_CHUNK_NAME], struct up_digest d,
                                        uint32_t i)
{
    memcpy(out, d.b, sizeof d.b);
    for (int k = 0; k < 4; k++)
        out[16 + k] = (uint8_t)(i >> (24 - 8 * k));
}

#endif
