/* links: up_format */
#include "stages/format/npy.h"
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_npy a;
    struct up_err err;
    struct up_buf text = UP_BUF_INIT;
    char say[160];
    if (up_npy_read(&a, "f", (struct up_view){data, size}, &arena, &err))
        return 0;
    (void)up_npy_describe(&a, say);
    double sum = 0;
    /* A text array of no items, or of a dimension 0, has nothing to read. */
    for (size_t i = 0; i < a.count; i++)
        if (a.chars)
            up_npy_text(&a, i, &text);
        else
            sum += up_npy_real(&a, i) + (double)up_npy_int(&a, i);
    (void)sum;
    up_buf_release(&text);
    up_arena_release(&arena);
    return 0;
}
