#include "stages/learn/train_state.h"

#include <math.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

int up_state_copy(void *to, struct up_view doc, const char *key, enum up_dtype type,
                  size_t count, struct up_err *err)
{
    struct up_cursor c;
    struct up_array a;
    int rc = up_doc_at(doc, key, &c, err);
    if (!rc)
        rc = up_cur_array(&c, &a, err);
    if (!rc && (a.type != type || a.count != count))
        rc = up_fail(err, UP_EINVAL, "\"%s\" of the saved training has another size", key);
    if (!rc)
        memcpy(to, a.data, count * up_dtype_size(type));
    return rc;
}

double up_cosine_rate(double from, double to, int64_t i, int64_t n)
{
    if (n < 2)
        return from;
    return to + (from - to) * 0.5 * (1 + cos(pi * (double)i / (double)(n - 1)));
}
