/* Reads a table from a list of architectures, one a line. */
#include "stages/format/table.h"
#include <string.h>

static bool blank(uint8_t c) { return c == ' ' || c == '\t' || c == '\r'; }

void up_table_list(struct up_table *t, struct up_view bytes)
{
    const uint8_t *p = bytes.data, *end = p + bytes.len;
    if (bytes.len >= 3 && !memcmp(p, "\xef\xbb\xbf", 3))
        p += 3;
    for (size_t line = 1; p < end; line++) {
        const uint8_t *stop = memchr(p, '\n', (size_t)(end - p)), *from = p;
        const uint8_t *to = stop ? stop : end;
        p = stop ? stop + 1 : end;
        while (from < to && blank(*from))
            from++;
        while (to > from && blank(to[-1]))
            to--;
        if (from < to && *from != '#')
            up_table_add_row(t, (const char *)from, (size_t)(to - from), line);
    }
}
