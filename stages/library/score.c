/* Scores of one architecture for programs outside, see score.h. */
#include "stages/library/score.h"
#include "stages/proxy/proxy.h"
#include <string.h>

size_t up_library_proxies(void) { return UP_PROXIES; }

static int check_batch(const struct up_library_batch *b, struct up_err *err)
{
    if (b->n < 2 || b->classes < 2 || b->h < 4 || b->w < 4 || b->h % 4 || b->w % 4)
        return up_fail(err, UP_EINVAL,
                       "a batch of %d images of %d x %d in %d classes cannot be scored; give "
                       "two images or more, sides that are multiples of 4, two classes or more",
                       b->n, b->h, b->w, b->classes);
    for (int i = 0; i < b->n; i++)
        if (b->labels[i] < 0 || b->labels[i] >= b->classes)
            return up_fail(err, UP_EINVAL, "label %d of image %d is not below %d, the classes",
                           (int)b->labels[i], i, b->classes);
    return UP_OK;
}

int up_library_score(struct up_library_score *scores, const char *space, const char *arch,
                     const struct up_library_batch *b, uint64_t seed, struct up_err *err)
{
    struct up_proxy_scores s;
    const struct up_batch batch = {b->n, 3, b->h, b->w, b->classes, b->images, b->labels};
    struct up_proxy_job job = {
        .batch = &batch, .seed = seed, .want = (1u << UP_PROXIES) - 1, .isa = up_isa_best()};
    int rc = check_batch(b, err);
    if (!rc)
        rc = up_space_find(&job.space, space, err);
    if (!rc)
        rc = job.space->parse(&job.arch, arch, strlen(arch), err);
    if (rc)
        return rc;
    job.net = job.space->net;
    job.net.classes = b->classes;
    job.net.height = b->h;
    job.net.width = b->w;
    struct up_slab *slab = up_slab_new(up_proxy_memory(&job));
    rc = up_proxy_score(&s, &job, slab, err);
    up_slab_free(slab);
    for (int i = 0; i < UP_PROXIES && !rc; i++)
        scores[i] = (struct up_library_score){
            up_proxies[i].name, up_proxies[i].version, s.value[i],
            s.state[i] ? up_score_reason((enum up_score_state)s.state[i]) : NULL};
    return rc;
}
