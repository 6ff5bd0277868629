/* space: the pool of architectures, canonical, in an order that depends on the
 * seed alone; or those of a file in the file's order, so that appending to it
 * recomputes nothing.   {archs u8[n][genes]; schema; space} */
#include "dag/stage.h"
#include "stages/format/table.h"
#include "stages/space/space.h"
#include "store/base/writer.h"
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"nb201", "darts", NULL};
static const struct up_param params[] = {
    {.name = "name",
     .kind = UP_P_ENUM,
     .def = "nb201",
     .choices = names,
     .doc = "the search space"},
    {.name = "list",
     .kind = UP_P_FILE,
     .doc = "a file of architectures, which become the pool in the file's order: one a line in "
            "any spelling, or a table (CSV, NPZ, NASLib JSON)"},
    {.name = "pool",
     .kind = UP_P_INT,
     .def = "0",
     .min = 0,
     .max = 100000000,
     .doc = "number of different architectures in the pool; 0: all of the space, or all of "
            "space.list"},
    {.name = "seed", .kind = UP_P_INT, .seed = true, .doc = "seed of the order of the pool"},
    {0},
};
static const struct up_stage_input inputs[] = {{0}};

struct pool {
    const struct up_space *space;
    size_t n, listed; /* listed: lines of the file, 0 without one */
    struct up_arch *arch;
};

static int parse_rows(struct pool *p, const struct up_table *t, struct up_err *err)
{
    for (size_t i = 0; i < t->rows; i++) {
        int rc = up_table_arch(&p->arch[i], t, i, t->row[i].arch, p->space, err);
        if (rc && t->row[i].line == 1)
            return up_fail_in(err, rc,
                              "space.list has no header with a column arch, so each of its "
                              "lines is one architecture");
        if (rc)
            return rc;
    }
    return UP_OK;
}

/* p->arch is the caller's, also after a failure. */
static int pool_of_file(struct pool *p, const struct up_file *f, struct up_job *job,
                        struct up_err *err)
{
    struct up_table t;
    const struct up_table_wish wish = {.archs = true};
    size_t want = (size_t)up_job_int(job, "pool");
    int rc = up_table_read(&t, f->path, f->bytes, &wish, up_job_arena(job), err);
    if (!rc && !t.rows)
        rc = up_fail(err, UP_EINVAL, "%s (space.list) holds no architectures", f->path);
    if (rc)
        return rc;
    p->listed = t.rows;
    p->arch = up_alloc(t.rows * sizeof *p->arch);
    rc = parse_rows(p, &t, err);
    if (rc)
        return rc;
    p->n = up_space_distinct(p->arch, t.rows, p->space);
    if (want > p->n)
        return up_fail(err, UP_EUSAGE,
                       "space.pool is %zu, but %s (space.list) has %zu distinct architectures; "
                       "set it to at most that, or to 0 for all",
                       want, f->path, p->n);
    p->n = want ? want : p->n;
    return UP_OK;
}

static void write_out(struct up_job *job, const struct pool *p)
{
    const struct up_space *space = p->space;
    size_t n = p->n, genes = (size_t)space->genes;
    uint8_t *archs = UP_NEW(up_job_arena(job), n * genes, uint8_t);
    for (size_t i = 0; i < n; i++)
        memcpy(archs + i * genes, p->arch[i].gene, genes);
    struct up_writer w = up_writer_of(up_job_out(job));
    up_writer_matrix(&w, "archs", UP_U8, archs, n, genes);
    up_writer_str(&w, "schema", "upnas.space/1");
    up_writer_str(&w, "space", space->name);
    up_writer_end(&w);
    if (p->listed)
        up_job_note(job, "%zu architectures of %s, of %zu listed", n, space->name, p->listed);
    else
        up_job_note(job, "%zu architectures of %s", n, space->name);
}

static int space_run(struct up_job *job, struct up_err *err)
{
    const struct up_file *file;
    struct pool p = {0};
    int rc = up_space_find(&p.space, up_job_str(job, "name"), err);
    if (!rc && up_job_files(job, "list", &file))
        rc = pool_of_file(&p, file, job, err);
    else if (!rc)
        rc = up_space_pool(&p.arch, &p.n, p.space, (size_t)up_job_int(job, "pool"),
                           up_job_seed(job, "seed"), err);
    if (!rc)
        write_out(job, &p);
    free(p.arch);
    return rc;
}

const struct up_stage up_stage_space = {
    .name = "space",
    .version = 2,
    .does = "lists the architectures to choose from",
    .params = params,
    .inputs = inputs,
    .run = space_run,
};
