/* links: up_format */
#include "stages/format/npz.h"
#include "stages/format/table.h"
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_view bytes = {data, size};
    struct up_table_wish wish = {0};
    struct up_table t = {.name = "f", .arena = &arena};
    struct up_npz z;
    struct up_npy a;
    struct up_err err;
    if (!up_npz_open(&z, "f", bytes, &err)) {
        for (size_t i = 0; i < z.count; i++)
            (void)up_npz_get(&z, i, &arena, &a, &err);
        up_npz_release(&z);
        (void)up_table_npz(&t, bytes, &wish, &err);
    }
    up_arena_release(&arena);
    return 0;
}
