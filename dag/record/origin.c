#include "dag/record/origin.h"

#include <string.h>

#include "store/base/pack.h"

static const char *const kinds[] = {
    [UP_CAME_UNKNOWN] = "unknown", [UP_CAME_HERE] = "here",   [UP_CAME_REMOTE] = "remote",
    [UP_CAME_FILE] = "file",       [UP_CAME_STORE] = "store",
};

const char *up_whence_text(const struct up_whence *o, struct up_arena *arena)
{
    if (o->from == UP_CAME_HERE)
        return "computed here";
    if (o->from == UP_CAME_UNKNOWN)
        return "unknown origin";
    return up_arena_printf(arena, "%s %s", kinds[o->from], o->name);
}

/* ---- writing ---- */

static void pack_signatures(struct up_buf *out, const struct up_whence *o)
{
    up_pack_str(out, "signatures");
    up_pack_map(out, o->nsignatures);
    for (size_t i = 0; i < o->nsignatures; i++) {
        up_pack_str(out, o->signatures[i].name);
        up_pack_bin(out, o->signatures[i].b, sizeof o->signatures[i].b);
    }
}

static void pack_parts(struct up_buf *out, const struct up_whence *o)
{
    up_pack_str(out, "parts");
    up_pack_list(out, o->nparts);
    for (size_t i = 0; i < o->nparts; i++) {
        up_pack_list(out, 2);
        up_pack_str(out, o->parts[i].name);
        up_pack_str(out, o->parts[i].value);
    }
}

static void pack_trust(struct up_buf *out, const struct up_whence *o)
{
    up_pack_str(out, "trust");
    up_pack_list(out, o->ntrust);
    for (size_t i = 0; i < o->ntrust; i++)
        up_pack_str(out, o->trust[i]);
}

static void pack_origin(struct up_buf *out, const struct up_whence *o)
{
    if (o->from == UP_CAME_REMOTE) {
        up_pack_map(out, 2);
        up_pack_str(out, "remote");
        up_pack_str(out, o->name);
        pack_signatures(out, o);
        return;
    }
    size_t fields = 2;
    fields += o->name != NULL;
    fields += o->nparts != 0;
    fields += o->ntrust != 0;
    up_pack_map(out, fields);
    up_pack_str(out, "kind");
    up_pack_str(out, kinds[o->from]);
    if (o->name) {
        up_pack_str(out, "name");
        up_pack_str(out, o->name);
    }
    if (o->nparts)
        pack_parts(out, o);
    pack_signatures(out, o);
    if (o->ntrust)
        pack_trust(out, o);
}

/* Copies a map without "from"; with `from`, a packed value, in its place. */
static int with_from(struct up_buf *out, struct up_view doc, struct up_view from,
                     struct up_err *err)
{
    struct up_cursor c = up_cursor_of(doc);
    struct up_view key, value;
    const struct up_view name = up_view_str("from");
    size_t n = 0;
    int rc = up_cur_map(&c, &n, err);
    size_t had = rc == UP_OK && up_doc_at(doc, "from", &(struct up_cursor){0}, NULL) == UP_OK;
    bool placed = from.data == NULL;
    if (rc != UP_OK)
        return rc;
    up_pack_map(out, n - had + !placed);
    for (size_t i = 0; rc == UP_OK && i < n; i++) {
        if ((rc = up_cur_str(&c, &key, err)) || (rc = up_cur_raw(&c, &value, err)))
            break;
        if (up_view_equal(key, name))
            continue;
        size_t m = key.len < name.len ? key.len : name.len;
        if (!placed && memcmp(key.data, name.data, m) > 0) {
            up_pack_strn(out, (const char *)name.data, name.len);
            up_pack_raw(out, from);
            placed = true;
        }
        up_pack_strn(out, (const char *)key.data, key.len);
        up_pack_raw(out, value);
    }
    if (rc == UP_OK && !placed) {
        up_pack_strn(out, (const char *)name.data, name.len);
        up_pack_raw(out, from);
    }
    return rc;
}

int up_whence_put(struct up_buf *out, struct up_view record, const struct up_whence *o,
                  struct up_err *err)
{
    struct up_buf from = UP_BUF_INIT;
    pack_origin(&from, o);
    int rc = with_from(out, record, up_buf_view(&from), err);
    up_buf_release(&from);
    return rc;
}

