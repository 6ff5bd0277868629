/* The colour of each operation, the same in every picture. */
#include "stages/decode/drawing.h"
#include <string.h>

/* How to add an operation: one line here; an operation without one is drawn in
 * dark grey. Dark enough to read as text on white. */
static const struct {
    const char *operation, *colour;
} palette[] = {
    {"none", "#9a9a9a"},         {"skip_connect", "#2b8a3e"}, {"nor_conv_1x1", "#3182bd"},
    {"nor_conv_3x3", "#08418c"}, {"avg_pool_3x3", "#d9480f"}, {"max_pool_3x3", "#a61e4d"},
    {"sep_conv_3x3", "#5f3dc4"}, {"sep_conv_5x5", "#9c36b5"}, {"dil_conv_3x3", "#0b7285"},
    {"dil_conv_5x5", "#087f5b"},
};

const char *up_operation_colour(const char *operation)
{
    for (size_t i = 0; i < sizeof palette / sizeof *palette; i++)
        if (strcmp(palette[i].operation, operation) == 0)
            return palette[i].colour;
    return "#495057";
}
