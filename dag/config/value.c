#include "dag/config/value.h"

#include "dag/config/suggest.h"
#include "store/base/pack.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ITEMS = 4096 };

/* What one value is read with; every reader below gets it. */
struct reading {
    struct up_value *v;
    const struct up_param *p;
    const struct up_place *at;
    const char *folder;
    struct up_arena *arena;
    struct up_err *err;
};

int up_place_fail(const struct up_place *p, const struct up_yaml *y, struct up_err *err,
                  const char *fmt, ...)
{
    char text[768];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (p->positions && y)
        return up_fail(err, UP_EUSAGE, "%s:%u:%u: %s", p->what, y->line, y->col, text);
    return up_fail(err, UP_EUSAGE, "%s: %s", p->what, text);
}

/* ---- choices ---- */

static bool chosen(const char *const *choices, const char *s)
{
    for (; *choices; choices++)
        if (!strcmp(*choices, s))
            return true;
    return false;
}

/* The choice that differs from s in capitals at most, as its table spells it; or s. */
static const char *spelled(const char *const *choices, const char *s)
{
    for (; *choices; choices++)
        if (!strcasecmp(*choices, s))
            return *choices;
    return s;
}

static int not_chosen(const struct reading *r, const struct up_yaml *y, const char *s)
{
    struct up_suggest near = up_suggest_for(s);
    struct up_buf list = UP_BUF_INIT;
    for (const char *const *c = r->p->choices; *c; c++) {
        up_suggest_offer(&near, *c);
        up_buf_printf(&list, "%s%s", list.len ? ", " : "", *c);
    }
    int rc = near.best
                 ? up_place_fail(r->at, y, r->err,
                                 "%s cannot be \"%.60s\"; did you mean \"%s\"? (one of %s)",
                                 r->at->name, s, near.best, up_buf_str(&list))
                 : up_place_fail(r->at, y, r->err, "%s cannot be \"%.60s\"; it is one of %s",
                                 r->at->name, s, up_buf_str(&list));
    up_buf_release(&list);
    return rc;
}

/* ---- scalars ---- */

static int wrong(const struct reading *r, const struct up_yaml *y, const char *wanted)
{
    static const char *const kinds[] = {"", "a list", "a map"};
    if (y->kind == UP_Y_SCALAR)
        return up_place_fail(r->at, y, r->err, "%s wants %s, not %s%.60s%s", r->at->name,
                             wanted, y->plain ? "" : "\"", up_yaml_null(y) ? "null" : y->text,
                             y->plain ? "" : "\"");
    return up_place_fail(r->at, y, r->err, "%s wants %s, not %s", r->at->name, wanted,
                         kinds[y->kind]);
}

static int in_range(const struct reading *r, const struct up_yaml *y, double x)
{
    const struct up_param *p = r->p;
    if (p->min == p->max && p->min == 0 && !(p->seed && x < 0))
        return UP_OK;
    if (p->seed && p->min == p->max)
        return x < 0 ? up_place_fail(r->at, y, r->err, "%s must be at least 0, not %s",
                                     r->at->name, y->text)
                     : UP_OK;
    if (x >= p->min && x <= p->max)
        return UP_OK;
    struct up_buf lo = UP_BUF_INIT, hi = UP_BUF_INIT;
    up_real_text(&lo, p->min);
    up_real_text(&hi, p->max);
    int rc = isinf(p->max)
                 ? up_place_fail(r->at, y, r->err, "%s must be at least %s, not %s",
                                 r->at->name, up_buf_str(&lo), y->text)
                 : up_place_fail(r->at, y, r->err, "%s must be between %s and %s, not %s",
                                 r->at->name, up_buf_str(&lo), up_buf_str(&hi), y->text);
    up_buf_release(&lo);
    up_buf_release(&hi);
    return rc;
}

static int read_bool(const struct reading *r, const struct up_yaml *y)
{
    bool yes = !strcmp(y->text, "true") || !strcmp(y->text, "True") || !strcmp(y->text, "TRUE");
    bool no =
        !strcmp(y->text, "false") || !strcmp(y->text, "False") || !strcmp(y->text, "FALSE");
    if (!y->plain || (!yes && !no))
        return wrong(r, y, "true or false");
    r->v->b = yes;
    return UP_OK;
}

static int read_int(const struct reading *r, const struct up_yaml *y)
{
    const char *digits = y->text + (*y->text == '-' || *y->text == '+');
    if (!y->plain || !*digits || strspn(digits, "0123456789") != strlen(digits))
        return wrong(r, y, "a whole number");
    errno = 0;
    r->v->i = strtoll(y->text, NULL, 10);
    if (errno)
        return wrong(r, y, "a whole number of at most 63 bits");
    /* Beyond 2^53 not every whole number is a double: in whole numbers, the bound is exact. */
    if (r->p->max > 0 && r->p->max < 0x1p63 && r->v->i > (int64_t)r->p->max)
        return in_range(r, y, (double)INFINITY);
    return in_range(r, y, (double)r->v->i);
}

