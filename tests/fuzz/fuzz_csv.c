/* links: up_format
 * Any benchmark file, the format found by content: CSV mostly; and a file of architectures. */
#include "stages/format/csv.h"
#include "stages/format/table.h"
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_table_wish wish = {0};
    struct up_table t;
    struct up_csv c;
    struct up_err err;
    if (!up_csv_open(&c, "f", (struct up_view){data, size}, &err)) {
        while (!up_csv_next(&c, &err))
            UP_CHECK(up_csv_field(&c, c.columns - 1).len <= size);
        up_csv_release(&c);
    }
    (void)up_table_read(&t, "f", (struct up_view){data, size}, &wish, &arena, &err);
    wish.archs = true;
    if (!up_table_read(&t, "f", (struct up_view){data, size}, &wish, &arena, &err))
        UP_CHECK(!t.columns && !t.cells && t.rows <= size);
    up_arena_release(&arena);
    return 0;
}
