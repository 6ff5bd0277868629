/* What every saved training has in common. */
#ifndef UP_LEARN_TRAIN_STATE_H
#define UP_LEARN_TRAIN_STATE_H
#include "store/base/buf.h"
#include "store/base/err.h"
#include "store/base/pack.h"

/* The array at `key`, copied; UP_EINVAL unless it has exactly `count` values. */
int up_state_copy(void *to, struct up_view doc, const char *key, enum up_dtype type,
                  size_t count, struct up_err *err);
/* Rate of step i of n on a half cosine from `from` to `to`. */
double up_cosine_rate(double from, double to, int64_t i, int64_t n);

#endif
