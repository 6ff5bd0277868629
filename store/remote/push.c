/* Handing a result over: its outputs first, the entry that names them last. */
#include "store/remote/download.h"
#include "store/remote/remotes.h"
#include "store/store.h"

#include <string.h>

struct push {
    struct up_remotes *rs;
    struct up_remote *to;
    const struct up_member *m;
    struct up_store *from;
    const struct up_push_opts *o;
    struct up_push_count *c;
};

/* ---- outputs ---- */

/* UP_OK: it is there; UP_ENOTFOUND: it must be put. */
static int is_there(struct push *p, const struct up_output *o, struct up_err *err)
{
    uint64_t size = 0;
    int rc;
    if (p->o->repair) {
        rc = up_remote_check(p->to, o->sha, o->size, err);
        return rc == UP_ECORRUPT || rc == UP_EINVAL ? UP_ENOTFOUND : rc;
    }
    rc = up_remote_head(p->to, (struct up_object_name){UP_AREA_CAS, o->sha}, &size, err);
    return rc == UP_OK && size != o->size ? UP_ENOTFOUND : rc;
}

static int put_output(struct push *p, const struct up_output *o, struct up_err *err)
{
    struct up_buf bytes = UP_BUF_INIT;
    int rc = is_there(p, o, err);
    p->c->objects_had += rc == UP_OK;
    if (rc != UP_ENOTFOUND)
        return rc;
    rc = p->o->dry ? UP_OK : up_store_get(p->from, o->digest, &bytes, err);
    if (rc == UP_OK && !p->o->dry)
        rc = up_remote_put(p->to, (struct up_object_name){UP_AREA_CAS, o->sha},
                           up_buf_view(&bytes), o->sha, err);
    up_buf_release(&bytes);
    if (rc == UP_OK) {
        p->c->objects++;
        p->c->bytes += o->size;
    }
    return rc;
}

/* ---- the entry ---- */

/* Signatures of both, where both vouch for the same: by name, ours before theirs. Too many
 * to keep: ours alone. Returns whether that is more than what is there. */
static bool join(struct up_voucher *e, const struct up_voucher *there, struct up_arena *arena)
{
    struct up_signature *s =
        UP_NEW(arena, e->nsignatures + there->nsignatures, struct up_signature);
    size_t n = 0, i = 0, k = 0;
    bool more = false;
    while (i < e->nsignatures || k < there->nsignatures) {
        int c = i == e->nsignatures ? 1
                : k == there->nsignatures
                    ? -1
                    : strcmp(e->signatures[i].name, there->signatures[k].name);
        more |= c < 0 || (c == 0 && memcmp(e->signatures[i].b, there->signatures[k].b,
                                           sizeof e->signatures[i].b) != 0);
        s[n++] = c <= 0 ? e->signatures[i] : there->signatures[k];
        i += c <= 0;
        k += c >= 0;
    }
    if (n <= UP_VOUCHER_SIGNATURES) {
        e->signatures = s;
        e->nsignatures = n;
    }
    return more;
}

enum verdict { WRITE, LEAVE, DIFFER };

/* What is there decides; one that cannot be read or is not acceptable is replaced. */
static enum verdict compare(struct push *p, struct up_voucher *e, struct up_view file,
                            struct up_arena *arena)
{
    struct up_voucher there;
    struct up_err why = {""};
    if (up_voucher_unpack(&there, arena, file, &why) != UP_OK ||
        !up_view_equal(there.key, e->key))
        return WRITE;
    if (up_outputs_equal(&there, e) && up_view_equal(there.value, e->value) &&
        (there.nsignatures || e->nsignatures))
        return join(e, &there, arena) ? WRITE : LEAVE;
    if (!up_member_accepts(p->rs, p->m, &there, &why))
        return WRITE;
    return up_outputs_equal(&there, e) ? LEAVE : DIFFER;
}

static int look(struct push *p, struct up_voucher *e, struct up_object_name name,
                struct up_arena *arena, enum verdict *v, struct up_err *err)
{
    struct up_buf file = UP_BUF_INIT;
    int rc = up_remote_read(p->to, name, UP_VOUCHER_MAX, &file, err);
    *v = WRITE;
    if (rc == UP_OK)
        *v = compare(p, e, up_buf_view(&file), arena);
    up_buf_release(&file);
    return rc == UP_ENOTFOUND || rc == UP_EINVAL ? UP_OK : rc;
}

static int put_entry(struct push *p, const struct up_voucher *e, struct up_object_name name,
                     struct up_err *err)
{
    struct up_buf file = UP_BUF_INIT;
    int rc = UP_OK;
    up_voucher_pack(&file, e);
    if (file.len > UP_VOUCHER_MAX)
        rc = up_fail(err, UP_EINVAL, "a record of %zu bytes is too large for a remote",
                     e->value.len);
    else if (!p->o->dry)
        rc = up_remote_put(p->to, name, up_buf_view(&file), up_sha256_of(file.data, file.len),
                           err);
    up_buf_release(&file);
    return rc;
}

int up_remotes_push(struct up_remotes *rs, struct up_member *to, struct up_store *from,
                    struct up_voucher e, const struct up_push_opts *opts,
                    struct up_push_count *count, struct up_err *err)
{
    struct push p = {rs, to->remote, to, from, opts, count};
    const struct up_object_name name = {UP_AREA_AC, up_sha256_of(e.key.data, e.key.len)};
    struct up_arena arena = UP_ARENA_INIT;
    enum verdict v;
    int rc = look(&p, &e, name, &arena, &v, err);
    for (size_t i = 0; rc == UP_OK && v != DIFFER && i < e.n; i++)
        rc = put_output(&p, &e.outputs[i], err);
    if (rc == UP_OK && v == WRITE)
        rc = put_entry(&p, &e, name, err);
    if (rc == UP_OK) {
        count->entries += v == WRITE;
        count->entries_had += v != WRITE;
        count->differ += v == DIFFER;
    }
    up_arena_release(&arena);
    return rc;
}
