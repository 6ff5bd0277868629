/* The numbering of the benchmark: print_order.c prints the two tables. */
#include "stages/space/nb201/nb201.h"

#include "nb201_order.inc"

void up_nb201_at(struct up_arch *out, uint64_t index)
{
    UP_CHECK(index < NB_CELLS);
    unsigned code = nb201_code_of[index];
    *out = (struct up_arch){.len = NB_EDGES};
    for (int e = NB_EDGES - 1; e >= 0; e--) {
        out->gene[e] = (uint8_t)(code % NB_OPS);
        code /= NB_OPS;
    }
}

uint64_t up_nb201_index(const struct up_arch *a)
{
    unsigned code = 0;
    for (int e = 0; e < NB_EDGES; e++) {
        UP_CHECK(a->gene[e] < NB_OPS);
        code = code * NB_OPS + a->gene[e];
    }
    return nb201_index_of[code];
}
