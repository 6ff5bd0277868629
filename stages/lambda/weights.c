/* Weights of proxies by name, wherever somebody has them, see weights.h. */
#include "stages/lambda/weights.h"
#include "stages/lambda/presets.h"
#include "stages/learn/calibration.h"
#include "store/base/reader.h"
#include <math.h>
#include <string.h>

static void make_room(struct up_lambda_weights *w, size_t n, struct up_arena *arena)
{
    *w = (struct up_lambda_weights){.name = UP_NEW(arena, n, const char *),
                                    .value = UP_NEW(arena, n, double)};
}

bool up_lambda_weights_of_preset(struct up_lambda_weights *w, const char *name,
                                 struct up_arena *arena)
{
    const struct up_preset *p = up_preset_find(name);
    size_t n = 0;
    if (!p)
        return false;
    while (p->weight[n].proxy)
        n++;
    make_room(w, n, arena);
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
static void fitted_on(struct up_lambda_weights *w, struct up_reader *r)
{
    const char *data = up_reader_str_or_null(r, "fitted/data");
    const char *target = up_reader_str_or_null(r, "target");
    w->fitted_space = up_reader_str_or_null(r, "fitted/space");
    if (data && w->fitted_space)
        w->fitted = up_arena_printf(r->arena, "the %s accuracies of %s", data, w->fitted_space);
    else if (target)
        w->fitted = up_arena_printf(r->arena, "the %s of architectures of their run", target);
}

int up_lambda_weights_of_artifact(struct up_lambda_weights *w, struct up_view artifact,
                                  struct up_arena *arena, struct up_err *err)
{
    struct up_reader r = up_reader_of("the artifact of lambda", artifact, arena, err);
    size_t n;
    const char *const *name = up_reader_names(&r, "names", &n);
    const double *value = up_reader_vector_of(&r, "weights", UP_F64, n);
    const char *calibration = up_reader_str(&r, "calibration");
    if (up_reader_end(&r))
        return up_reader_end(&r);
    make_room(w, n, arena);
    for (size_t i = 0; i < n; i++)
        if (up_lambda_weights_add(w, up_view_str(name[i]), value[i], "lambda", arena, err))
            return up_reader_adopt(&r, UP_EINVAL);
    w->calibration = calibration;
    fitted_on(w, &r);
    return up_reader_end(&r);
}

int up_lambda_weights_add(struct up_lambda_weights *w, struct up_view name, double value,
                          const char *where, struct up_arena *arena, struct up_err *err)
{
    int len = name.len < 80 ? (int)name.len : 80;
    const char *text = (const char *)name.data;
    if (!name.len || memchr(name.data, 0, name.len))
        return up_fail(err, UP_EINVAL, "%s: a weight without a proxy's name", where);
    if (!isfinite(value))
        return up_fail(err, UP_EINVAL, "%s: the weight of %.*s is no finite number; write one",
                       where, len, text);
    if (w->n == UP_LAMBDA_WEIGHTS_MAX)
        return up_fail(err, UP_EINVAL, "%s: more than %d weights; is this a file of weights?",
                       where, UP_LAMBDA_WEIGHTS_MAX);
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

static int check_weights(const struct up_lambda_weights *w, const char *name,
                         struct up_err *err)
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

int up_lambda_weights_read(struct up_lambda_weights *w, const char *name, struct up_view bytes,
                           struct up_arena *arena, struct up_err *err)
{
    make_room(w, UP_LAMBDA_WEIGHTS_MAX, arena);
    int rc = is_json(bytes) ? up_lambda_weights_json(w, name, bytes, arena, err)
                            : up_lambda_weights_csv(w, name, bytes, arena, err);
    return rc ? rc : check_weights(w, name, err);
}
