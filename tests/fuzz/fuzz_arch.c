/* links: up_space
 * What parses prints, and what is printed parses to the same architecture. */
#include "stages/space/space.h"
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum up_spelling all[] = {UP_SPELL_OFFICIAL, UP_SPELL_NASLIB, UP_SPELL_INDEX};
    for (const struct up_space *const *s = up_spaces; *s; s++) {
        struct up_arch a, b;
        struct up_err err;
        char text[UP_ARCH_TEXT];
        if ((*s)->parse(&a, (const char *)data, size, &err))
            continue;
        for (int i = 0; i < 3; i++) {
            (*s)->print(text, &a, all[i]);
            UP_CHECK((*s)->parse(&b, text, strlen(text), &err) == UP_OK);
            UP_CHECK(up_arch_cmp(&a, &b) == 0);
        }
    }
    return 0;
}
