/* Signing what a store holds, in place: so that a store which is merged, and a run that is
 * exported, carry the signature of whoever computed them. Signed are results, runs and parts
 * of nodes under way that are this store's own (dag/record/trust.h), results only when they are
 * clean; nothing else is touched. */
#ifndef UP_DAG_EXCHANGE_SIGN_H
#define UP_DAG_EXCHANGE_SIGN_H
#include "dag/record/trust.h"

struct up_sign_count {
    uint64_t results, runs, parts; /* signed, or signed by this key before */
    uint64_t left_out;             /* results and parts that are not this store's own */
};
int up_sign_store(struct up_store *s, const struct up_remotes *keys,
                  const struct up_secret_key *key, struct up_sign_count *c, struct up_err *err);

#endif
