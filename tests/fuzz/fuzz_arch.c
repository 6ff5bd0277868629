/* links: up_space
 * What parses prints, and what is printed parses to the same architecture; NAS-Bench-301's
 * configuration alone does not know the order of a node's pairs. Whatever parses has a
 * canonical form that is its own, and comes back from its graphs. */
#include "stages/space/space.h"
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void again(const struct up_space *s, const struct up_arch *a, enum up_spelling spelling)
{
    struct up_arch b, ca, cb;
    char text[UP_ARCH_TEXT];
    s->print(text, a, spelling);
    UP_CHECK(s->parse(&b, text, strlen(text), NULL) == UP_OK);
    s->canonical(&ca, a);
    s->canonical(&cb, &b);
    UP_CHECK(up_arch_cmp(&ca, &cb) == 0);
    UP_CHECK(spelling == UP_SPELL_CONFIG || up_arch_cmp(a, &b) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (const struct up_space *const *s = up_spaces; *s; s++) {
        struct up_arch a, b, c;
        struct up_cell_graph g[UP_GRAPHS_MAX];
        struct up_err err;
        if ((*s)->parse(&a, (const char *)data, size, &err))
            continue;
        for (int i = UP_SPELL_OFFICIAL; i <= UP_SPELL_CONFIG; i++)
            again(*s, &a, (enum up_spelling)i);
        (*s)->canonical(&b, &a);
        (*s)->canonical(&c, &b);
        UP_CHECK(up_arch_cmp(&b, &c) == 0);
        (*s)->encode(g, &a);
        UP_CHECK((*s)->decode(&b, g, &err) == UP_OK && up_arch_cmp(&a, &b) == 0);
    }
    return 0;
}
