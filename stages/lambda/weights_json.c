/* Weights of proxies from a JSON text, in each of the forms that weights.h lists. */
#include "stages/format/json.h"
#include "stages/lambda/weights.h"
#include <string.h>

struct reader {
    struct up_json j;
    struct up_arena *arena;
    struct up_lambda_weights *w;   /* of "weights" */
    struct up_lambda_weights flat; /* numbers beside each other, should there be no "weights" */
    bool found;                    /* "weights" was there */
    size_t n_names, n_values;
    const char **name; /* of "names" */
    double *value;     /* of "weights", when it is a list */
    const char *other; /* the sentence on the first value that is no number, or NULL */
};

static bool is_word(struct up_view v, const char *word)
{
    return v.len == strlen(word) && !memcmp(v.data, word, v.len);
}

static const char *place_of(const struct reader *r, const struct up_json_token *t)
{
    return up_arena_printf(r->arena, "%s:%zu:%zu", r->j.name, t->line, t->column);
}

/* An object of numbers, after its '{'. */
static int read_map(struct reader *r, struct up_err *err)
{
    struct up_json_token t;
    int rc;
    while (!(rc = up_json_next(&r->j, &t, err)) && t.kind == UP_JSON_KEY) {
        struct up_view key = {
            (const uint8_t *)up_arena_strndup(r->arena, (const char *)t.text.data, t.text.len),
            t.text.len};
        rc = up_json_want(&r->j, UP_JSON_NUMBER, &t, "the weight of a proxy", err);
        if (!rc)
            rc = up_lambda_weights_add(r->w, key, t.number, place_of(r, &t), r->arena, err);
        if (rc)
            return rc;
    }
    return rc;
}

/* A list of numbers or, where names is true, of words. */
static int read_list(struct reader *r, bool names, struct up_err *err)
{
    struct up_json_token t;
    size_t *n = names ? &r->n_names : &r->n_values;
    int rc;
    *n = 0;
    while (!(rc = up_json_next(&r->j, &t, err)) && t.kind != UP_JSON_LIST_END) {
        if (t.kind != (names ? UP_JSON_STRING : UP_JSON_NUMBER))
            return up_json_fail(&r->j, &t, err, "%s here must be %s", up_json_kind_name(t.kind),
                                names ? "the name of a proxy" : "a number");
        if (*n == UP_LAMBDA_WEIGHTS_MAX)
            return up_json_fail(&r->j, &t, err, "more than %d of them", UP_LAMBDA_WEIGHTS_MAX);
        if (names)
            r->name[*n] = up_arena_strndup(r->arena, (const char *)t.text.data, t.text.len);
        else
            r->value[*n] = t.number;
        ++*n;
    }
    return rc;
}

static int read_object(struct reader *r, bool inner, struct up_err *err);

static int read_weights(struct reader *r, const struct up_json_token *key,
                        const struct up_json_token *t, struct up_err *err)
{
    if (r->found)
        return up_json_fail(&r->j, key, err, "weights are here twice; keep one of them");
    r->found = true;
    return t->kind == UP_JSON_OBJECT ? read_map(r, err) : read_list(r, false, err);
}

/* A value beside others, which is a weight should there be no "weights". */
static int read_flat(struct reader *r, struct up_view key, const struct up_json_token *t,
                     struct up_err *err)
{
    struct up_err local;
    if (t->kind == UP_JSON_NUMBER) {
        if (up_lambda_weights_add(&r->flat, key, t->number, place_of(r, t), r->arena, &local) &&
            !r->other)
            r->other = up_arena_strdup(r->arena, local.msg);
        return UP_OK;
    }
    if (!r->other && !is_word(key, "calibration"))
        r->other = up_arena_printf(r->arena, "%s: the weight of %.*s is %s; write a number",
                                   place_of(r, t), key.len < 80 ? (int)key.len : 80,
                                   (const char *)key.data, up_json_kind_name(t->kind));
    return up_json_skip(&r->j, t, err);
}

static int read_member(struct reader *r, const struct up_json_token *at, bool inner,
                       struct up_err *err)
{
    struct up_json_token key = *at, t;
    bool nested;
    key.text.data =
        (const uint8_t *)up_arena_strndup(r->arena, (const char *)at->text.data, at->text.len);
    int rc = up_json_next(&r->j, &t, err);
    if (rc)
        return rc;
    nested = t.kind == UP_JSON_OBJECT || t.kind == UP_JSON_LIST;
    if (is_word(key.text, "weights") && nested)
        return read_weights(r, &key, &t, err);
    if (is_word(key.text, "names") && t.kind == UP_JSON_LIST)
        return read_list(r, true, err);
    if (is_word(key.text, "value") && t.kind == UP_JSON_OBJECT && !inner)
        return read_object(r, true, err);
    if (is_word(key.text, "calibration") && t.kind == UP_JSON_STRING)
        r->w->calibration = up_arena_strndup(r->arena, (const char *)t.text.data, t.text.len);
    return read_flat(r, key.text, &t, err);
}

static int read_object(struct reader *r, bool inner, struct up_err *err)
{
    struct up_json_token t;
    int rc;
    while (!(rc = up_json_next(&r->j, &t, err)) && t.kind == UP_JSON_KEY)
        if ((rc = read_member(r, &t, inner, err)))
            return rc;
    return rc;
}

/* What was found under which name becomes the weights. */
static int settle(struct reader *r, struct up_err *err)
{
    const char *calibration = r->w->calibration;
    if (!r->found && r->other)
        return up_fail(err, UP_EINVAL, "%s", r->other);
    if (!r->found) {
        *r->w = r->flat;
        r->w->calibration = calibration;
        return UP_OK;
    }
    if (r->n_values && r->n_values != r->n_names)
        return up_fail(err, UP_EINVAL,
                       "%s: %zu weights and %zu names of proxies; give the whole of what "
                       "'upnas show lambda --json' prints, or {\"nwot\": 1, ...}",
                       r->j.name, r->n_values, r->n_names);
    for (size_t i = 0; i < r->n_values; i++) {
        struct up_view v = {(const uint8_t *)r->name[i], strlen(r->name[i])};
        int rc = up_lambda_weights_add(r->w, v, r->value[i], r->j.name, r->arena, err);
        if (rc)
            return rc;
    }
    return UP_OK;
}

int up_lambda_weights_json(struct up_lambda_weights *w, const char *name, struct up_view bytes,
                           struct up_arena *arena, struct up_err *err)
{
    struct reader r = {.arena = arena,
                       .w = w,
                       .flat = {.name = UP_NEW(arena, UP_LAMBDA_WEIGHTS_MAX, const char *),
                                .value = UP_NEW(arena, UP_LAMBDA_WEIGHTS_MAX, double)},
                       .name = UP_NEW(arena, UP_LAMBDA_WEIGHTS_MAX, const char *),
                       .value = UP_NEW(arena, UP_LAMBDA_WEIGHTS_MAX, double)};
    struct up_json_token t;
    up_json_init(&r.j, name, bytes);
    int rc = up_json_want(&r.j, UP_JSON_OBJECT, &t, "weights by proxy", err);
    if (!rc)
        rc = read_object(&r, false, err);
    if (!rc)
        rc = up_json_want(&r.j, UP_JSON_END, &t, "the end", err);
    if (!rc)
        rc = settle(&r, err);
    up_json_release(&r.j);
    return rc;
}
