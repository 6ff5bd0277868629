#include "store/file/inspect.h"
#include "store/base/arena.h"
#include "store/base/err.h"
#include "store/base/regular.h"
#include "store/state.h"
#include "store/file/pages.h"
#include "store/file/salvage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ALL_AT_ONCE = 128 << 20 }; /* below that, mapping all pages at once is quicker */

struct look {
    struct up_inspection *in;
    enum up_db db;  /* the database at hand */
    unsigned known; /* one bit for each of our databases */
    bool foreign;   /* a database of a name we do not know */
    size_t cap;
};

static enum up_db db_named(struct up_view name)
{
    int db = 0;
    while (db < UP_DB_COUNT && !up_view_equal(name, up_view_str(up_db_name((enum up_db)db))))
        db++;
    return (enum up_db)db;
}

static void note_misfit(struct look *l, struct up_view key)
{
    struct up_inspection *in = l->in;
    if (in->n == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 16;
        in->misfits = up_realloc(in->misfits, l->cap * sizeof *in->misfits);
    }
    struct up_misfit *m = &in->misfits[in->n++];
    *m = (struct up_misfit){.db = l->db};
    up_buf_append(&m->key, key.data, key.len);
}

static void look_at(void *ctx, struct up_view tree, struct up_view key, struct up_view value,
                    bool in_leaf)
{
    struct look *l = ctx;
    struct up_record r;
    if (key.len == 0) {
        l->db = db_named(tree);
        l->known |= 1u << l->db;
        l->foreign |= l->db == UP_DB_COUNT;
    }
    if (key.len == 0 || l->db == UP_DB_COUNT)
        return;
    const char *why = in_leaf ? up_record_expect(value, l->db, key, &r)
                              : up_record_expect_head(value, l->db, key);
    if (why)
        note_misfit(l, key);
    else if (l->db == UP_DB_META && in_leaf && r.type == UP_REC_FORMAT)
        l->in->format = up_format_version(&r);
}

static int map_file(struct up_inspection *in, const char *path, struct up_err *err)
{
    struct stat st = {.st_size = 0};
    const char *why;
    int rc = UP_OK, fd = up_regular_open(path, &st, &why);
    if (fd < 0) {
        rc = up_fail(err, errno == ENOENT ? UP_ENOTFOUND : UP_EIO,
                     "cannot read the store's file %s: %s", path, why);
    } else if (st.st_size > 0) {
        int ahead = st.st_size <= ALL_AT_ONCE ? MAP_POPULATE : 0;
        void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED | ahead, fd, 0);
        if (p == MAP_FAILED)
            rc = up_fail_errno(err, "cannot map the store's file %s", path);
        else
            in->file = (struct up_view){p, (size_t)st.st_size};
    }
    if (fd >= 0)
        (void)close(fd);
    return rc;
}

/* The format of a file whose trees cannot be trusted. */
static int64_t format_anywhere(struct up_view file)
{
    struct up_salvage s = up_salvage_scan(file);
    struct up_record r;
    int64_t format = 0;
    for (size_t i = 0; i < s.n; i++)
        if (up_record_peek(s.records[i], &r) == NULL && r.type == UP_REC_FORMAT)
            format = up_format_version(&r);
    free(s.records);
    return format;
}

/* A newer format may have other databases; in ours a wrong name is damage. */
static int check_names(const struct look *l, struct up_err *err)
{
    bool all = (l->known | 1u << UP_DB_COUNT) == (2u << UP_DB_COUNT) - 1;
    if (l->in->format > UP_STORE_FORMAT || (all && !l->foreign))
        return UP_OK;
    return up_fail(err, UP_ECORRUPT, "the databases in it are not those of a store");
}

int up_inspect(struct up_inspection *in, const char *dir, struct up_err *err)
{
    struct up_buf path = UP_BUF_INIT;
    struct look l = {.in = in, .db = UP_DB_COUNT};
    *in = (struct up_inspection){.format = 0};
    up_buf_printf(&path, "%s/data.mdb", dir);
    int rc = map_file(in, up_buf_str(&path), err);
    if (rc == UP_OK)
        rc = up_pages_walk(in->file, look_at, &l, err);
    if (rc == UP_OK)
        rc = check_names(&l, err);
    if (rc == UP_ECORRUPT)
        in->format = format_anywhere(in->file);
    up_buf_release(&path);
    return rc;
}

void up_inspect_release(struct up_inspection *in)
{
    if (in->file.data)
        (void)munmap((void *)(uintptr_t)in->file.data, in->file.len);
    for (size_t i = 0; i < in->n; i++)
        up_buf_release(&in->misfits[i].key);
    free(in->misfits);
    *in = (struct up_inspection){.format = 0};
}
