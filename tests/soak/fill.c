/* links: up_dag
 * fill DIR N: a store of N results of one artifact each, as a stage of an older graph would
 * have left them; for measuring how the size of a store shows. */
#include "dag/record/record.h"
#include "store/base/err.h"
#include "store/base/pack.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

static int put_one(struct up_store *s, long i, struct up_err *err)
{
    struct up_buf value = UP_BUF_INIT, key = UP_BUF_INIT, record = UP_BUF_INIT;
    struct up_pair pairs[] = {{"host", "somewhere"}, {"compiler", "gcc 12.2.0"}, {"user", "u"}};
    struct up_result r = {.stage = "old",
                          .version = 1,
                          .run = "20260101-000000.000-abcdef",
                          .started = "2026-01-01T00:00:00.000Z",
                          .finished = "2026-01-01T00:00:01.000Z",
                          .seconds = 1,
                          .provenance = pairs,
                          .nprovenance = 3};
    up_pack_map(&value, 1);
    up_pack_str(&value, "number");
    up_pack_int(&value, i);
    up_pack_map(&key, 2);
    up_pack_str(&key, "number");
    up_pack_int(&key, i);
    up_pack_str(&key, "stage");
    up_pack_str(&key, "old");
    r.size = value.len;
    int rc = up_store_put(s, up_buf_view(&value), &r.digest, &r.sha256, err);
    up_result_pack(&record, &r);
    if (!rc)
        rc = up_store_result_put(s, up_buf_view(&key), up_buf_view(&record), err);
    up_buf_release(&value);
    up_buf_release(&key);
    up_buf_release(&record);
    return rc;
}

int main(int argc, char **argv)
{
    struct up_err err = {""};
    struct up_store *s = NULL;
    struct up_store_opts o = {.create = true};
    if (argc != 3)
        return fprintf(stderr, "usage: %s DIR N\n", argv[0]) < 0 ? 1 : 2;
    int rc = up_store_open(&s, argv[1], &o, &err);
    for (long i = 0; !rc && i < strtol(argv[2], NULL, 10); i++)
        rc = put_one(s, i, &err);
    up_store_close(s);
    if (rc)
        fprintf(stderr, "%s\n", err.msg);
    return rc != 0;
}
