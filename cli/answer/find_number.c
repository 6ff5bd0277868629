#include "cli/answer/find_number.h"
#include "cli/answer/document_json.h"
#include "stages/format/decimal.h"
#include "stages/format/decimal.h"
#include "store/base/pack.h"
#include "store/store.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PATH = 512, DEEPEST = 32, DIGITS = 6 };

bool up_wanted_read(struct up_wanted *w, const char *text)
{
    size_t n = strlen(text), digits = strspn(text, "+-0123456789");
    bool point = text[digits] == '.';
    size_t after = point ? strspn(text + digits + 1, "0123456789") : 0;
    const char *e = text + digits + point + after;
    double exponent = 0;
    if (n > 60 || !up_decimal_parse(text, n, &w->value) || !isfinite(w->value))
        return false;
    if (*e && !up_decimal_parse(e + 1, strlen(e + 1), &exponent))
        return false;
    w->half = 0.5 * pow(10, exponent - (double)after);
    w->whole = !point && !*e && text[0] != '-' && text[0] != '+';
    return true;
}

/* ---- one document ---- */

struct finder {
    const struct up_wanted *w;
    bool rounded, enough;
    up_number_visit *visit;
    void *ctx;
    struct up_err *err;
    char path[PATH];
};

static bool meet(struct finder *f, double v)
{
    bool equal = v == f->w->value;
    if (f->rounded)
        equal = !equal && fabs(v - f->w->value) <= f->w->half * (1 + 1e-9);
    if (equal)
        f->enough = !f->visit(f->ctx, f->path, v);
    return equal;
}

static size_t step(struct finder *f, const char *name, size_t len)
{
    size_t at = strlen(f->path);
    (void)snprintf(f->path + at, PATH - at, "%s%.*s", at ? "/" : "", (int)(len < 80 ? len : 80),
                   name);
    return at;
}

static size_t step_to(struct finder *f, uint64_t i)
{
    char name[24];
    return step(f, name, (size_t)snprintf(name, sizeof name, "%llu", (unsigned long long)i));
}

static void find_in_array(struct finder *f, const struct up_array *a)
{
    bool met = false;
    for (size_t i = 0; i < a->count && !met; i++) { /* the first one stands for the array */
        double v = up_document_array_real(a, i);
        if (fabs(v - f->w->value) > f->w->half * 2)
            continue;
        char old[PATH];
        memcpy(old, f->path, sizeof old);
        size_t below = a->count, rest = i;
        for (unsigned d = 0; d < a->ndim; d++) {
            below /= (size_t)a->dims[d];
            step_to(f, rest / below);
            rest %= below;
        }
        met = meet(f, v);
        memcpy(f->path, old, sizeof old);
    }
}

static int find(struct finder *f, struct up_cursor *c, unsigned depth);

static int find_in(struct finder *f, struct up_cursor *c, bool map, unsigned depth)
{
    struct up_view key;
    size_t n = 0;
    int rc = map ? up_cur_map(c, &n, f->err) : up_cur_list(c, &n, f->err);
    for (size_t i = 0; i < n && !rc && !f->enough; i++) {
        size_t at = 0;
        if (map && (rc = up_cur_str(c, &key, f->err)))
            break;
        at = map ? step(f, (const char *)key.data, key.len) : step_to(f, i);
        rc = find(f, c, depth + 1);
        f->path[at] = '\0';
    }
    return rc;
}

static int find(struct finder *f, struct up_cursor *c, unsigned depth)
{
    struct up_array a;
    double v = 0;
    int rc;
    switch (depth < DEEPEST ? up_cur_peek(c) : UP_T_NIL) {
    case UP_T_MAP:
        return find_in(f, c, true, depth);
    case UP_T_LIST:
        return find_in(f, c, false, depth);
    case UP_T_ARRAY:
        if (!(rc = up_cur_array(c, &a, f->err)))
            find_in_array(f, &a);
        return rc;
    case UP_T_INT:
    case UP_T_REAL:
        if (!(rc = up_cur_real(c, &v, f->err)))
            (void)meet(f, v);
        return rc;
    default:
        return up_cur_skip(c, f->err);
    }
}

