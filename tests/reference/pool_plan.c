/* The sizes that callers of pool.h ask for. */
#include "tests/reference/pool_plan.h"

int up_pool_rows(const struct up_pool *p)
{
    return (p->h + 2 * p->pad - p->kernel) / p->stride + 1;
}

int up_pool_cols(const struct up_pool *p)
{
    return (p->w + 2 * p->pad - p->kernel) / p->stride + 1;
}

/* Window sizes [oh][ow], one output plane, one input plane. */
size_t up_pool_scratch(const struct up_pool *p)
{
    return 2 * (size_t)up_pool_rows(p) * (size_t)up_pool_cols(p) + (size_t)p->h * (size_t)p->w;
}
