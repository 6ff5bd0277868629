/* Reads and writes the JSON files of zero-cost scores that NASLib exchanges. */
#include "stages/format/naslib.h"
#include "stages/format/json.h"
#include "store/base/arena.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 1024 };

struct reader {
    struct up_json j;
    struct up_naslib_field field[FIELDS];
    size_t n;
    struct up_buf names; /* of the fields of one row, NUL-terminated, one after the other */
    size_t name_at[FIELDS];
    char *dataset, *arch;
    up_naslib_visit *visit;
    void *ctx;
};

static char *copy(struct up_view v)
{
    char *s = up_alloc(v.len + 1);
    if (v.len)
        memcpy(s, v.data, v.len);
    return s;
}

static bool is(struct up_view v, const char *s) { return up_view_equal(v, up_view_str(s)); }

/* A number or null after the key `what`. */
static int number(struct reader *r, const struct up_json_token *t, double *v, const char *what,
                  struct up_err *err)
{
    *v = NAN;
    if (t->kind == UP_JSON_NUMBER)
        *v = t->number;
    else if (t->kind != UP_JSON_NULL)
        return up_json_fail(&r->j, t, err,
                            "%s of %s is %s, not a number; write the number without "
                            "quotes, or NaN",
                            what, r->arch, up_json_kind_name(t->kind));
    return UP_OK;
}

/* {"score": x, "time": s}, the opening brace read; other keys are skipped. */
static int proxy(struct reader *r, struct up_naslib_field *f, struct up_err *err)
{
    struct up_json_token key, t;
    int rc;
    bool score = false;
    f->proxy = true;
    while (!(rc = up_json_next(&r->j, &key, err)) && key.kind == UP_JSON_KEY) {
        bool is_score = is(key.text, "score"), is_time = is(key.text, "time");
        if (!is_score && !is_time)
            rc = up_json_skip(&r->j, &key, err);
        else if (!(rc = up_json_next(&r->j, &t, err)))
            rc = number(r, &t, is_score ? &f->value : &f->time, is_score ? "a score" : "a time",
                        err);
        if (rc)
            return rc;
        if (is_score) {
            score = true;
            f->line = t.line;
            f->column = t.column;
        }
    }
    if (!rc && !score)
        rc = up_json_fail(&r->j, &key, err, "a proxy of %s has no \"score\"", r->arch);
    return rc;
}

/* One key of an architecture: a proxy, a bare number, or something to skip. */
static int field(struct reader *r, const struct up_json_token *key, struct up_err *err)
{
    struct up_json_token t;
    if (r->n == FIELDS)
        return up_json_fail(&r->j, key, err, "more than %d fields in one architecture", FIELDS);
    struct up_naslib_field *f = &r->field[r->n];
    *f = (struct up_naslib_field){.value = NAN, .time = NAN};
    r->name_at[r->n] = r->names.len;
    up_buf_append(&r->names, key->text.data, key->text.len);
    up_buf_append(&r->names, "", 1);
    int rc = up_json_next(&r->j, &t, err);
    if (rc)
        return rc;
    f->line = t.line;
    f->column = t.column;
    if (t.kind == UP_JSON_OBJECT) {
        r->n++;
        return proxy(r, f, err);
    }
    if (t.kind == UP_JSON_NUMBER || t.kind == UP_JSON_NULL) {
        r->n++;
        return number(r, &t, &f->value, "a value", err);
    }
    return up_json_skip(&r->j, &t, err);
}

static int architecture(struct reader *r, const struct up_json_token *key, struct up_err *err)
{
    struct up_json_token t;
    r->n = 0;
    up_buf_clear(&r->names);
    r->arch = copy(key->text);
    int rc = up_json_want(&r->j, UP_JSON_OBJECT, &t, "the value of an architecture", err);
    while (!rc && !(rc = up_json_next(&r->j, &t, err)) && t.kind == UP_JSON_KEY)
        rc = field(r, &t, err);
    if (!rc) {
        for (size_t i = 0; i < r->n; i++)
            r->field[i].name = (const char *)r->names.data + r->name_at[i];
        struct up_naslib_row row = {r->dataset,  r->arch, key->line,
                                    key->column, r->n,    r->field};
        rc = r->visit(r->ctx, &row, err);
    }
    free(r->arch);
    r->arch = NULL;
    return rc;
}

static int dataset(struct reader *r, const struct up_json_token *key, struct up_err *err)
{
    struct up_json_token t;
    r->dataset = copy(key->text);
    int rc = up_json_want(&r->j, UP_JSON_OBJECT, &t, "the value of a dataset", err);
    while (!rc && !(rc = up_json_next(&r->j, &t, err)) && t.kind == UP_JSON_KEY)
        rc = architecture(r, &t, err);
    free(r->dataset);
    r->dataset = NULL;
    return rc;
}

int up_naslib_read(const char *name, struct up_view bytes, up_naslib_visit *visit, void *ctx,
                   struct up_err *err)
{
    struct up_json_token t;
    struct reader *r = up_alloc(sizeof *r);
    r->visit = visit;
    r->ctx = ctx;
    up_json_init(&r->j, name, bytes);
    int rc = up_json_want(&r->j, UP_JSON_OBJECT, &t, "the whole of a NASLib file", err);
    while (!rc && !(rc = up_json_next(&r->j, &t, err)) && t.kind == UP_JSON_KEY)
        rc = dataset(r, &t, err);
    if (!rc)
        rc = up_json_next(&r->j, &t, err); /* nothing may follow */
    up_json_release(&r->j);
    up_buf_release(&r->names);
    free(r);
    return rc;
}

void up_naslib_begin(struct up_naslib_out *o, struct up_buf *out)
{
    up_jw_init(&o->w, out, 0);
    o->dataset = false;
    up_jw_object(&o->w);
}

void up_naslib_dataset(struct up_naslib_out *o, const char *name)
{
    if (o->dataset)
        up_jw_end(&o->w);
    o->dataset = true;
    up_jw_key(&o->w, name);
    up_jw_object(&o->w);
}

void up_naslib_arch(struct up_naslib_out *o, const struct up_naslib_entry *e)
{
    up_jw_key(&o->w, e->arch);
    up_jw_object(&o->w);
    if (e->idx)
        up_jw_key_str(&o->w, "idx", e->idx);
    up_jw_key_str(&o->w, "arch", e->arch);
    if (e->accuracy == e->accuracy)
        up_jw_key_real(&o->w, "val_accuracy", e->accuracy);
    for (size_t i = 0; i < e->n; i++) {
        double score = e->scores[i], time = e->times ? e->times[i] : 0;
        up_jw_key(&o->w, e->names[i]);
        up_jw_object(&o->w);
        up_jw_key_real(&o->w, "score", isfinite(score) ? score : -1e8);
        up_jw_key_real(&o->w, "time", isfinite(time) ? time : 0.0);
        up_jw_end(&o->w);
    }
    up_jw_end(&o->w);
}

void up_naslib_end(struct up_naslib_out *o)
{
    if (o->dataset)
        up_jw_end(&o->w);
    up_jw_end(&o->w);
}
