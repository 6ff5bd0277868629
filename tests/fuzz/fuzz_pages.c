/* links: up_store
 * The page walk over arbitrary bytes: no read outside them, and an end. A file
 * that passes twice says the same twice. */
#include "store/base/err.h"
#include "store/file/pages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sum {
    struct up_view file;
    uint64_t records, bytes;
};

static void see(void *ctx, struct up_view tree, struct up_view key, struct up_view value,
                bool in_leaf)
{
    struct sum *s = ctx;
    UP_CHECK(key.len == 0 || (key.data >= s->file.data && tree.data >= s->file.data));
    UP_CHECK(value.len == 0 || value.data + value.len <= s->file.data + s->file.len);
    s->records++;
    for (size_t i = 0; i < key.len; i++)
        s->bytes += key.data[i];
    for (size_t i = 0; i < value.len; i++)
        s->bytes += value.data[i];
    s->bytes += in_leaf;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct up_err err = {""};
    struct sum a = {.file = {data, size}}, b = a;
    int first = up_pages_walk(a.file, see, &a, &err);
    int second = up_pages_walk(b.file, see, &b, &err);
    UP_CHECK(first == second && a.records == b.records && a.bytes == b.bytes);
    return 0;
}
