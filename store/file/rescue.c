#include "store/file/rescue.h"
#include "store/base/arena.h"
#include "store/base/err.h"
#include "store/state.h"
#include "store/file/salvage.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct up_rescue {
    struct up_view file;
    struct up_salvage found; /* ordered by database and name */
};

struct up_rescue *up_rescue_new(struct up_view file)
{
    struct up_rescue *r = up_alloc(sizeof *r);
    *r = (struct up_rescue){file, up_salvage_scan(file)};
    return r;
}

void up_rescue_free(struct up_rescue *r)
{
    if (!r)
        return;
    free(r->found.records);
    if (r->file.data)
        (void)munmap((void *)(uintptr_t)r->file.data, r->file.len);
    free(r);
}

static enum up_db place(const struct up_rescue *r, size_t i, struct up_view *name)
{
    struct up_record rec;
    UP_CHECK(up_record_peek(r->found.records[i], &rec) == NULL);
    *name = rec.name;
    return up_record_db(rec.type);
}

/* How many records stand before this place, or in it when `with`. */
static size_t before(const struct up_rescue *r, enum up_db db, struct up_view key, bool with)
{
    size_t low = 0, high = r->found.n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        struct up_view name;
        int c = (int)place(r, mid, &name) - (int)db;
        if (c == 0 && key.len && name.len)
            c = memcmp(name.data, key.data, name.len < key.len ? name.len : key.len);
        if (c == 0)
            c = (name.len > key.len) - (name.len < key.len);
        if (c < 0 || (c == 0 && with))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static int entry(const struct up_rescue *r, enum up_db db, size_t i, struct up_view *key,
                 struct up_view *value)
{
    if (i >= r->found.n || place(r, i, key) != db)
        return UP_ENOTFOUND;
    *value = r->found.records[i];
    return UP_OK;
}

int up_rescue_get(const struct up_rescue *r, enum up_db db, struct up_view key,
                  struct up_view *value)
{
    struct up_view name;
    int rc = entry(r, db, before(r, db, key, false), &name, value);
    return rc == UP_OK && !up_view_equal(name, key) ? UP_ENOTFOUND : rc;
}

int up_rescue_seek(const struct up_rescue *r, enum up_db db, enum up_seek how,
                   struct up_view *key, struct up_view *value)
{
    const struct up_view none = {NULL, 0};
    struct up_view got;
    size_t i = how == UP_SEEK_FIRST   ? before(r, db, none, false)
               : how == UP_SEEK_LAST  ? before(r, (enum up_db)(db + 1), none, false)
               : how == UP_SEEK_AFTER ? before(r, db, *key, true)
                                      : before(r, db, *key, false);
    if (how == UP_SEEK_LAST || how == UP_SEEK_BEFORE)
        i--; /* before the first: past the last of all, where nothing is */
    int rc = entry(r, db, i, &got, value);
    if (rc == UP_OK)
        *key = got;
    return rc;
}

void up_rescue_size(const struct up_rescue *r, struct up_lmdb_size *out)
{
    struct up_view name;
    *out = (struct up_lmdb_size){.file = r->file.len};
    for (size_t i = 0; i < r->found.n; i++) {
        out->entries[place(r, i, &name)]++;
        out->used += r->found.records[i].len;
    }
}
