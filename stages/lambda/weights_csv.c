#include "stages/format/csv.h"
#include "stages/format/decimal.h"
#include "stages/lambda/weights.h"
#include <string.h>

static int column(const struct up_csv *c, const char *name)
{
    for (size_t i = 0; i < c->columns; i++)
        if (!strcmp((const char *)up_csv_name(c, i).data, name))
            return (int)i;
    return -1;
}

static int cell(struct up_proxy_weights *w, const struct up_csv *c, struct up_view proxy,
                size_t i, struct up_arena *arena, struct up_err *err)
{
    struct up_view v = up_csv_field(c, i);
    const char *where =
        up_arena_printf(arena, "%s:%zu:%zu", c->name, c->row_line, up_csv_column(c, i));
    double value;
    if (!up_decimal_parse((const char *)v.data, v.len, &value))
        return up_fail(err, UP_EINVAL, "%s: '%.40s' is no number; write the weight of %.80s",
                       where, (const char *)v.data, (const char *)proxy.data);
    return up_weights_add(w, proxy, value, where, arena, err);
}

/* One row a proxy. */
static int tall(struct up_proxy_weights *w, struct up_csv *c, size_t proxy, size_t weight,
                struct up_arena *arena, struct up_err *err)
{
    int rc;
    while (!(rc = up_csv_next(c, err)))
        if ((rc = cell(w, c, up_csv_field(c, proxy), weight, arena, err)))
            return rc;
    return rc == UP_ENOTFOUND ? UP_OK : rc;
}

/* One column a proxy. */
static int wide(struct up_proxy_weights *w, struct up_csv *c, struct up_arena *arena,
                struct up_err *err)
{
    int rc = up_csv_next(c, err);
    if (rc)
        return rc == UP_ENOTFOUND ? UP_OK : rc;
    for (size_t i = 0; i < c->columns; i++)
        if ((rc = cell(w, c, up_csv_name(c, i), i, arena, err)))
            return rc;
    rc = up_csv_next(c, err);
    if (!rc)
        return up_fail(err, UP_EINVAL,
                       "%s:%zu: a second row of weights; keep one row, or name the columns "
                       "proxy and weight",
                       c->name, c->row_line);
    return rc == UP_ENOTFOUND ? UP_OK : rc;
}

int up_weights_csv(struct up_proxy_weights *w, const char *name, struct up_view bytes,
                   struct up_arena *arena, struct up_err *err)
{
    struct up_csv c;
    int rc = up_csv_open(&c, name, bytes, err);
    if (rc)
        return rc;
    int proxy = column(&c, "proxy"), weight = column(&c, "weight");
    rc = proxy >= 0 && weight >= 0 ? tall(w, &c, (size_t)proxy, (size_t)weight, arena, err)
                                   : wide(w, &c, arena, err);
    up_csv_release(&c);
    return rc;
}
