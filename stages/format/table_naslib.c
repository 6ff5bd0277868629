/* Two readings of the file: which data sets it has, then the values. Scores come
 * from one data set; the accuracy of every data set is a column of its own. */
#include "stages/format/naslib.h"
#include "stages/format/table.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { DATASETS = 64 };
struct reading {
    struct up_table *t;
    const struct up_table_wish *wish;
    const char *dataset[DATASETS];
    size_t n;
    const char *chosen;
};

static int count(void *ctx, const struct up_naslib_row *row, struct up_err *err)
{
    struct reading *r = ctx;
    for (size_t i = 0; i < r->n; i++)
        if (!strcmp(r->dataset[i], row->dataset))
            return UP_OK;
    if (r->n == DATASETS)
        return up_fail(err, UP_EINVAL, "%s:%zu: more than %d data sets", r->t->name, row->line,
                       DATASETS);
    r->dataset[r->n++] = up_arena_strdup(r->t->arena, row->dataset);
    return UP_OK;
}

static int choose(struct reading *r, struct up_err *err)
{
    const char *want = r->wish->dataset ? r->wish->dataset : "cifar10";
    struct up_buf list = UP_BUF_INIT;
    for (size_t i = 0; i < r->n; i++) {
        if (!strcasecmp(r->dataset[i], want))
            r->chosen = r->dataset[i];
        up_buf_printf(&list, "%s%s", i ? ", " : "", r->dataset[i]);
    }
    int rc = UP_OK;
    if (!r->chosen && !r->wish->dataset && r->n == 1)
        r->chosen = r->dataset[0];
    else if (!r->n)
        rc = up_fail(err, UP_EINVAL, "%s holds no architectures", r->t->name);
    else if (!r->chosen)
        rc =
            up_fail(err, UP_EINVAL, "%s has no data set %s; set benchmark.dataset to one of %s",
                    r->t->name, want, up_buf_str(&list));
    else if (!r->wish->dataset && r->n > 1)
        r->t->note = up_arena_printf(r->t->arena, "%s: scores of %s; it also has %s",
                                     r->t->name, r->chosen, up_buf_str(&list));
    up_buf_release(&list);
    return rc;
}

/* "ImageNet16-120" and "val_accuracy" -> "imagenet16_120_val". */
static const char *accuracy_name(struct reading *r, const char *dataset, const char *field)
{
    char *s = up_arena_printf(r->t->arena, "%s_%.*s", dataset, (int)strcspn(field, "_"), field);
    for (char *p = s; *p; p++)
        *p = *p == '-' ? '_' : (char)tolower((unsigned char)*p);
    return s;
}

static bool is_accuracy(const char *name)
{
    size_t n = strcspn(name, "_");
    return !strcmp(name + n, "_accuracy");
}

static int take_row(void *ctx, const struct up_naslib_row *row, struct up_err *err)
{
    struct reading *r = ctx;
    struct up_table *t = r->t;
    bool chosen = !strcmp(row->dataset, r->chosen);
    uint32_t at = up_table_add_row(t, row->arch, strlen(row->arch), row->line);
    int rc = UP_OK;
    for (size_t i = 0; !rc && i < row->n; i++) {
        const struct up_naslib_field *f = &row->field[i];
        struct up_table_cell c = {at, 0, f->value, f->line, f->column};
        if (f->proxy && chosen && up_table_wants(r->wish, f->name))
            rc = up_table_add_column(&c.col, t, f->name, UP_COL_SCORE, err);
        else if (!f->proxy && !r->wish->archs && is_accuracy(f->name))
            rc = up_table_add_column(&c.col, t, accuracy_name(r, row->dataset, f->name),
                                     UP_COL_ACCURACY, err);
        else
            continue;
        if (!rc)
            up_table_add_cell(t, &c);
    }
    return rc;
}

int up_table_naslib(struct up_table *t, struct up_view bytes, const struct up_table_wish *wish,
                    struct up_err *err)
{
    struct reading r = {.t = t, .wish = wish};
    int rc = up_naslib_read(t->name, bytes, count, &r, err);
    if (!rc && wish->archs)
        r.chosen = ""; /* of all of them */
    else if (!rc)
        rc = choose(&r, err);
    if (!rc)
        rc = up_naslib_read(t->name, bytes, take_row, &r, err);
    return rc;
}
