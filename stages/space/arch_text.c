/* Reads the text of an architecture piece by piece and says where it went wrong. */
#include "stages/space/arch_text.h"
#include <string.h>

struct up_arch_text up_arch_text_of(const char *s, size_t n)
{
    return (struct up_arch_text){s, s, s + n};
}

size_t up_arch_text_column(const struct up_arch_text *t)
{
    return (size_t)(t->p - t->start) + 1;
}

char up_arch_text_peek(const struct up_arch_text *t) { return t->p < t->end ? *t->p : '\0'; }

void up_arch_text_blanks(struct up_arch_text *t)
{
    while (t->p < t->end && (*t->p == ' ' || *t->p == '\t' || *t->p == '\n' || *t->p == '\r'))
        t->p++;
}

bool up_arch_text_take(struct up_arch_text *t, char c)
{
    up_arch_text_blanks(t);
    if (t->p == t->end || *t->p != c)
        return false;
    t->p++;
    return true;
}

bool up_arch_text_number(struct up_arch_text *t, uint64_t *v)
{
    const char *from = t->p;
    for (*v = 0; t->p < t->end && *t->p >= '0' && *t->p <= '9'; t->p++)
        if (__builtin_mul_overflow(*v, 10u, v) ||
            __builtin_add_overflow(*v, (uint64_t)(*t->p - '0'), v)) {
            t->p = from; /* whoever complains points at its first digit */
            return false;
        }
    return t->p > from;
}

struct up_view up_arch_text_word(struct up_arch_text *t)
{
    const char *from = t->p;
    while (t->p < t->end && ((*t->p >= 'a' && *t->p <= 'z') || (*t->p >= 'A' && *t->p <= 'Z') ||
                             (*t->p >= '0' && *t->p <= '9') || *t->p == '_' || *t->p == '-'))
        t->p++;
    return (struct up_view){(const uint8_t *)from, (size_t)(t->p - from)};
}

bool up_arch_text_quoted(struct up_arch_text *t, struct up_view *v)
{
    up_arch_text_blanks(t);
    char quote = up_arch_text_peek(t);
    if (quote != '"' && quote != '\'')
        return false;
    const char *p = t->p + 1;
    while (p < t->end && *p != quote && *p != '\\' && *p != '\n')
        p++;
    if (p == t->end || *p != quote)
        return false;
    *v = (struct up_view){(const uint8_t *)t->p + 1, (size_t)(p - t->p - 1)};
    t->p = p + 1;
    return true;
}

bool up_arch_text_over(struct up_arch_text *t)
{
    up_arch_text_blanks(t);
    return t->p == t->end;
}

int up_arch_text_expected(const struct up_arch_text *t, struct up_err *err, const char *what)
{
    struct up_arch_text at = *t;
    up_arch_text_blanks(&at);
    size_t col = up_arch_text_column(&at);
    if (at.p == at.end)
        return up_fail(err, UP_EINVAL, "column %zu: the text ends where %s was expected", col,
                       what);
    unsigned char c = (unsigned char)*at.p;
    if (c < 0x20 || c > 0x7e)
        return up_fail(err, UP_EINVAL, "column %zu: expected %s, found byte 0x%02x", col, what,
                       c);
    return up_fail(err, UP_EINVAL, "column %zu: expected %s, found '%c'", col, what, c);
}

/* Levenshtein distance; words longer than the row are far from everything. */
static size_t distance(struct up_view a, const char *b)
{
    size_t row[64], n = strlen(b);
    if (n >= 64 || a.len >= 64)
        return 64;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t best = diagonal + (a.data[i - 1] != (uint8_t)b[j - 1]);
            diagonal = row[j];
            best = best < row[j] + 1 ? best : row[j] + 1;
            row[j] = best < row[j - 1] + 1 ? best : row[j - 1] + 1;
        }
    }
    return row[n];
}

const char *up_arch_text_nearest(struct up_view w, const char *const *names, size_t n)
{
    const char *best = NULL;
    size_t least = w.len / 2 + 1;
    for (size_t i = 0; i < n; i++) {
        size_t d = distance(w, names[i]);
        if (d < least) {
            least = d;
            best = names[i];
        }
    }
    return best;
}
