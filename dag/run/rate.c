#include "dag/run/rate.h"

enum { WINDOW_MS = 30000, UNITS = 20, SPACING_MS = 500 };

static struct up_rate_sample *sample(struct up_rate *r, size_t i)
{
    return &r->at[(r->first + i) % UP_RATE_SAMPLES];
}

static void drop_first(struct up_rate *r)
{
    r->first = (r->first + 1) % UP_RATE_SAMPLES;
    r->n--;
}

double up_rate_add(struct up_rate *r, uint64_t ms, uint64_t done)
{
    const struct up_rate_sample *last = r->n ? sample(r, r->n - 1) : NULL;
    if (!last || (done > last->done && ms >= last->ms + SPACING_MS)) {
        if (r->n == UP_RATE_SAMPLES)
            drop_first(r);
        *sample(r, r->n++) = (struct up_rate_sample){ms, done};
    }
    while (r->n > 2 && ms >= sample(r, 1)->ms + WINDOW_MS && done >= sample(r, 1)->done + UNITS)
        drop_first(r);
    const struct up_rate_sample *from = sample(r, 0);
    if (ms <= from->ms || done <= from->done)
        return 0;
    return (double)(done - from->done) * 1000.0 / (double)(ms - from->ms);
}
