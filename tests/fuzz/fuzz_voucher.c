/* links: up_store
 * Entries of remotes: bytes that a stranger chose. What is read is written as it was. */
#include "store/base/arena.h"
#include "store/remote/voucher.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take_apart(struct up_view bytes)
{
    struct up_arena a = UP_ARENA_INIT;
    struct up_voucher c, again;
    if (up_voucher_unpack(&c, &a, bytes, NULL) == UP_OK) {
        struct up_buf file = UP_BUF_INIT;
        UP_CHECK(c.n <= UP_VOUCHER_OUTPUTS && c.nsignatures <= UP_VOUCHER_SIGNATURES);
        up_voucher_pack(&file, &c);
        UP_CHECK(up_voucher_unpack(&again, &a, up_buf_view(&file), NULL) == UP_OK);
        UP_CHECK(up_outputs_equal(&c, &again) && up_view_equal(c.value, again.value));
        up_buf_release(&file);
    }
    up_arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    take_apart((struct up_view){data, size});
    if (size < 1 << 14) { /* the same as the document itself, in field 5 */
        struct up_buf file = UP_BUF_INIT;
        const uint8_t head[] = {5 << 3 | 2, (uint8_t)(size | 128), (uint8_t)(size >> 7)};
        up_buf_append(&file, head, sizeof head);
        up_buf_append(&file, data, size);
        take_apart(up_buf_view(&file));
        up_buf_release(&file);
    }
    return 0;
}
