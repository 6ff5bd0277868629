/* Stage decode: what was found, in every form a person takes away.
 *
 * {entries [{accuracy {column: x}, arch, calibrated {proxy: x}, flops, index, naslib,
 *   params, predicted {proxy: x}, rank, score {proxy: x}, unified, unified_scored}],
 *  files {name: bytes}; schema; space}
 *
 * calibrated and score are empty, and unified_scored is nil, for an architecture
 * outside the scored ones; a value that is not known is left out of its map. */
#include "dag/stage.h"
#include "stages/decode/drawing.h"
#include "stages/artifact/entries.h"
#include "store/base/pack.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct up_param params[] = {
    {.name = "pictures",
     .kind = UP_P_INT,
     .def = "10",
     .min = 0,
     .max = 1000,
     .doc = "number of architectures drawn, as cell-RANK.svg and cell-RANK.dot"},
    {.name = "modules",
     .kind = UP_P_INT,
     .def = "1",
     .min = 0,
     .max = 1000,
     .doc = "number of architectures written as PyTorch modules, net-RANK.py, one for each "
            "network of the space"},
    {0},
};
static const struct up_stage_input inputs[] = {
    {"space", NULL},
    {"scores", NULL},
    {"calibrate", NULL},
    {"lambda", NULL},
    {"search", NULL},
    {"benchmark", "benchmark.scores|benchmark.accuracy"},
    {0},
};

struct taken { /* a file */
    char name[64];
    struct up_buf bytes;
};
struct bundle {
    size_t n, cap;
    struct taken *file;
};

static struct up_buf *bundle_add(struct bundle *b, const char *before, size_t rank,
                                 const char *after)
{
    if (b->n == b->cap) {
        b->cap = b->cap ? 2 * b->cap : 32;
        b->file = up_realloc(b->file, b->cap * sizeof *b->file);
    }
    struct taken *f = &b->file[b->n++];
    *f = (struct taken){.bytes = UP_BUF_INIT};
    if (rank)
        snprintf(f->name, sizeof f->name, "%s%zu%s", before, rank, after);
    else
        snprintf(f->name, sizeof f->name, "%s%s", before, after);
    return &f->bytes;
}

static void bundle_release(struct bundle *b)
{
    for (size_t i = 0; i < b->n; i++)
        up_buf_release(&b->file[i].bytes);
    free(b->file);
}

static int taken_cmp(const void *a, const void *b)
{
    return strcmp(((const struct taken *)a)->name, ((const struct taken *)b)->name);
}

