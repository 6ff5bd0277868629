#include "stages/lambda/weights.h"
#include "stages/lambda/presets.h"
#include "stages/learn/calibration.h"
#include "store/base/pack.h"
#include <math.h>
#include <string.h>

static void room(struct up_proxy_weights *w, size_t n, struct up_arena *arena)
{
    *w = (struct up_proxy_weights){.name = UP_NEW(arena, n, const char *),
                                   .value = UP_NEW(arena, n, double)};
}

bool up_weights_of_preset(struct up_proxy_weights *w, const char *name, struct up_arena *arena)
{
    const struct up_preset *p = up_preset_find(name);
    size_t n = 0;
    if (!p)
        return false;
    while (p->weight[n].proxy)
        n++;
    room(w, n, arena);
    for (; w->n < n; w->n++) {
        w->name[w->n] = p->weight[w->n].proxy;
        w->value[w->n] = p->weight[w->n].weight;
    }
    w->calibration = p->calibration;
    w->fitted_space = p->fitted.space;
    if (p->fitted.space)
        w->fitted =
            up_arena_printf(arena, "the %s accuracies of %s", p->fitted.data, p->fitted.space);
    return true;
}

/* A preset says what it was fitted on, weights of a run which accuracy they learned from. */
static void fitted_on(struct up_proxy_weights *w, struct up_view doc, struct up_arena *arena)
{
    const char *data, *target;
    if (!up_doc_str(doc, "fitted/data", arena, &data, NULL) &&
        !up_doc_str(doc, "fitted/space", arena, &w->fitted_space, NULL))
        w->fitted = up_arena_printf(arena, "the %s accuracies of %s", data, w->fitted_space);
    else if (!up_doc_str(doc, "target", arena, &target, NULL))
        w->fitted = up_arena_printf(arena, "the %s of architectures of their run", target);
}

int up_weights_of_artifact(struct up_proxy_weights *w, struct up_view artifact,
                           struct up_arena *arena, struct up_err *err)
{
    const char *const *name;
    const void *value;
    uint64_t n_value;
    size_t n;
    int rc = up_doc_names(artifact, "names", arena, &name, &n, err);
    if (!rc)
        rc = up_doc_array(artifact, "weights", UP_F64, 1, arena, &value, &n_value, err);
    if (rc)
        return rc;
    if (n_value != n)
        return up_fail(err, UP_EINVAL, "%zu names do not fit %zu weights", n, (size_t)n_value);
    room(w, n, arena);
    for (size_t i = 0; i < n; i++) {
        struct up_view v = {(const uint8_t *)name[i], strlen(name[i])};
        if ((rc = up_weights_add(w, v, ((const double *)value)[i], "lambda", arena, err)))
            return rc;
    }
    fitted_on(w, artifact, arena);
    return up_doc_str(artifact, "calibration", arena, &w->calibration, err);
}

int up_weights_add(struct up_proxy_weights *w, struct up_view name, double value,
                   const char *where, struct up_arena *arena, struct up_err *err)
{
    int len = name.len < 80 ? (int)name.len : 80;
    const char *text = (const char *)name.data;
    if (!name.len || memchr(name.data, 0, name.len))
        return up_fail(err, UP_EINVAL, "%s: a weight without a proxy's name", where);
    if (!isfinite(value))
        return up_fail(err, UP_EINVAL, "%s: the weight of %.*s is no finite number; write one",
                       where, len, text);
    if (w->n == UP_WEIGHTS_MAX)
        return up_fail(err, UP_EINVAL, "%s: more than %d weights; is this a file of weights?",
                       where, UP_WEIGHTS_MAX);
    for (size_t i = 0; i < w->n; i++)
        if (strlen(w->name[i]) == name.len && !memcmp(w->name[i], text, name.len))
            return up_fail(err, UP_EINVAL, "%s: %.*s has a weight already; keep one of them",
                           where, len, text);
    w->name[w->n] = up_arena_strndup(arena, text, name.len);
    w->value[w->n++] = value;
    return UP_OK;
}

static bool is_json(struct up_view v)
{
    size_t i = v.len >= 3 && !memcmp(v.data, "\xef\xbb\xbf", 3) ? 3 : 0;
    while (i < v.len && strchr(" \t\r\n", v.data[i]) && v.data[i])
        i++;
    return i < v.len && v.data[i] == '{';
}

static int check(const struct up_proxy_weights *w, const char *name, struct up_err *err)
{
    if (!w->n)
        return up_fail(
            err, UP_EINVAL,
            "%s holds no weights; write {\"nwot\": 1, \"flops\": 0.5}, or a CSV with "
            "the columns proxy and weight",
            name);
    for (const char *const *m = up_calibration_names; w->calibration; m++) {
        if (!*m)
            return up_fail(err, UP_EINVAL,
                           "%s: there is no calibration \"%s\"; 'upnas rank --help' lists them",
                           name, w->calibration);
        if (!strcmp(*m, w->calibration))
            break;
    }
    return UP_OK;
}

int up_weights_read(struct up_proxy_weights *w, const char *name, struct up_view bytes,
                    struct up_arena *arena, struct up_err *err)
{
    room(w, UP_WEIGHTS_MAX, arena);
    int rc = is_json(bytes) ? up_weights_json(w, name, bytes, arena, err)
                            : up_weights_csv(w, name, bytes, arena, err);
    return rc ? rc : check(w, name, err);
}
