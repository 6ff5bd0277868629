#include "dag/config/suggest.h"

#include <ctype.h>
#include <string.h>

enum { LONGEST = 63 };

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static int lower(char c) { return tolower((unsigned char)c); }

/* Insertions, deletions, replacements and swaps of neighbours, case aside. */
static size_t distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    size_t rows[3][LONGEST + 2];
    size_t *older = rows[0], *old = rows[1], *now = rows[2];
    for (size_t j = 0; j <= m; j++)
        old[j] = j;
    for (size_t i = 1; i <= n; i++) {
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t differ = lower(a[i - 1]) != lower(b[j - 1]);
            now[j] = least(least(old[j], now[j - 1]) + 1, old[j - 1] + differ);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]))
                now[j] = least(now[j], older[j - 2] + 1);
        }
        size_t *spare = older;
        older = old;
        old = now;
        now = spare;
    }
    return old[m];
}

struct up_suggest up_suggest_for(const char *word)
{
    return (struct up_suggest){.word = word, .distance = 1 + least(3, 1 + strlen(word) / 5)};
}

void up_suggest_offer(struct up_suggest *s, const char *candidate)
{
    if (strlen(s->word) > LONGEST || strlen(candidate) > LONGEST)
        return;
    size_t d = distance(s->word, candidate);
    if (d < s->distance && d < strlen(candidate)) {
        s->distance = d;
        s->best = candidate;
    }
}