/* Decimal only: strtod alone would take hex, "inf" and what the locale says. */
static int real_of(const struct reading *r, const struct up_yaml *y, double *x)
{
    if (y->kind != UP_Y_SCALAR || !y->plain || strlen(y->text) > 60 ||
        strspn(y->text, "+-.0123456789eE") != strlen(y->text))
        return wrong(r, y, "a number");
    char *end = NULL;
    *x = strtod(y->text, &end);
    if (end == y->text || *end || !isfinite(*x))
        return wrong(r, y, "a finite number");
    if (*x == 0)
        *x = 0; /* -0 and 0 are one value and must be one key */
    return UP_OK;
}

static int read_path(const struct reading *r, const struct up_yaml *y)
{
    if (!*y->text)
        return wrong(r, y, r->p->kind == UP_P_DIR ? "a folder" : "a file");
    r->v->s = r->v->path = y->text;
    if (r->folder && *y->text != '/')
        r->v->path = up_arena_printf(r->arena, "%s/%s", r->folder, y->text);
    return UP_OK;
}

/* ---- lists and maps ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int read_list(const struct reading *r, const struct up_yaml *y)
{
    if (y->kind != UP_Y_LIST)
        return wrong(r, y, "a list, such as [a, b]");
    if (y->n > ITEMS)
        return up_place_fail(r->at, y, r->err, "%s has %zu items; at most %d fit", r->at->name,
                             y->n, ITEMS);
    const char **names = UP_NEW(r->arena, y->n, const char *);
    size_t n = 0;
    for (const struct up_yaml *c = y->children; c; c = c->next) {
        if (c->kind != UP_Y_SCALAR || !*c->text)
            return wrong(r, c, "words in its list");
        if (r->p->choices && !chosen(r->p->choices, c->text))
            return not_chosen(r, c, c->text);
        for (size_t i = 0; i < n; i++)
            if (!strcmp(names[i], c->text))
                return up_place_fail(r->at, c, r->err, "%s names \"%.60s\" twice", r->at->name,
                                     c->text);
        names[n++] = c->text;
    }
    r->v->names = names;
    r->v->n = n;
    return UP_OK;
}

static int read_map(const struct reading *r, const struct up_yaml *y)
{
    if (y->kind != UP_Y_MAP)
        return wrong(r, y, "a map, such as {a: 1, b: 0.5}");
    if (y->n > ITEMS)
        return up_place_fail(r->at, y, r->err, "%s has %zu items; at most %d fit", r->at->name,
                             y->n, ITEMS);
    const char **names = UP_NEW(r->arena, y->n, const char *);
    double *reals = UP_NEW(r->arena, y->n, double);
    size_t n = 0;
    for (const struct up_yaml *c = y->children; c; c = c->next)
        names[n++] = c->key->text;
    qsort(names, n, sizeof *names, by_text);
    for (const struct up_yaml *c = y->children; c; c = c->next) {
        const char *colon = strchr(c->key->text, ':');
        if (colon && up_yaml_null(c)) /* {a:1} is the key "a:1" to YAML */
            return up_place_fail(r->at, c->key, r->err,
                                 "%s: \"%.60s\" lacks a space behind the colon; write "
                                 "\"%.*s: %s\"",
                                 r->at->name, c->key->text, (int)(colon - c->key->text),
                                 c->key->text, colon + 1);
        if (r->p->choices && !chosen(r->p->choices, c->key->text))
            return not_chosen(r, c->key, c->key->text);
        const char **slot = bsearch(&c->key->text, names, n, sizeof *names, by_text);
        UP_CHECK(slot);
        size_t i = (size_t)(slot - names);
        if ((i && !strcmp(names[i - 1], names[i])) ||
            (i + 1 < n && !strcmp(names[i], names[i + 1])))
            return up_place_fail(r->at, c->key, r->err, "%s names \"%.60s\" twice", r->at->name,
                                 c->key->text);
        int rc = real_of(r, c, &reals[i]);
        if (rc)
            return rc;
    }
    r->v->names = names;
    r->v->reals = reals;
    r->v->n = n;
    return UP_OK;
}

