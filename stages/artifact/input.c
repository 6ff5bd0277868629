/* A node's inputs behind readers, see input.h. */
#include "stages/artifact/input.h"

bool up_artifact_read_if(struct up_reader *r, struct up_job *job, const char *stage,
                         struct up_err *err)
{
    struct up_view doc;
    struct up_arena *arena = up_job_arena(job);
    if (!up_job_input(job, stage, &doc))
        return false;
    *r = up_reader_of(up_arena_printf(arena, "the artifact of %s", stage), doc, arena, err);
    return true;
}

struct up_reader up_artifact_read(struct up_job *job, const char *stage, struct up_err *err)
{
    struct up_reader r;
    UP_CHECK(up_artifact_read_if(&r, job, stage, err));
    return r;
}

const struct up_space *up_artifact_space(struct up_reader *r)
{
    const struct up_space *space = NULL;
    const char *name = up_reader_str(r, "space");
    if (up_reader_end(r) || up_reader_adopt(r, up_space_find(&space, name, r->err)))
        return NULL;
    return space;
}

const uint8_t *up_artifact_archs(struct up_reader *r, const struct up_space *space, size_t *n)
{
    size_t genes;
    const uint8_t *archs = up_reader_matrix(r, "archs", UP_U8, n, &genes);
    if (up_reader_end(r) ||
        up_reader_adopt(r, up_space_check(space, archs, *n, genes, r->err))) {
        *n = 0;
        return NULL;
    }
    return archs;
}

const uint8_t *up_artifact_archs_of(struct up_reader *r, const struct up_space *space, size_t n)
{
    size_t has;
    const uint8_t *archs = up_artifact_archs(r, space, &has);
    if (!up_reader_end(r) && has != n)
        (void)up_reader_fail(r, "it has %zu architectures for %zu rows", has, n);
    return up_reader_end(r) ? NULL : archs;
}
