/* Reads NumPy's .npz archives: zip files of .npy arrays. */
#include "stages/format/npz.h"
#include <stdlib.h>
#include <string.h>
#include <zip.h>

static int not_zip(const char *name, const char *why, struct up_err *err)
{
    return up_fail(
        err, UP_EINVAL,
        "%s: not a whole .npz file (%s); copy it again or write it again with numpy.savez",
        name, why);
}

static int open_zip(struct up_npz *z, struct up_view bytes, struct up_err *err)
{
    zip_error_t e;
    zip_error_init(&e);
    zip_source_t *src = zip_source_buffer_create(bytes.data, bytes.len, 0, &e);
    UP_CHECK(src);
    z->zip = zip_open_from_source(src, ZIP_RDONLY | ZIP_CHECKCONS, &e);
    int rc = UP_OK;
    if (!z->zip) {
        zip_source_free(src);
        rc = not_zip(z->name, zip_error_strerror(&e), err);
    }
    zip_error_fini(&e);
    return rc;
}

static int list(struct up_npz *z, struct up_err *err)
{
    zip_int64_t n = zip_get_num_entries(z->zip, 0);
    if (n < 0 || n > UP_NPZ_ENTRIES)
        return up_fail(
            err, UP_EINVAL,
            "%s: %lld members; at most %d are read: write the arrays that are needed to a file "
            "of their own",
            z->name, (long long)n, UP_NPZ_ENTRIES);
    z->entry = up_alloc((size_t)n * sizeof *z->entry + 1);
    for (zip_int64_t i = 0; i < n; i++) {
        const char *s = zip_get_name(z->zip, (zip_uint64_t)i, ZIP_FL_ENC_RAW);
        size_t len = s ? strlen(s) : 0;
        if (len < 4 || strcmp(s + len - 4, ".npy"))
            continue;
        struct up_npz_entry *e = &z->entry[z->count++];
        e->at = (uint64_t)i;
        e->name = up_strdup(s);
        e->name[len - 4] = '\0';
    }
    return UP_OK;
}

int up_npz_open(struct up_npz *z, const char *name, struct up_view bytes, struct up_err *err)
{
    memset(z, 0, sizeof *z);
    z->name = name;
    z->bytes = bytes.len;
    if (bytes.len < 22)
        return not_zip(name, "too short", err);
    int rc = open_zip(z, bytes, err);
    if (!rc)
        rc = list(z, err);
    if (rc)
        up_npz_release(z);
    return rc;
}

void up_npz_release(struct up_npz *z)
{
    for (size_t i = 0; i < z->count; i++)
        free(z->entry[i].name);
    free(z->entry);
    if (z->zip)
        zip_discard(z->zip);
    memset(z, 0, sizeof *z);
}

/* Deflate makes at most 1,032 bytes of one; a header that claims more lies. */
static int member_size(struct up_npz *z, size_t i, size_t *size, struct up_err *err)
{
    zip_stat_t st;
    zip_stat_init(&st);
    if (zip_stat_index(z->zip, z->entry[i].at, 0, &st) || !(st.valid & ZIP_STAT_SIZE) ||
        !(st.valid & ZIP_STAT_COMP_SIZE))
        return not_zip(z->name, "a member without a size", err);
    if (st.encryption_method != ZIP_EM_NONE)
        return up_fail(err, UP_EUNSUPPORTED,
                       "%s: member %s is encrypted; write it again with numpy.savez", z->name,
                       z->entry[i].name);
    if (st.comp_size > z->bytes || st.size / 1040 > st.comp_size + 64)
        return not_zip(z->name, "a member claims an impossible size", err);
    if (st.size > ((uint64_t)UP_NPZ_GIB << 30) - z->taken)
        return up_fail(err, UP_EINVAL,
                       "%s: its arrays hold more than %d GiB, the most that is read of one "
                       "file; write the arrays that are needed to a file of their own",
                       z->name, UP_NPZ_GIB);
    z->taken += st.size;
    *size = (size_t)st.size;
    return UP_OK;
}

/* Reading to the very end makes libzip check the member's CRC. */
static int read_member(struct up_npz *z, size_t i, uint8_t *out, size_t size,
                       struct up_err *err)
{
    zip_file_t *f = zip_fopen_index(z->zip, z->entry[i].at, 0);
    if (!f)
        return not_zip(z->name, zip_strerror(z->zip), err);
    size_t got = 0;
    zip_int64_t n = 0;
    while (got < size && (n = zip_fread(f, out + got, size - got)) > 0)
        got += (size_t)n;
    uint8_t more;
    int rc = UP_OK;
    if (got < size || n < 0 || zip_fread(f, &more, 1) != 0)
        rc = up_fail(err, UP_EINVAL,
                     "%s: member %s does not match its checksum or size; copy the file again",
                     z->name, z->entry[i].name);
    zip_fclose(f);
    return rc;
}

int up_npz_get(struct up_npz *z, size_t i, struct up_arena *arena, struct up_npy *out,
               struct up_err *err)
{
    UP_CHECK(i < z->count);
    size_t size = 0;
    int rc = member_size(z, i, &size, err);
    if (rc)
        return rc;
    uint8_t *bytes = up_arena_alloc(arena, size);
    if ((rc = read_member(z, i, bytes, size, err)))
        return rc;
    const char *where = up_arena_printf(arena, "%s, member %s", z->name, z->entry[i].name);
    return up_npy_read(out, where, (struct up_view){bytes, size}, arena, err);
}
