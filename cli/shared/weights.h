/* Weights by name from an .npz file, as a source for the proxies. */
#ifndef UP_CLI_SHARED_WEIGHTS_H
#define UP_CLI_SHARED_WEIGHTS_H
#include "stages/format/npz.h"
#include "stages/proxy/proxy.h"

struct up_weights {
    struct up_buf bytes;
    struct up_arena arena;
    struct up_npz npz;
    size_t n;
    struct up_named_tensor {
        const char *name;
        struct up_given_tensor t;
    } * tensor;
};
/* Reads every tensor of the file as float32. */
int up_weights_open(struct up_weights *w, const char *path, struct up_err *err);
struct up_given_weights up_weights_source(struct up_weights *w);
void up_weights_release(struct up_weights *w); /* after a failed open, too */

#endif
