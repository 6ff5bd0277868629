/* links: up_store
 * The record decoder. Checksums stop nearly every mutation, so the input is also
 * tried as a record whose checksum has been made to fit. */
#include "store/base/arena.h"
#include "store/base/err.h"
#include "store/state.h"
#include "store/file/salvage.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take_apart(struct up_view bytes)
{
    struct up_record r;
    struct up_buf out = UP_BUF_INIT;
    if (up_record_decode(bytes, &r) == NULL) {
        UP_CHECK(r.name.data >= bytes.data &&
                 r.stored.data + r.stored.len <= bytes.data + bytes.len);
        if (r.raw_len < 1 << 24 && up_record_value(&r, &out, NULL) == UP_OK)
            UP_CHECK(out.len == r.raw_len);
        (void)up_record_expect(bytes, UP_DB_RUNS, r.name, &r);
        (void)up_format_version(&r);
    }
    up_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    take_apart((struct up_view){data, size});
    if (size >= UP_REC_HEAD + UP_REC_SUM) {
        uint8_t *copy = up_alloc(size);
        memcpy(copy, data, size);
        up_record_seal(copy, size, 1);
        take_apart((struct up_view){copy, size});
        free(copy);
    }
    struct up_salvage s = up_salvage_scan((struct up_view){data, size});
    for (size_t i = 0; i < s.n; i++)
        take_apart(s.records[i]);
    free(s.records);
    return 0;
}
