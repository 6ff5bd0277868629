/* Ready-made weights of proxies. */
#ifndef UP_LAMBDA_PRESETS_H
#define UP_LAMBDA_PRESETS_H
#include <stddef.h>

struct up_preset_weight {
    const char *proxy;
    double weight;
};
/* What weights were fitted on: the accuracies of architectures of a space. */
struct up_preset_fitted {
    const char *space, *data; /* NULL: written by hand */
};
/* Weights mean something under the calibration they were found with, and say nothing
 * about the architectures they were fitted on. */
struct up_preset {
    const char *name;
    const char *calibration;
    const char *source;
    struct up_preset_fitted fitted;
    const struct up_preset_weight *weight; /* ends with a NULL proxy */
};
extern const struct up_preset up_presets[];               /* ends with a NULL name */
const struct up_preset *up_preset_find(const char *name); /* NULL: none of that name */

/* The preset's weight of a proxy; 0 and *known = 0 for one it does not have. */
double up_preset_weight_of(const struct up_preset *p, const char *proxy, int *known);

#endif
