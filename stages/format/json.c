/* A pull parser for JSON: one token a call, in bounded memory, with line and column for
 * errors. */
#include "stages/format/json.h"
#include "stages/format/decimal.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What may come next. After a value the innermost open bracket decides. */
enum {
    VALUE,        /* any value */
    VALUE_OR_END, /* just after [ */
    KEY,          /* after , in an object */
    KEY_OR_END,   /* just after { */
    AFTER         /* after a value: , or a closing bracket or the end */
};

void up_json_init(struct up_json *j, const char *name, struct up_view bytes)
{
    memset(j, 0, sizeof *j);
    j->name = name;
    j->p = j->line_start = bytes.data;
    j->end = bytes.data + bytes.len;
    j->line = 1;
    j->expect = VALUE;
    if (bytes.len >= 3 && !memcmp(bytes.data, "\xef\xbb\xbf", 3))
        j->p += 3;
}

void up_json_release(struct up_json *j) { up_buf_release(&j->text); }

const char *up_json_kind_name(enum up_json_kind k)
{
    static const char *const name[] = {
        "an object", "}",        "a list",        "]",    "a key",
        "a string",  "a number", "true or false", "null", "the end of the file"};
    return name[k];
}

int up_json_fail(const struct up_json *j, const struct up_json_token *t, struct up_err *err,
                 const char *fmt, ...)
{
    char what[768];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    return up_fail(err, UP_EINVAL, "%s:%zu:%zu: %s", j->name, t->line, t->column, what);
}

static void here(const struct up_json *j, struct up_json_token *t)
{
    t->line = j->line;
    t->column = (size_t)(j->p - j->line_start) + 1;
}

static int bad(const struct up_json *j, struct up_err *err, const char *what)
{
    struct up_json_token t = {0};
    here(j, &t);
    if (j->p == j->end)
        return up_json_fail(j, &t, err, "the file ends where %s; it is truncated", what);
    if (*j->p < 0x20 || *j->p > 0x7e)
        return up_json_fail(j, &t, err, "byte 0x%02x found where %s", *j->p, what);
    return up_json_fail(j, &t, err, "'%c' found where %s", *j->p, what);
}

static void blanks(struct up_json *j)
{
    while (j->p < j->end) {
        uint8_t c = *j->p;
        if (c == '\n') {
            j->line++;
            j->line_start = j->p + 1;
        } else if (c != ' ' && c != '\t' && c != '\r') {
            return;
        }
        j->p++;
    }
}

static int hex4(struct up_json *j, uint32_t *v, struct up_err *err)
{
    *v = 0;
    for (int i = 0; i < 4; i++, j->p++) {
        uint8_t c = j->p < j->end ? *j->p : 0;
        uint32_t d = c >= '0' && c <= '9'   ? c - '0'
                     : c >= 'a' && c <= 'f' ? c - 'a' + 10
                     : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                            : 16;
        if (d > 15)
            return bad(j, err, "\\u needs four hex digits");
        *v = *v * 16 + d;
    }
    return UP_OK;
}

