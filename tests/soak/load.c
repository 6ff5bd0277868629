/* links: up_store
 * load DIR FROM N: puts N records from the number FROM on, small and large, into a store whose
 * map starts at 64 KiB, and prints each number when its record is there; load DIR check N
 * says which of 0..N-1 are there. Exit 1 with a sentence when the store says no. */
#include "store/base/arena.h"
#include "store/base/rng.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void bytes_of(struct up_buf *b, long i)
{
    struct up_rng r = up_rng_init((uint64_t)i, "load");
    size_t n = i % 9 == 8 ? (1u << 20) + 77 : (size_t)(i % 7) * 3000 + 10;
    up_buf_clear(b);
    for (uint8_t *p = up_buf_reserve(b, n + 4); b->len < n; b->len += 4) {
        uint32_t v = up_rng_u32(&r);
        memcpy(p + b->len, &v, 4);
    }
    b->len = n;
}

int main(int argc, char **argv)
{
    struct up_err err = {""};
    struct up_store *s = NULL;
    struct up_buf b = UP_BUF_INIT, got = UP_BUF_INIT;
    struct up_store_opts o = {.create = true, .map_bytes = 64 << 10};
    if (argc != 4)
        return 2;
    bool check = strcmp(argv[2], "check") == 0;
    long from = check ? 0 : strtol(argv[2], NULL, 10), n = strtol(argv[3], NULL, 10);
    int rc = up_store_open(&s, argv[1], &o, &err);
    for (long i = from; !rc && i < from + n; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "key %ld", i);
        bytes_of(&b, i);
        struct up_digest d = up_digest_of(b.data, b.len);
        if (!check) {
            rc = up_store_put(s, up_buf_view(&b), NULL, NULL, &err);
            if (!rc)
                rc = up_store_result_put(s, up_view_str(key), up_buf_view(&b), &err);
        }
        up_buf_clear(&got);
        if (!rc && up_store_get(s, d, &got, NULL) == UP_OK)
            (void)printf("%ld\n", i);
    }
    up_store_close(s);
    up_buf_release(&b);
    up_buf_release(&got);
    if (rc)
        fprintf(stderr, "%s\n", err.msg);
    return rc != 0;
}
