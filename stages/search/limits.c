#include "stages/search/limits.h"
#include "stages/learn/calibration.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum cost { FLOPS, PARAMS, COSTS };
static const char *const cost_name[COSTS] = {"flops", "params"};

static double cost_of(const struct up_space *s, const struct up_net_size *net, enum cost which,
                      const struct up_arch *a)
{
    double v[COSTS];
    s->cost(&v[FLOPS], &v[PARAMS], a, net);
    return v[which];
}

/* What the scored network costs where another one comes to `max`: both are sums over the
 * same operations, so the one is nearly linear in the other; least squares over samples. */
static double scored_cost_at(const struct up_space *s, const struct up_net_size *other,
                             enum cost which, double max)
{
    enum { SAMPLES = 1024 };
    struct up_rng r = up_rng_init(0, "search.limits");
    double x = 0, y = 0, xx = 0, xy = 0;
    for (int i = 0; i < SAMPLES; i++) {
        struct up_arch a;
        s->sample(&a, &r);
        double xi = cost_of(s, other, which, &a), yi = cost_of(s, &s->net, which, &a);
        x += xi / SAMPLES;
        y += yi / SAMPLES;
        xx += xi * xi / SAMPLES;
        xy += xi * yi / SAMPLES;
    }
    double slope = xx > x * x ? (xy - x * y) / (xx - x * x) : 0;
    return y + slope * (max - x);
}

/* The exact limit, and what it is on the scale of the proxy that predicts it: `scored`
 * is the cost of the scored network there. */
static int limit_make(struct up_limit *l, double max, double scored, enum cost which,
                      struct up_job *job, const struct up_models *m, struct up_err *err)
{
    struct up_view doc;
    struct up_calibration c;
    *l = (struct up_limit){max, -1, 0};
    if (!up_job_input(job, "calibrate", &doc))
        return UP_OK;
    int rc = up_calibration_load(&c, doc, up_job_arena(job), err);
    rc = up_job_read(job, "calibrate", rc, err);
    for (size_t i = 0; !rc && i < c.columns && i < m->proxies; i++)
        if (strcmp(c.name[i], cost_name[which]) == 0 &&
            strcmp(m->names[i], cost_name[which]) == 0) {
            l->column = (int)i;
            l->level = up_calibration_value(&c, i, scored);
        }
    return rc;
}

static bool named(const char *key, const struct up_other_net *o, enum cost which)
{
    size_t n = strlen(o->name);
    return !strncmp(key, o->name, n) && key[n] == '_' && !strcmp(key + n + 1, cost_name[which]);
}

static int others_read(struct up_search_task *t, struct up_job *job, const struct up_models *m,
                       struct up_err *err)
{
    const char *const *keys;
    const double *values;
    size_t n = up_job_map(job, "limits", &keys, &values), nets = 0;
    int rc = UP_OK;
    for (const struct up_other_net *o = t->space->others; o && o->name; o++)
        nets++;
    struct up_net_limit *l = UP_NEW(up_job_arena(job), nets + 1, struct up_net_limit);
    for (size_t k = 0; k < nets; k++) {
        const struct up_other_net *o = &t->space->others[k];
        struct up_limit none = {INFINITY, -1, 0};
        l[k] = (struct up_net_limit){o->size, none, none};
        for (size_t i = 0; !rc && i < n; i++)
            for (int c = 0; !rc && c < COSTS; c++)
                if (named(keys[i], o, (enum cost)c))
                    rc = limit_make(c == FLOPS ? &l[k].flops : &l[k].params, values[i],
                                    scored_cost_at(t->space, &o->size, (enum cost)c, values[i]),
                                    (enum cost)c, job, m, err);
    }
    t->other = l;
    t->others = nets;
    return rc;
}

int up_limits_read(struct up_search_task *t, struct up_job *job, const struct up_models *m,
                   struct up_err *err)
{
    static const char *const param[COSTS] = {"max_flops", "max_params"};
    struct up_limit *limit[COSTS] = {&t->flops, &t->params};
    int rc = UP_OK;
    for (int c = 0; !rc && c < COSTS; c++) {
        *limit[c] = (struct up_limit){INFINITY, -1, 0};
        if (up_job_set(job, param[c])) {
            double max = up_job_real(job, param[c]);
            rc = limit_make(limit[c], max, max, (enum cost)c, job, m, err);
        }
    }
    return rc || !up_job_set(job, "limits") ? rc : others_read(t, job, m, err);
}

int up_limits_check(const struct up_config *c, struct up_err *err)
{
    const struct up_space *s;
    const char *const *keys;
    const double *values;
    if (!up_setting_set(c, "search.limits") || !up_setting_set(c, "space.name"))
        return UP_OK;
    size_t n = up_setting_names(c, "search.limits", &keys, &values);
    int rc = up_space_find(&s, up_setting_str(c, "space.name"), err);
    for (size_t i = 0; !rc && i < n; i++) {
        char known[256] = "";
        bool found = false;
        for (const struct up_other_net *o = s->others; o && o->name; o++) {
            size_t at = strlen(known);
            snprintf(known + at, sizeof known - at, "%s%s_flops and %s_params", at ? ", " : "",
                     o->name, o->name);
            found = found || named(keys[i], o, FLOPS) || named(keys[i], o, PARAMS);
        }
        if (!found)
            return up_setting_fail(c, "search.limits", err,
                                   "search.limits: %s has no limit %s; there is %s; the scored "
                                   "network's are search.max_flops and search.max_params",
                                   s->name, keys[i], *known ? known : "none");
        if (!(values[i] > 0))
            return up_setting_fail(c, "search.limits", err,
                                   "search.limits: %s must be above 0, in millions", keys[i]);
    }
    return rc;
}