int up_whence_strip(struct up_buf *out, struct up_view record, struct up_err *err)
{
    return with_from(out, record, (struct up_view){NULL, 0}, err);
}

void up_part_wrap(struct up_buf *out, struct up_view part, const struct up_whence *o)
{
    up_pack_map(out, 3);
    up_pack_str(out, "from");
    pack_origin(out, o);
    up_pack_str(out, "part");
    up_pack_bin(out, part.data, part.len);
    up_pack_str(out, "schema");
    up_pack_str(out, "upnas.part/1");
}

/* ---- reading ---- */

static int read_signatures(struct up_whence *o, struct up_arena *arena, struct up_view record,
                           struct up_err *err)
{
    struct up_cursor c;
    if (up_doc_at(record, "from/signatures", &c, NULL) != UP_OK)
        return UP_OK;
    size_t n = 0;
    int rc = up_cur_map(&c, &n, err);
    if (rc == UP_OK && n > UP_VOUCHER_SIGNATURES)
        rc = up_fail(err, UP_EINVAL, "a record with %zu signatures", n);
    struct up_signature *s = UP_NEW(arena, rc ? 0 : n, struct up_signature);
    for (size_t i = 0; rc == UP_OK && i < n; i++) {
        struct up_view name, b;
        if ((rc = up_cur_str(&c, &name, err)) || (rc = up_cur_bin(&c, &b, err)))
            break;
        if (!up_key_name_ok(name) || b.len != UP_SIGN_BYTES)
            return up_fail(err, UP_EINVAL, "a record with a signature that is none");
        memcpy(s[i].name, name.data, name.len);
        memcpy(s[i].b, b.data, b.len);
    }
    o->signatures = s;
    o->nsignatures = rc ? 0 : n;
    return rc;
}

static const char *text_at(struct up_cursor *c, struct up_arena *arena)
{
    struct up_view v;
    return up_cur_str(c, &v, NULL) == UP_OK
               ? up_arena_strndup(arena, (const char *)v.data, v.len)
               : "";
}

static void read_parts(struct up_whence *o, struct up_arena *arena, struct up_view record)
{
    struct up_cursor c;
    size_t n = 0, two;
    if (up_doc_at(record, "from/parts", &c, NULL) || up_cur_list(&c, &n, NULL))
        return;
    struct up_pair *p = UP_NEW(arena, n, struct up_pair);
    for (size_t i = 0; i < n && up_cur_list(&c, &two, NULL) == UP_OK && two == 2; i++) {
        p[i].name = text_at(&c, arena);
        p[i].value = text_at(&c, arena);
        o->nparts = i + 1;
    }
    o->parts = p;
}

static void read_trust(struct up_whence *o, struct up_arena *arena, struct up_view record)
{
    struct up_cursor c;
    size_t n = 0;
    if (up_doc_at(record, "from/trust", &c, NULL) || up_cur_list(&c, &n, NULL))
        return;
    const char **names = UP_NEW(arena, n, const char *);
    for (size_t i = 0; i < n; i++)
        names[i] = text_at(&c, arena);
    o->trust = names;
    o->ntrust = n;
}

static void read_kind(struct up_whence *o, struct up_arena *arena, struct up_view record)
{
    const char *kind = NULL;
    if (up_doc_str(record, "from/remote", arena, &o->name, NULL) == UP_OK) {
        o->from = UP_CAME_REMOTE;
        return;
    }
    o->name = NULL;
    if (up_doc_str(record, "from/kind", arena, &kind, NULL) != UP_OK)
        return;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (i != UP_CAME_REMOTE && !strcmp(kinds[i], kind))
            o->from = (enum up_came)i;
    if ((o->from == UP_CAME_FILE || o->from == UP_CAME_STORE) &&
        up_doc_str(record, "from/name", arena, &o->name, NULL) != UP_OK)
        o->name = "without a name";
}

int up_whence_read(struct up_whence *o, struct up_view record, struct up_arena *arena,
                   struct up_err *err)
{
    *o = (struct up_whence){.from = UP_CAME_UNKNOWN};
    read_kind(o, arena, record);
    read_parts(o, arena, record);
    read_trust(o, arena, record);
    return read_signatures(o, arena, record, err);
}