static void pack_reals(struct up_buf *b, const char *key, size_t n, const char *const *names,
                       const double *v, struct up_arena *arena)
{
    size_t *order = UP_NEW(arena, n + 1, size_t), kept = 0;
    for (size_t i = 0; v && i < n; i++) {
        if (v[i] != v[i])
            continue;
        size_t at = kept++;
        for (; at > 0 && strcmp(names[order[at - 1]], names[i]) > 0; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    up_pack_str(b, key);
    up_pack_map(b, kept);
    for (size_t i = 0; i < kept; i++) {
        up_pack_str(b, names[order[i]]);
        up_pack_real(b, v[order[i]]);
    }
}

static void pack_real(struct up_buf *b, const char *key, double v)
{
    up_pack_str(b, key);
    if (v == v)
        up_pack_real(b, v);
    else
        up_pack_nil(b);
}

static void pack_spelling(struct up_buf *b, const char *key, const struct up_scored *s,
                          const struct up_arch *a, enum up_spelling spelling)
{
    char text[UP_ARCH_TEXT];
    s->space->print(text, a, spelling);
    up_pack_str(b, key);
    up_pack_str(b, text);
}

static void pack_entry(struct up_buf *b, const struct up_entries *x, size_t i,
                       struct up_arena *arena)
{
    const struct up_scored *s = x->scored;
    const struct up_entry *e = &x->e[i];
    up_pack_map(b, 12);
    pack_reals(b, "accuracy", s->truth.columns, s->truth.name, e->accuracy, arena);
    pack_spelling(b, "arch", s, &e->arch, UP_SPELL_OFFICIAL);
    pack_reals(b, "calibrated", s->m, s->name, e->calibrated, arena);
    pack_real(b, "flops", e->flops);
    pack_spelling(b, "index", s, &e->arch, UP_SPELL_INDEX);
    pack_spelling(b, "naslib", s, &e->arch, UP_SPELL_NASLIB);
    pack_real(b, "params", e->params);
    pack_reals(b, "predicted", s->m, s->name, e->predicted, arena);
    up_pack_str(b, "rank");
    up_pack_uint(b, i + 1);
    pack_reals(b, "score", s->m, s->name, e->raw, arena);
    pack_real(b, "unified", e->unified);
    pack_real(b, "unified_scored", e->unified_scored);
}

static void draw(struct bundle *f, const struct up_entries *x, size_t i, struct up_arena *arena)
{
    const struct up_space *space = x->scored->space;
    struct up_diagram d = {0};
    char text[UP_ARCH_TEXT];
    space->diagram(&d, &x->e[i].arch);
    space->print(text, &x->e[i].arch, UP_SPELL_OFFICIAL);
    const char *caption = up_arena_printf(arena, "%zu. %s", i + 1, text);
    up_cell_svg(bundle_add(f, "cell-", i + 1, ".svg"), &d, caption);
    up_cell_dot(bundle_add(f, "cell-", i + 1, ".dot"), &d, caption);
}

/* One module per network of the space. */
static void modules_of(struct bundle *f, const struct up_entries *x, size_t i,
                       struct up_arena *arena)
{
    const struct up_space *space = x->scored->space;
    const struct up_arch *a = &x->e[i].arch;
    space->torch(bundle_add(f, "net-", i + 1, ".py"), a, &space->net);
    for (const struct up_other_net *o = space->others; o && o->name; o++)
        space->torch(bundle_add(f, "net-", i + 1, up_arena_printf(arena, "-%s.py", o->name)), a,
                     &o->size);
}

static void pack_files(struct up_buf *out, struct bundle *f)
{
    qsort(f->file, f->n, sizeof *f->file, taken_cmp);
    up_pack_map(out, f->n);
    for (size_t i = 0; i < f->n; i++) {
        up_pack_str(out, f->file[i].name);
        up_pack_bin(out, f->file[i].bytes.data, f->file[i].bytes.len);
    }
}

static void decode_pack(struct up_job *job, const struct up_entries *x, const char *preset,
                        const char *calibration)
{
    struct up_buf *out = up_job_out(job);
    struct up_arena *arena = up_job_arena(job);
    size_t pictures = (size_t)up_job_int(job, "pictures");
    size_t modules = (size_t)up_job_int(job, "modules");
    struct bundle f = {0};
    struct up_buf naslib = UP_BUF_INIT;
    for (size_t i = 0; i < x->n && i < pictures; i++)
        draw(&f, x, i, arena);
    for (size_t i = 0; i < x->n && i < modules; i++)
        modules_of(&f, x, i, arena);
    up_entries_csv(bundle_add(&f, "results", 0, ".csv"), x);
    up_entries_json(bundle_add(&f, "result", 0, ".json"), x, preset, calibration);
    if (up_entries_naslib(&naslib, x, arena))
        *bundle_add(&f, "naslib", 0, ".json") = naslib;
    up_pack_map(out, 4);
    up_pack_str(out, "entries");
    up_pack_list(out, x->n);
    for (size_t i = 0; i < x->n; i++)
        pack_entry(out, x, i, arena);
    up_pack_str(out, "files");
    pack_files(out, &f);
    up_pack_str(out, "schema");
    up_pack_str(out, "upnas.decode/1");
    up_pack_str(out, "space");
    up_pack_str(out, x->scored->space->name);
    bundle_release(&f);
}

static int decode_run(struct up_job *job, struct up_err *err)
{
    struct up_view space, scores, calibrate, lambda, search, benchmark = {0};
    struct up_arena *arena = up_job_arena(job);
    const char *name, *preset, *calibration;
    const struct up_space *row;
    struct up_scored scored;
    struct up_entries entries;
    UP_CHECK(up_job_input(job, "space", &space) && up_job_input(job, "scores", &scores) &&
             up_job_input(job, "calibrate", &calibrate) &&
             up_job_input(job, "lambda", &lambda) && up_job_input(job, "search", &search));
    if (!up_job_input(job, "benchmark", &benchmark))
        benchmark = (struct up_view){0};
    int rc = up_doc_str(space, "space", arena, &name, err);
    if (!rc)
        rc = up_space_find(&row, name, err);
    if ((rc = up_job_read(job, "space", rc, err)))
        return rc;
    rc = up_scored_load(&scored, row, scores, calibrate, lambda, benchmark, arena, err);
    if ((rc = up_job_read(job, "scores|calibrate|lambda|benchmark", rc, err)))
        return rc;
    rc = up_entries_load(&entries, &scored, search, arena, err);
    if ((rc = up_job_read(job, "search", rc, err)))
        return rc;
    rc = up_job_read(job, "lambda", up_doc_str(lambda, "preset", arena, &preset, err), err);
    if (!rc)
        rc = up_job_read(job, "calibrate",
                         up_doc_str(calibrate, "method", arena, &calibration, err), err);
    if (!rc)
        decode_pack(job, &entries, preset, calibration);
    return rc;
}

const struct up_stage up_stage_decode = {
    .name = "decode",
    .version = 1,
    .does = "writes the architectures found in every form that people use",
    .params = params,
    .inputs = inputs,
    .run = decode_run,
    .sound = up_files_sound};
