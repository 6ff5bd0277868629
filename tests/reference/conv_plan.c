/* The sizes that callers of conv.h ask for. */
#include "tests/reference/conv_plan.h"

int up_conv_rows(const struct up_conv *c) { return outputs(c, c->h); }

int up_conv_cols(const struct up_conv *c) { return outputs(c, c->w); }

size_t up_conv_scratch(const struct up_conv *c)
{
    struct up_conv part = part_of(c);
    return plane_scratch(&part) + column_scratch(&part) + 2 * weight_scratch(&part);
}
