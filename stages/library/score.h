/* Scores of one architecture, for a program that links upnas and computes no pipeline.
 *
 * Nothing here reads a file, a clock or the environment. Portable results: equal bits on any
 * x86-64 processor with AVX2 and FMA. */
#ifndef UP_LIBRARY_SCORE_H
#define UP_LIBRARY_SCORE_H
#include "store/base/err.h"
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct up_library_batch {  /* the images that the network is scored on; borrowed */
    int n, h, w, classes;  /* h and w multiples of 4 */
    const float *images;   /* [n][3][h][w], normalised */
    const int32_t *labels; /* [n], 0 <= label < classes */
};
struct up_library_score {
    const char *proxy;  /* its name */
    int version;        /* is raised when the same network may get other bits */
    double value;       /* NaN where reason is not NULL */
    const char *reason; /* why there is no value; NULL where there is */
};

/* How many proxies there are. */
size_t up_library_proxies(void);
/* scores[up_library_proxies()] of the architecture `arch` in any spelling of the space named
 * ("nb201", "darts"), in the published size of its network, with weights drawn from the seed.
 * UP_EINVAL: there is no such space or architecture, or the batch has no such images. */
int up_library_score(struct up_library_score *scores, const char *space, const char *arch,
                     const struct up_library_batch *batch, uint64_t seed, struct up_err *err);

#ifdef __cplusplus
}
#endif

#endif
