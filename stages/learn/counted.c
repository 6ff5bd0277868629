/* Which scores are counts, kept with their calibration, and put where an estimate would be. */
#include "stages/learn/counted.h"
#include "stages/space/net_size.h"
#include <math.h>
#include <string.h>

static const double tolerance = 1e-6; /* relative: tables have six digits or more */

/* FLOPs or parameters in millions; whether the name is one of theirs. */
static bool names_cost(const char *name, bool *params)
{
    *params = !strcmp(name, "params");
    return *params || !strcmp(name, "flops");
}

static double cost_of(const struct up_counted *k, const struct up_arch *a, bool params)
{
    double flops, count;
    k->space->cost(&flops, &count, a, &k->net);
    return params ? count : flops;
}

/* Whether column i of the rows is what their architectures cost. */
static bool is_counted(const struct up_counted *k, bool params,
                       const struct up_counted_rows *rows, size_t i, size_t columns)
{
    for (size_t row = 0; row < rows->n; row++) {
        double cost = cost_of(k, &rows->arch[row], params);
        if (!(fabs(rows->raw[row * columns + i] - cost) <= tolerance * fabs(cost)))
            return false;
    }
    return rows->n > 0;
}

/* The calibration of columns at[0 .. n-1] of c. */
static void part_of(struct up_calibration *part, const struct up_calibration *c, const int *at,
                    size_t n, struct up_arena *arena)
{
    const char **name = UP_NEW(arena, n + 1, const char *);
    double *worst = UP_NEW(arena, n + 1, double);
    uint32_t *offset = UP_NEW(arena, n + 1, uint32_t);
    double *param = UP_NEW(arena, c->offset[c->columns] + 1, double);
    for (size_t i = 0; i < n; i++) {
        uint32_t from = c->offset[at[i]], count = c->offset[at[i] + 1] - from;
        name[i] = c->name[at[i]];
        worst[i] = c->worst[at[i]];
        offset[i + 1] = offset[i] + count;
        memcpy(param + offset[i], c->param + from, count * sizeof *param);
    }
    *part = (struct up_calibration){c->method, n, name, worst, offset, param};
}

void up_counted_find(struct up_counted *k, const struct up_counted_rows *rows,
                     const struct up_calibration *c, struct up_arena *arena)
{
    size_t found = 0;
    *k = (struct up_counted){.space = rows->space, .net = rows->net};
    for (size_t i = 0; i < c->columns && found < UP_COUNTED_MAX; i++) {
        bool params;
        if (!names_cost(c->name[i], &params) || !is_counted(k, params, rows, i, c->columns))
            continue;
        k->params[found] = params;
        k->at[found++] = (int)i;
    }
    part_of(&k->fit, c, k->at, found, arena);
}

void up_counted_write(struct up_writer *w, const char *key, const struct up_counted *k)
{
    struct up_buf net = UP_BUF_INIT;
    up_net_size_pack(&net, &k->net);
    up_writer_map(w, key);
    up_calibration_write(w, "fit", &k->fit);
    up_writer_str(w, "method", up_calibration_method_name(&k->fit));
    up_writer_names(w, "names", k->fit.name, k->fit.columns);
    up_writer_raw(w, "net", up_buf_view(&net));
    up_writer_close(w);
    up_buf_release(&net);
}

int up_counted_load(struct up_counted *k, const struct up_space *space, struct up_reader *r,
                    const char *const *names, size_t m)
{
    *k = (struct up_counted){.space = space};
    if (up_calibration_load(&k->fit, r) ||
        up_reader_adopt(r, up_net_size_load(&k->net, r->doc, r->err)))
        return up_reader_end(r);
    for (size_t i = 0; i < k->fit.columns; i++) {
        size_t at = 0;
        while (at < m && strcmp(names[at], k->fit.name[i]) != 0)
            at++;
        if (i >= UP_COUNTED_MAX || at == m || !names_cost(k->fit.name[i], &k->params[i]))
            return up_reader_fail(r, "field \"counted\": \"%.40s\" is no cost that it has",
                                  k->fit.name[i]);
        k->at[i] = (int)at;
    }
    return UP_OK;
}

void up_counted_put(const struct up_counted *k, float *y, size_t m, const struct up_arch *a,
                    size_t n)
{
    for (size_t c = 0; c < k->fit.columns; c++)
        for (size_t i = 0; i < n; i++)
            y[i * m + (size_t)k->at[c]] =
                (float)up_calibration_value(&k->fit, c, cost_of(k, &a[i], k->params[c]));
}