int up_numbers_find(struct up_view doc, const struct up_wanted *w, bool rounded,
                    up_number_visit *visit, void *ctx, struct up_err *err)
{
    struct finder f = {.w = w, .rounded = rounded, .visit = visit, .ctx = ctx, .err = err};
    struct up_cursor c = up_cursor_of(doc);
    return find(&f, &c, 0);
}

/* ---- a run ---- */

struct gather {
    struct up_number_found *f;
    const char *stage;
};

static bool gather(void *ctx, const char *path, double value)
{
    struct gather *g = ctx;
    struct up_number_found *f = g->f;
    f->place[f->n++] = (struct up_number_place){up_arena_strdup(&f->arena, g->stage),
                                                up_arena_strdup(&f->arena, path), value};
    return f->n < UP_NUMBER_PLACES;
}

static int gather_node(struct up_number_found *f, struct up_store *s,
                       const struct up_run_node *n, const struct up_wanted *w, bool rounded,
                       struct up_err *err)
{
    struct up_buf doc = UP_BUF_INIT;
    struct gather g = {f, n->stage};
    if (up_digest_zero(n->digest) || f->n == UP_NUMBER_PLACES)
        return UP_OK;
    int rc = up_store_get(s, n->digest, &doc, err);
    if (!rc)
        rc = up_numbers_find(up_buf_view(&doc), w, rounded, gather, &g, err);
    up_buf_release(&doc);
    return rc == UP_ENOTFOUND || rc == UP_ECORRUPT ? UP_OK : rc; /* another node may have it */
}

static size_t digits_of(double v)
{
    char text[UP_DECIMAL_TEXT];
    size_t n = 0;
    for (const char *p = up_decimal_print(text, v); *p && *p != 'e'; ++p)
        n += *p >= '0' && *p <= '9' && (n || *p != '0');
    return n;
}

/* The last part of a path that is no position: "unified" of "best/0/unified". */
static struct up_view name_of(const char *path)
{
    struct up_view name = {(const uint8_t *)path, 0};
    for (const char *p = path; *p;) {
        size_t n = strcspn(p, "/");
        if (strspn(p, "0123456789") < n)
            name = (struct up_view){(const uint8_t *)p, n};
        p += n + (p[n] == '/');
    }
    return name;
}

/* The first node of the run that has these bits, and there what has the name under which the
 * number was found. */
static int trace(struct up_number_found *f, struct up_store *s, const struct up_run_record *r,
                 struct up_err *err)
{
    struct up_wanted exact = {f->place[0].value, 0, false};
    struct up_number_place met = f->place[0];
    int rc = UP_OK;
    f->origin = met;
    if (digits_of(exact.value) < DIGITS)
        return UP_OK;
    f->n = 0;
    for (size_t i = 0; i < r->nnodes && !rc; i++)
        rc = gather_node(f, s, &r->nodes[i], &exact, false, err);
    f->n = f->n ? f->n : 1; /* what was there a moment ago */
    f->origin = f->place[0];
    for (size_t i = 0; i < f->n && !strcmp(f->place[i].stage, f->place[0].stage); i++)
        if (up_view_equal(name_of(f->place[i].path), name_of(met.path))) {
            f->origin = f->place[i];
            break;
        }
    return rc;
}

int up_number_find(struct up_number_found *f, struct up_store *s, const struct up_run_record *r,
                   const char *text, struct up_err *err)
{
    struct up_wanted w;
    int rc = UP_OK;
    *f = (struct up_number_found){.n = 0};
    if (!up_wanted_read(&w, text))
        return up_fail(err, UP_EUSAGE, "'%.60s' is no number", text);
    for (int rounded = 0; rounded < 2 && !f->n; rounded++)
        for (size_t i = r->nnodes; i-- > 0 && !rc;) {
            f->rounded = rounded;
            if (!(rc = gather_node(f, s, &r->nodes[i], &w, rounded, err)) && f->n)
                break;
        }
    if (rc)
        return rc;
    if (!f->n)
        return up_fail(err, UP_EUSAGE,
                       "no node of run %s has the number %.60s; RUN:NUMBER looks in another "
                       "run ('upnas log' lists them), and the digits must be those printed",
                       r->id, text);
    return trace(f, s, r, err);
}

void up_number_found_release(struct up_number_found *f) { up_arena_release(&f->arena); }
