/* The sizes that callers of pass.h ask for. */
#include "tests/reference/pass_plan.h"

size_t up_pass_scratch(const struct up_program *p, int n)
{
    size_t most = 0;
    for (int i = 0; i < p->ops; ++i) {
        size_t need = op_scratch(p, &p->op[i], n);
        most = need > most ? need : most;
    }
    return most;
}
