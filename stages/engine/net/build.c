/* The table of network builders: which search spaces have a network to evaluate. */
#include "stages/engine/net/build.h"

#include <string.h>

/* How to add one: write net_SPACE.c with a builder that appends the network's
 * operations to the program, stem to logits; name its tensors as the PyTorch
 * module does; declare it in build.h; add the row. */
static const struct {
    const char *space;
    int (*build)(struct up_program *p, const struct up_arch *arch,
                 const struct up_net_size *size, int image_channels, struct up_err *err);
} builders[] = {
    {"nb201", up_program_nb201},
    {"darts", up_program_darts},
};

/* More than any network of the field has, few enough that products of sizes fit an int. */
enum { MAX_CHANNELS = 1024, MAX_DEPTH = 100, MAX_CLASSES = 100000, MAX_SIDE = 1024 };

static int check_size(const struct up_net_size *s, int image_channels, struct up_err *err)
{
    if (s->channels < 1 || s->channels > MAX_CHANNELS || s->depth < 1 || s->depth > MAX_DEPTH ||
        s->classes < 1 || s->classes > MAX_CLASSES || image_channels < 1 ||
        image_channels > MAX_CHANNELS || s->height < 1 || s->height > MAX_SIDE ||
        s->width < 1 || s->width > MAX_SIDE)
        return up_fail(err, UP_EINVAL,
                       "the network size is out of range: channels 1..%d, depth 1..%d, classes "
                       "1..%d, image sides 1..%d",
                       MAX_CHANNELS, MAX_DEPTH, MAX_CLASSES, MAX_SIDE);
    return UP_OK;
}

int up_program_build(struct up_program *p, const struct up_space *space,
                     const struct up_arch *arch, const struct up_net_size *size,
                     int image_channels, struct up_err *err)
{
    int rc = check_size(size, image_channels, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < sizeof builders / sizeof *builders; ++i)
        if (!strcmp(builders[i].space, space->name)) {
            rc = builders[i].build(p, arch, size, image_channels, err);
            if (rc)
                up_program_release(p);
            return rc;
        }
    return up_fail(err, UP_EUNSUPPORTED,
                   "there is no network to score for the search space '%s'; import its scores",
                   space->name);
}
