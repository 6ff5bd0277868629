/* links: up_store
 * list DIR: the records of a store that can be read whole, one a line: its kind and its name,
 * in hexadecimal digits. Status 1 when the store cannot be opened or a walk over it fails. */
#include "store/base/err.h"
#include "store/sweep.h"

#include <stdio.h>

struct listing {
    struct up_store *store;
    char kind;
};

static int visit(void *ctx, const struct up_seen *seen)
{
    const struct listing *l = ctx;
    struct up_digest d;
    if (l->kind == 'O') {
        for (size_t i = 0; i < sizeof d.b; i++)
            d.b[i] = seen->name.data[i];
        if (!up_store_has(l->store, d))
            return 0;
    }
    (void)printf("%c ", l->kind);
    for (size_t i = 0; i < seen->name.len; i++)
        (void)printf("%02x", seen->name.data[i]);
    (void)printf("\n");
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        int kind;
        char letter;
    } kinds[] = {{UP_STORE_RESULT, 'R'},
                 {UP_STORE_OBJECT, 'O'},
                 {UP_STORE_RUN, 'N'},
                 {UP_STORE_PIN, 'P'}};
    struct up_err err = {""};
    struct listing l = {NULL, 0};
    struct up_store_opts o = {.read_only = true};
    if (argc != 2)
        return 2;
    int rc = up_store_open(&l.store, argv[1], &o, &err);
    for (size_t i = 0; rc == UP_OK && i < sizeof kinds / sizeof *kinds; i++) {
        l.kind = kinds[i].letter;
        rc = up_store_survey(l.store, kinds[i].kind, visit, &l, &err);
    }
    up_store_close(l.store);
    if (rc)
        (void)fprintf(stderr, "%s\n", err.msg);
    return rc != 0;
}
