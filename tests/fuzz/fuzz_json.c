/* links: up_format
 * The NASLib reader, and through it the JSON tokens. */
#include "stages/format/naslib.h"
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int visit(void *ctx, const struct up_naslib_row *row, struct up_err *err)
{
    size_t *fields = ctx;
    (void)err;
    for (size_t i = 0; i < row->n; i++)
        *fields += row->field[i].name[0] != 0;
    return UP_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct up_err err;
    size_t fields = 0;
    (void)up_naslib_read("f", (struct up_view){data, size}, visit, &fields, &err);
    return 0;
}