static void put_utf8(struct up_buf *b, uint32_t c)
{
    uint8_t u[4];
    size_t n;
    if (c < 0x80) {
        u[0] = (uint8_t)c;
        n = 1;
    } else if (c < 0x800) {
        u[0] = (uint8_t)(0xc0 | c >> 6);
        u[1] = (uint8_t)(0x80 | (c & 0x3f));
        n = 2;
    } else if (c < 0x10000) {
        u[0] = (uint8_t)(0xe0 | c >> 12);
        u[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        u[2] = (uint8_t)(0x80 | (c & 0x3f));
        n = 3;
    } else {
        u[0] = (uint8_t)(0xf0 | c >> 18);
        u[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
        u[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        u[3] = (uint8_t)(0x80 | (c & 0x3f));
        n = 4;
    }
    up_buf_append(b, u, n);
}

/* A surrogate pair is one character; a lone half becomes U+FFFD. */
static int unicode(struct up_json *j, struct up_err *err)
{
    uint32_t c, low;
    int rc = hex4(j, &c, err);
    if (rc)
        return rc;
    if (c >= 0xd800 && c < 0xdc00 && j->end - j->p >= 6 && j->p[0] == '\\' && j->p[1] == 'u') {
        const uint8_t *back = j->p;
        j->p += 2;
        if ((rc = hex4(j, &low, err)))
            return rc;
        if (low >= 0xdc00 && low < 0xe000)
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        else
            j->p = back;
    }
    put_utf8(&j->text, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
    return UP_OK;
}

static int escape(struct up_json *j, struct up_err *err)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (j->p == j->end)
        return bad(j, err, "an escape was begun");
    if (*j->p == 'u') {
        j->p++;
        return unicode(j, err);
    }
    const char *at = *j->p ? strchr(from, (char)*j->p) : NULL;
    if (!at)
        return bad(j, err,
                   "an escape of JSON was expected (\\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u)");
    up_buf_append(&j->text, &to[at - from], 1);
    j->p++;
    return UP_OK;
}

/* *j->p is the opening quote. Without escapes the text is a view of the file. */
static int string(struct up_json *j, struct up_json_token *t, struct up_err *err)
{
    const uint8_t *from = ++j->p;
    bool copied = false;
    for (;;) {
        while (j->p < j->end && *j->p != '"' && *j->p != '\\' && *j->p >= 0x20)
            j->p++;
        if (j->p == j->end || *j->p < 0x20)
            return bad(j, err, "a string must be closed with \" on its own line");
        if (*j->p == '"' && !copied)
            break;
        if (!copied)
            up_buf_clear(&j->text);
        copied = true;
        up_buf_append(&j->text, from, (size_t)(j->p - from));
        if (*j->p++ == '"') {
            t->text = up_buf_view(&j->text);
            return UP_OK;
        }
        int rc = escape(j, err);
        if (rc)
            return rc;
        from = j->p;
    }
    t->text = (struct up_view){from, (size_t)(j->p - from)};
    j->p++;
    return UP_OK;
}

static bool literal(struct up_json *j, const char *w)
{
    size_t n = strlen(w);
    if ((size_t)(j->end - j->p) < n || memcmp(j->p, w, n))
        return false;
    j->p += n;
    return true;
}

static int number(struct up_json *j, struct up_json_token *t, struct up_err *err)
{
    const uint8_t *from = j->p;
    t->kind = UP_JSON_NUMBER;
    if (literal(j, "-Infinity")) {
        t->number = -INFINITY;
        return UP_OK;
    }
    while (j->p < j->end && *j->p && strchr("+-.eE0123456789", (char)*j->p))
        j->p++;
    size_t n = (size_t)(j->p - from), sign = *from == '-' ? 1 : 0;
    const char *s = (const char *)from;
    /* What JSON forbids of a decimal number: +1, 01, .5, 5. */
    bool good = up_decimal_parse(s, n, &t->number) && n > sign && s[sign] >= '0' &&
                s[sign] <= '9' && s[n - 1] != '.' &&
                !(s[sign] == '0' && n > sign + 1 && s[sign + 1] >= '0' && s[sign + 1] <= '9');
    for (size_t i = 0; good && i + 1 < n; i++)
        good = s[i] != '.' || (s[i + 1] >= '0' && s[i + 1] <= '9');
    if (!good) {
        j->p = from;
        return up_json_fail(j, t, err, "'%.*s' is not a number JSON allows",
                            n < 40 ? (int)n : 40, s);
    }
    return UP_OK;
}

static int scalar(struct up_json *j, struct up_json_token *t, struct up_err *err)
{
    if (literal(j, "true") || literal(j, "false")) {
        t->kind = UP_JSON_BOOL;
        t->boolean = j->p[-2] == 'u';
    } else if (literal(j, "null")) {
        t->kind = UP_JSON_NULL;
    } else if (literal(j, "NaN")) {
        t->kind = UP_JSON_NUMBER;
        t->number = NAN;
    } else if (literal(j, "Infinity")) {
        t->kind = UP_JSON_NUMBER;
        t->number = INFINITY;
    } else {
        return bad(j, err, "a value was expected");
    }
    return UP_OK;
}

static int open_bracket(struct up_json *j, struct up_json_token *t, struct up_err *err)
{
    if (j->depth == UP_JSON_DEPTH)
        return up_json_fail(j, t, err, "nested deeper than %d levels", UP_JSON_DEPTH);
    j->open[j->depth++] = *j->p;
    t->kind = *j->p == '{' ? UP_JSON_OBJECT : UP_JSON_LIST;
    j->expect = *j->p == '{' ? KEY_OR_END : VALUE_OR_END;
    j->p++;
    return UP_OK;
}

static void close_bracket(struct up_json *j, struct up_json_token *t)
{
    t->kind = *j->p == '}' ? UP_JSON_OBJECT_END : UP_JSON_LIST_END;
    j->depth--;
    j->p++;
    j->expect = AFTER;
}

static int value(struct up_json *j, struct up_json_token *t, struct up_err *err)
{
    uint8_t c = j->p < j->end ? *j->p : 0;
    int rc;
    if (c == '{' || c == '[')
        return open_bracket(j, t, err);
    if (c == '"') {
        t->kind = UP_JSON_STRING;
        rc = string(j, t, err);
    } else if (c == '-' || (c >= '0' && c <= '9')) {
        rc = number(j, t, err);
    } else {
        rc = scalar(j, t, err);
    }
    j->expect = AFTER;
    return rc;
}

static int key(struct up_json *j, struct up_json_token *t, struct up_err *err)
{
    if (j->p == j->end || *j->p != '"')
        return bad(j, err, "a key in quotes was expected");
    t->kind = UP_JSON_KEY;
    int rc = string(j, t, err);
    if (rc)
        return rc;
    blanks(j);
    if (j->p == j->end || *j->p != ':')
        return bad(j, err, "':' after a key was expected");
    j->p++;
    j->expect = VALUE;
    return UP_OK;
}

/* Consumes a comma, or closes the bracket (*done), or reports what is there. */
static int after_value(struct up_json *j, struct up_json_token *t, bool *done,
                       struct up_err *err)
{
    *done = true;
    if (!j->depth) {
        if (j->p < j->end)
            return bad(j, err, "the file should be over");
        t->kind = UP_JSON_END;
        return UP_OK;
    }
    bool map = j->open[j->depth - 1] == '{';
    if (j->p < j->end && *j->p == (map ? '}' : ']')) {
        close_bracket(j, t);
        return UP_OK;
    }
    if (j->p == j->end || *j->p != ',')
        return bad(j, err, map ? "',' or '}' was expected" : "',' or ']' was expected");
    j->p++;
    j->expect = map ? KEY : VALUE;
    blanks(j);
    *done = false;
    return UP_OK;
}

int up_json_next(struct up_json *j, struct up_json_token *t, struct up_err *err)
{
    memset(t, 0, sizeof *t);
    blanks(j);
    if (j->expect == AFTER) {
        bool done;
        here(j, t);
        int rc = after_value(j, t, &done, err);
        if (rc || done)
            return rc;
    }
    here(j, t);
    uint8_t c = j->p < j->end ? *j->p : 0;
    if ((c == '}' && j->expect == KEY_OR_END) || (c == ']' && j->expect == VALUE_OR_END)) {
        close_bracket(j, t);
        return UP_OK;
    }
    return j->expect == KEY || j->expect == KEY_OR_END ? key(j, t, err) : value(j, t, err);
}

int up_json_skip(struct up_json *j, const struct up_json_token *t, struct up_err *err)
{
    struct up_json_token next = *t;
    int rc = UP_OK;
    if (t->kind == UP_JSON_KEY)
        rc = up_json_next(j, &next, err);
    if (rc || (next.kind != UP_JSON_OBJECT && next.kind != UP_JSON_LIST))
        return rc;
    unsigned outside = j->depth - 1;
    while (!rc && j->depth > outside)
        rc = up_json_next(j, &next, err);
    return rc;
}

int up_json_want(struct up_json *j, enum up_json_kind kind, struct up_json_token *t,
                 const char *what, struct up_err *err)
{
    int rc = up_json_next(j, t, err);
    if (!rc && t->kind != kind)
        rc = up_json_fail(j, t, err, "%s must be %s, found %s", what, up_json_kind_name(kind),
                          up_json_kind_name(t->kind));
    return rc;
}