static int read_scalar(const struct reading *r, const struct up_yaml *y)
{
    static const char *const wanted[] = {
        "true or false", "a whole number", "a number", "a text", "a word", "", "",
        "a file",        "a folder"};
    if (y->kind != UP_Y_SCALAR)
        return wrong(r, y, wanted[r->p->kind]);
    int rc = UP_OK;
    switch (r->p->kind) {
    case UP_P_BOOL:
        return read_bool(r, y);
    case UP_P_INT:
        return read_int(r, y);
    case UP_P_REAL:
        rc = real_of(r, y, &r->v->r);
        return rc ? rc : in_range(r, y, r->v->r);
    case UP_P_FILE:
    case UP_P_DIR:
        return read_path(r, y);
    case UP_P_ENUM:
        r->v->s = spelled(r->p->choices, y->text);
        return chosen(r->p->choices, r->v->s) ? UP_OK : not_chosen(r, y, y->text);
    default:
        break;
    }
    r->v->s = y->text;
    return UP_OK;
}

int up_value_read(struct up_value *v, const struct up_param *p, const struct up_yaml *y,
                  const struct up_place *at, const char *folder, struct up_arena *arena,
                  struct up_err *err)
{
    *v = (struct up_value){0};
    struct reading r = {v, p, at, folder, arena, err};
    if (up_yaml_null(y)) {
        if (p->def && !p->seed)
            return up_place_fail(at, y, err,
                                 "%s cannot be null; leave it out for the default, %s",
                                 at->name, p->def);
        return UP_OK;
    }
    v->set = true;
    if (p->kind == UP_P_LIST)
        return read_list(&r, y);
    return p->kind == UP_P_MAP ? read_map(&r, y) : read_scalar(&r, y);
}

/* ---- back to text and bytes ---- */

void up_real_text(struct up_buf *out, double x)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x)
            break;
    }
    for (char *c = text; *c; c++)
        if (*c == ',')
            *c = '.';
    up_buf_puts(out, text);
}

static void word_text(struct up_buf *out, const char *s)
{
    bool plain = *s && strcmp(s, "null") && strcmp(s, "~") &&
                 strcspn(s, ",[]{}#&*!|>'\"%@`:? \t\n") == strlen(s);
    if (plain) {
        up_buf_puts(out, s);
        return;
    }
    up_buf_puts(out, "\"");
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c < ' ' || c == 0x7f)
            up_buf_printf(out, "\\x%02x", c);
        else
            up_buf_printf(out, c == '"' || c == '\\' ? "\\%c" : "%c", c);
    }
    up_buf_puts(out, "\"");
}

static void items_text(struct up_buf *out, const struct up_value *v, bool map)
{
    up_buf_puts(out, map ? "{" : "[");
    for (size_t i = 0; i < v->n; i++) {
        up_buf_puts(out, i ? ", " : "");
        word_text(out, v->names[i]);
        if (map) {
            up_buf_puts(out, ": ");
            up_real_text(out, v->reals[i]);
        }
    }
    up_buf_puts(out, map ? "}" : "]");
}

void up_value_text(struct up_buf *out, const struct up_param *p, const struct up_value *v)
{
    if (!v->set) {
        up_buf_puts(out, "null");
        return;
    }
    switch (p->kind) {
    case UP_P_BOOL:
        up_buf_puts(out, v->b ? "true" : "false");
        break;
    case UP_P_INT:
        if (p->seed)
            up_buf_printf(out, "%llu", (unsigned long long)v->i);
        else
            up_buf_printf(out, "%lld", (long long)v->i);
        break;
    case UP_P_REAL:
        up_real_text(out, v->r);
        break;
    case UP_P_LIST:
    case UP_P_MAP:
        items_text(out, v, p->kind == UP_P_MAP);
        break;
    default:
        word_text(out, v->s);
    }
}

void up_value_pack(struct up_buf *out, const struct up_param *p, const struct up_value *v)
{
    if (!v->set) {
        up_pack_nil(out);
        return;
    }
    switch (p->kind) {
    case UP_P_BOOL:
        up_pack_bool(out, v->b);
        break;
    case UP_P_INT:
        if (p->seed)
            up_pack_uint(out, (uint64_t)v->i);
        else
            up_pack_int(out, v->i);
        break;
    case UP_P_REAL:
        up_pack_real(out, v->r);
        break;
    case UP_P_LIST:
        up_pack_list(out, v->n);
        for (size_t i = 0; i < v->n; i++)
            up_pack_str(out, v->names[i]);
        break;
    case UP_P_MAP:
        up_pack_map(out, v->n);
        for (size_t i = 0; i < v->n; i++) {
            up_pack_str(out, v->names[i]);
            up_pack_real(out, v->reals[i]);
        }
        break;
    default:
        up_pack_str(out, v->s);
    }
}
