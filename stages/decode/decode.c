/* Stage decode: what was found, in every form a person takes away.
 *
 * {entries [{accuracy {column: x}, arch, calibrated {proxy: x}, flops, index, naslib,
 *   params, predicted {proxy: x}, rank, score {proxy: x}, unified, unified_scored}],
 *  files {name: bytes}; schema; space}
 *
 * calibrated and score are empty, and unified_scored is nil, for an architecture
 * outside the scored ones; a value that is not known is left out of its map. */
#include "stages/decode/drawing.h"
#include "stages/artifact/entries.h"
#include "stages/artifact/input.h"
#include "store/base/writer.h"
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

struct bundle_file {
    char name[64];
    struct up_buf bytes;
};
struct bundle {
    size_t n, cap;
    struct bundle_file *file;
};

static struct up_buf *bundle_add(struct bundle *b, const char *before, size_t rank,
                                 const char *after)
{
    if (b->n == b->cap) {
        b->cap = b->cap ? 2 * b->cap : 32;
        b->file = up_realloc(b->file, b->cap * sizeof *b->file);
    }
    struct bundle_file *f = &b->file[b->n++];
    *f = (struct bundle_file){.bytes = UP_BUF_INIT};
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

/* A map of the values there are. */
static void write_reals(struct up_writer *w, const char *key, size_t n,
                        const char *const *names, const double *v)
{
    up_writer_map(w, key);
    for (size_t i = 0; v && i < n; i++)
        if (v[i] == v[i])
            up_writer_real(w, names[i], v[i]);
    up_writer_close(w);
}

static void write_real(struct up_writer *w, const char *key, double v)
{
    if (v == v)
        up_writer_real(w, key, v);
    else
        up_writer_nil(w, key);
}

static void write_spelling(struct up_writer *w, const char *key, const struct up_scored *s,
                           const struct up_arch *a, enum up_spelling spelling)
{
    char text[UP_ARCH_TEXT];
    s->space->print(text, a, spelling);
    up_writer_str(w, key, text);
}

static void write_entry(struct up_writer *w, const struct up_entries *x, size_t i)
{
    const struct up_scored *s = x->scored;
    const struct up_entries_item *e = &x->e[i];
    up_writer_map(w, NULL);
    write_reals(w, "accuracy", s->truth.columns, s->truth.name, e->accuracy);
    write_spelling(w, "arch", s, &e->arch, UP_SPELL_OFFICIAL);
    write_reals(w, "calibrated", s->m, s->name, e->calibrated);
    write_real(w, "flops", e->flops);
    write_spelling(w, "index", s, &e->arch, UP_SPELL_INDEX);
    write_spelling(w, "naslib", s, &e->arch, UP_SPELL_NASLIB);
    write_real(w, "params", e->params);
    write_reals(w, "predicted", s->m, s->name, e->predicted);
    up_writer_uint(w, "rank", i + 1);
    write_reals(w, "score", s->m, s->name, e->raw);
    write_real(w, "unified", e->unified);
    write_real(w, "unified_scored", e->unified_scored);
    up_writer_close(w);
}

static void draw_cell(struct bundle *f, const struct up_entries *x, size_t i,
                      struct up_arena *arena)
{
    const struct up_space *space = x->scored->space;
    struct up_diagram d = {0};
    char text[UP_ARCH_TEXT];
    space->diagram(&d, &x->e[i].arch);
    space->print(text, &x->e[i].arch, UP_SPELL_OFFICIAL);
    const char *caption = up_arena_printf(arena, "%zu. %s", i + 1, text);
    up_drawing_svg(bundle_add(f, "cell-", i + 1, ".svg"), &d, caption);
    up_drawing_dot(bundle_add(f, "cell-", i + 1, ".dot"), &d, caption);
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

static void write_out(struct up_buf *out, const struct up_entries *x, const struct bundle *f)
{
    struct up_writer w = up_writer_of(out);
    up_writer_list(&w, "entries");
    for (size_t i = 0; i < x->n; i++)
        write_entry(&w, x, i);
    up_writer_close(&w);
    up_writer_map(&w, "files");
    for (size_t i = 0; i < f->n; i++)
        up_writer_bin(&w, f->file[i].name, f->file[i].bytes.data, f->file[i].bytes.len);
    up_writer_close(&w);
    up_writer_str(&w, "schema", "upnas.decode/1");
    up_writer_str(&w, "space", x->scored->space->name);
    up_writer_end(&w);
}

/* Every file that a person takes away. */
static void bundle_make(struct bundle *f, struct up_job *job, const struct up_entries *x,
                        const char *preset, const char *calibration)
{
    struct up_arena *arena = up_job_arena(job);
    size_t pictures = (size_t)up_job_int(job, "pictures");
    size_t modules = (size_t)up_job_int(job, "modules");
    struct up_buf naslib = UP_BUF_INIT;
    for (size_t i = 0; i < x->n && i < pictures; i++)
        draw_cell(f, x, i, arena);
    for (size_t i = 0; i < x->n && i < modules; i++)
        modules_of(f, x, i, arena);
    up_entries_csv(bundle_add(f, "results", 0, ".csv"), x);
    up_entries_json(bundle_add(f, "result", 0, ".json"), x, preset, calibration);
    if (up_entries_naslib(&naslib, x, arena))
        *bundle_add(f, "naslib", 0, ".json") = naslib;
}

static int decode_run(struct up_job *job, struct up_err *err)
{
    struct up_scored scored;
    struct up_entries entries;
    struct bundle files = {0};
    struct up_reader space = up_artifact_read(job, "space", err);
    struct up_reader search = up_artifact_read(job, "search", err);
    struct up_reader lambda = up_artifact_read(job, "lambda", err);
    struct up_reader calibrate = up_artifact_read(job, "calibrate", err);
    const struct up_space *row = up_artifact_space(&space);
    const char *preset = up_reader_str(&lambda, "preset");
    const char *calibration = up_reader_str(&calibrate, "method");
    int rc = up_job_read(job, "space", up_reader_end(&space), err);
    if (!rc)
        rc = up_job_read(job, "lambda", up_reader_end(&lambda), err);
    if (!rc)
        rc = up_job_read(job, "calibrate", up_reader_end(&calibrate), err);
    if (!rc)
        rc = up_job_read(job, "scores|calibrate|lambda|benchmark",
                         up_scored_load(&scored, row, job, err), err);
    if (!rc)
        rc = up_job_read(job, "search", up_entries_load(&entries, &scored, &search), err);
    if (rc)
        return rc;
    bundle_make(&files, job, &entries, preset, calibration);
    write_out(up_job_out(job), &entries, &files);
    bundle_release(&files);
    return UP_OK;
}

const struct up_stage up_stage_decode = {
    .name = "decode",
    .version = 1,
    .does = "writes the architectures found in every form that people use",
    .params = params,
    .inputs = inputs,
    .run = decode_run,
    .sound = up_files_sound};
