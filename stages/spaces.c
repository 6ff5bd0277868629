/* space: the pool of architectures, canonical, in an order that depends on the
 * seed alone.   {archs u8[n][genes]; schema; space} */
#include "dag/stage.h"
#include "stages/space/space.h"
#include "store/base/pack.h"
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"nb201", NULL};
static const struct up_param params[] = {
    {.name = "name",
     .kind = UP_P_ENUM,
     .def = "nb201",
     .choices = names,
     .doc = "the search space"},
    {.name = "pool",
     .kind = UP_P_INT,
     .def = "0",
     .min = 0,
     .max = 100000000,
     .doc = "distinct architectures in the pool; 0: all of them"},
    {.name = "seed", .kind = UP_P_INT, .seed = true, .doc = "of the order of the pool"},
    {0},
};
static const struct up_stage_input inputs[] = {{0}};

static int run(struct up_job *job, struct up_err *err)
{
    const struct up_space *space;
    struct up_arch *pool = NULL;
    size_t n;
    int rc = up_space_find(&space, up_job_str(job, "name"), err);
    if (!rc)
        rc = up_space_pool(&pool, &n, space, (size_t)up_job_int(job, "pool"),
                           up_job_seed(job, "seed"), err);
    if (rc)
        return rc;
    size_t genes = (size_t)space->genes;
    uint8_t *archs = UP_NEW(up_job_arena(job), n * genes, uint8_t);
    for (size_t i = 0; i < n; i++)
        memcpy(archs + i * genes, pool[i].gene, genes);
    free(pool);
    struct up_buf *out = up_job_out(job);
    up_pack_map(out, 3);
    up_pack_str(out, "archs");
    up_pack_array2(out, UP_U8, archs, n, genes);
    up_pack_str(out, "schema");
    up_pack_str(out, "upnas.space/1");
    up_pack_str(out, "space");
    up_pack_str(out, space->name);
    up_job_note(job, "%zu architectures of %s", n, space->name);
    return UP_OK;
}

const struct up_stage up_stage_space = {
    .name = "space",
    .version = 1,
    .does = "lists the architectures to choose from",
    .params = params,
    .inputs = inputs,
    .run = run,
};
