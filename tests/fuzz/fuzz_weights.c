/* links: up_stages
 * Weights of proxies: JSON of several forms, and CSV. */
#include "stages/lambda/weights.h"
#include <math.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_lambda_weights w;
    struct up_err err;
    if (!up_lambda_weights_read(&w, "f", (struct up_view){data, size}, &arena, &err)) {
        UP_CHECK(w.n > 0 && w.n <= UP_LAMBDA_WEIGHTS_MAX);
        for (size_t i = 0; i < w.n; i++)
            UP_CHECK(isfinite(w.value[i]) && w.name[i][0]);
    }
    up_arena_release(&arena);
    return 0;
}
