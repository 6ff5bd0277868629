/* A set of digests: open addressing over one table. The zero digest, which stands for
 * "absent" everywhere, is in no set. */
#ifndef UP_STORE_BASE_SET_H
#define UP_STORE_BASE_SET_H
#include "store/base/hash.h"

#ifdef __cplusplus
extern "C" {
#endif

struct up_digest_set { /* zeroed is empty; up_digest_set_release */
    struct up_digest *slot;
    size_t n, cap;
};
bool up_digest_set_has(const struct up_digest_set *s, struct up_digest d);
/* False when it was there already, or is zero. */
bool up_digest_set_add(struct up_digest_set *s, struct up_digest d);
void up_digest_set_release(struct up_digest_set *s);

#ifdef __cplusplus
}
#endif

#endif
