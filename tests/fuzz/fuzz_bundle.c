/* links: up_dag
 * The reader of bundles. Checksums stop nearly every mutation, so each record's is made to
 * fit as well. */
#include "dag/exchange/bundle.h"
#include "store/base/arena.h"
#include "store/file/record.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct up_bundle_count c;
    struct up_err err = {""};
    if (up_bundle_check((struct up_view){data, size}, &c, &err) != UP_OK)
        UP_CHECK(err.msg[0]);
    uint8_t *copy = up_alloc(size + 1);
    memcpy(copy, data, size);
    for (size_t at = 8, n; at < size; at += n) {
        n = up_record_length((struct up_view){copy + at, size - at});
        if (!n)
            break;
        up_record_seal(copy + at, n, 0);
    }
    (void)up_bundle_check((struct up_view){copy, size}, &c, NULL);
    free(copy);
    return 0;
}