void up_part_unwrap(struct up_view *part, struct up_whence *o, struct up_view doc,
                    struct up_arena *arena)
{
    struct up_cursor c;
    struct up_view schema, inner;
    *part = doc;
    *o = (struct up_whence){.from = UP_CAME_UNKNOWN};
    if (up_doc_at(doc, "schema", &c, NULL) || up_cur_str(&c, &schema, NULL) ||
        !up_view_equal(schema, up_view_str("upnas.part/1")) ||
        up_doc_at(doc, "part", &c, NULL) || up_cur_bin(&c, &inner, NULL))
        return;
    *part = inner;
    if (up_whence_read(o, doc, arena, NULL) != UP_OK)
        *o = (struct up_whence){.from = UP_CAME_UNKNOWN};
}

/* ---- what is signed ---- */

static struct up_view keep(struct up_arena *a, const struct up_buf *b)
{
    return (struct up_view){(const uint8_t *)up_arena_strndup(a, (const char *)b->data, b->len),
                            b->len};
}

static int plain(struct up_voucher *e, struct up_arena *arena, struct up_view record,
                 struct up_err *err)
{
    struct up_buf value = UP_BUF_INIT;
    struct up_whence o;
    int rc = up_whence_read(&o, record, arena, err);
    if (rc == UP_OK && (rc = up_whence_strip(&value, record, err)) == UP_OK) {
        e->value = keep(arena, &value);
        e->signatures = o.signatures;
        e->nsignatures = o.nsignatures;
    }
    up_buf_release(&value);
    return rc;
}

int up_whence_result_voucher(struct up_voucher *e, struct up_arena *arena,
                             struct up_view key_doc, struct up_view record, struct up_err *err)
{
    struct up_result r;
    int rc = up_result_unpack(&r, arena, record, err);
    if (rc != UP_OK)
        return rc;
    struct up_output *o = UP_NEW(arena, 1, struct up_output);
    *o = (struct up_output){r.digest, r.sha256, r.size};
    *e = (struct up_voucher){.key = key_doc, .outputs = o, .n = 1};
    return plain(e, arena, record, err);
}

int up_whence_run_voucher(struct up_voucher *e, struct up_arena *arena, const char *id,
                          struct up_view doc, struct up_err *err)
{
    struct up_buf key = UP_BUF_INIT;
    up_pack_map(&key, 1);
    up_pack_str(&key, "run");
    up_pack_str(&key, id);
    *e = (struct up_voucher){.key = keep(arena, &key)};
    up_buf_release(&key);
    return plain(e, arena, doc, err);
}

struct up_voucher up_whence_part_voucher(struct up_view key_doc, struct up_view part,
                                         const struct up_whence *o)
{
    return (struct up_voucher){.key = key_doc,
                               .value = part,
                               .signatures = o->signatures,
                               .nsignatures = o->nsignatures};
}

/* ---- what arrives ---- */

const char *up_admit_signer(const struct up_admit *a, const struct up_voucher *e,
                            struct up_arena *arena, struct up_err *err)
{
    const char **names = UP_NEW(arena, a->ntrust + a->keys->nown, const char *);
    struct up_member m = {.trust = names}; /* no remote's */
    for (size_t i = 0; i < a->ntrust; i++) {
        m.trust_any |= !strcmp(a->trust[i], "any");
        names[m.ntrust++] = a->trust[i];
    }
    for (size_t i = 0; i < a->keys->nown; i++)
        names[m.ntrust++] = a->keys->own[i];
    return up_member_accepts(a->keys, &m, e, err);
}

bool up_admit_better(const struct up_admit *a, const char *signer, enum up_came from,
                     const struct up_voucher *ours, struct up_arena *arena)
{
    if (!signer || !*signer || from == UP_CAME_HERE)
        return false;
    const char *own = up_admit_signer(a, ours, arena, NULL);
    return !own || !*own;
}

struct up_whence up_admit_whence(const struct up_admit *a, const struct up_voucher *e)
{
    return (struct up_whence){.from = a->from,
                              .name = a->name,
                              .trust = a->trust,
                              .ntrust = a->ntrust,
                              .signatures = e->signatures,
                              .nsignatures = e->nsignatures};
}
