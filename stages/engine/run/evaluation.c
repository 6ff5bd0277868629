/* The life of an evaluation: the network is built, its buffers are placed, its passes made. */
#include "stages/engine/run/evaluation.h"

enum { MAX_PIXELS = 1 << 26 }; /* images x rows x columns: products of sizes fit an int */

static int check_images(const struct up_subject *of, struct up_err *err)
{
    const struct up_batch *b = of->batch;
    if (b->h != of->size->height || b->w != of->size->width)
        return up_fail(err, UP_EINVAL,
                       "the images are %d x %d pixels and the network is for %d x %d", b->h,
                       b->w, of->size->height, of->size->width);
    if (b->n < 1 || (double)b->n * b->h * b->w > MAX_PIXELS)
        return up_fail(
            err, UP_EINVAL,
            "a batch of %d images of %d x %d pixels cannot be scored: 1 to %d pixels in "
            "all; change the batch",
            b->n, b->h, b->w, MAX_PIXELS);
    return UP_OK;
}

static int check_labels(const struct up_subject *of, struct up_err *err)
{
    const struct up_batch *b = of->batch;
    for (int i = 0; i < b->n; ++i)
        if (b->y[i] < 0 || b->y[i] >= of->size->classes)
            return up_fail(
                err, UP_EINVAL,
                "label %d of the batch is %d and the network has %d classes (0 to %d)", i,
                b->y[i], of->size->classes, of->size->classes - 1);
    return UP_OK;
}

static size_t most_sign_words(const struct up_network *net)
{
    size_t most = 0;
    for (int i = 0; i < net->program.slots; ++i) {
        const struct up_layout_slot *s = &net->layout.slot[i];
        size_t words = ((size_t)s->blocks * s->plane + 63) / 64;
        if (net->program.slot[i].relus && words > most)
            most = words;
    }
    return most;
}

int up_evaluation_init(struct up_evaluation *e, const struct up_subject *of, struct up_err *err)
{
    *e = (struct up_evaluation){.of = *of};
    int rc = up_network_init(&e->net, of->space, of->arch, of->size, of->batch->c, err);
    if (rc)
        return rc;
    e->run.sizes = up_passes_sizes(&e->net.program, &e->net.layout, &e->net.schedule);
    e->sign_words = most_sign_words(&e->net);
    return UP_OK;
}

/* The bytes of all buffers: placed without a base, they are only counted. */
static size_t count_bytes(struct up_evaluation *e, unsigned passes)
{
    struct up_slab_cursor at = {NULL, 0};
    e->passes = passes;
    up_evaluation_place(e, &at);
    return at.at;
}

size_t up_evaluation_size(struct up_evaluation *e, unsigned passes)
{
    return check_images(&e->of, NULL) ? 0 : count_bytes(e, passes);
}

int up_evaluation_begin(struct up_evaluation *e, unsigned passes, struct up_slab *slab,
                        struct up_err *err)
{
    const struct up_subject *of = &e->of;
    const struct up_network *net = &e->net;
    int rc = check_images(of, err);
    if (rc || (rc = check_labels(of, err)))
        return rc;
    size_t size = count_bytes(e, passes);
    struct up_slab_cursor at = {up_slab_reserve(slab, size), 0};
    if (!at.base)
        return up_fail(
            err, UP_ENOMEM,
            "scoring with a batch of %d images needs %zu MiB of memory per thread; use a "
            "smaller batch or fewer threads",
            of->batch->n, size >> 20);
    up_evaluation_place(e, &at);
    rc = up_initial_weights(e->weight, &net->program, of->seed, of->given, err);
    if (rc)
        return rc;
    up_layout_pack_f32(e->matrix, e->weight, &net->layout, &net->program, false);
    up_layout_pack_f32(e->turned, e->weight, &net->layout, &net->program, true);
    return UP_OK;
}

void up_evaluation_run(struct up_evaluation *e, void (*after)(void *ctx, enum up_pass pass),
                       void *ctx)
{
    static const struct {
        enum up_pass pass;
        void (*make)(struct up_evaluation *);
    } order[] = {
        {UP_PASS_WEIGHTS, NULL}, /* filled when the evaluation began */
        {UP_PASS_FORWARD, up_evaluation_forward},
        {UP_PASS_JACOBIAN, up_evaluation_jacobian},
        {UP_PASS_LOSS, up_evaluation_loss},
        {UP_PASS_HESSIAN, up_evaluation_hessian},
        {UP_PASS_ABSOLUTE, up_evaluation_absolute},
        {UP_PASS_FEATURES, NULL}, /* left to the reader */
    };
    unsigned asked = e->passes;
    e->passes = 0;
    for (size_t i = 0; i < sizeof order / sizeof *order; ++i) {
        if (!(asked & order[i].pass))
            continue;
        if (order[i].make)
            order[i].make(e);
        e->passes |= order[i].pass;
        after(ctx, order[i].pass);
    }
}

void up_evaluation_release(struct up_evaluation *e) { up_network_release(&e->net); }
