/* Stage search: from the models and the weights to the best architectures.
 *
 * {archs u8[k][genes] canonical, best first; asked u8[q][genes] every architecture
 *  evaluated, in order; flops f64[k] millions; method; names [M]; params f64[k]
 *  millions; predicted f64[k][M] calibrated scores of the re-encoded architecture;
 *  progress f32[q] best unified score after each query; queries q; schema; space;
 *  trajectories {decoded f32[L], final u8[starts][genes], offset u32[starts + 1],
 *  point f32[L], stop u8[starts]}; unified f64[k]}
 *
 * Start i climbed steps offset[i] .. offset[i + 1] - 1; stop is 0 at the last step,
 * 1 decoded to nothing, 2 out of patience, 3 out of budget. */
#include "stages/search/limits.h"
#include "stages/search/search.h"
#include "dag/stage.h"
#include "stages/artifact/models.h"
#include "store/base/pack.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULTS "search.method=gradient&search.preset=default"
static const char *const methods[] = {"gradient", "random", "evolution", "exhaustive", NULL};
static const char *const presets[] = {"default", "paper", NULL};

static const struct up_param params[] = {
    {.name = "method",
     .kind = UP_P_ENUM,
     .def = "gradient",
     .choices = methods,
     .doc = "how to search: by gradient ascent, at random, by evolution, or all architectures"},
    {.name = "preset",
     .kind = UP_P_ENUM,
     .def = "default",
     .choices = presets,
     .when = "search.method=gradient",
     .doc = "paper: as published, one start that climbs by Adam at rate 1e-3 until it decodes "
            "to no architecture"},
    {.name = "starts",
     .kind = UP_P_INT,
     .def = "1024",
     .min = 1,
     .max = 1e6,
     .when = DEFAULTS,
     .doc = "number of architectures from which a climb starts; they climb together"},
    {.name = "steps",
     .kind = UP_P_INT,
     .def = "100",
     .min = 1,
     .max = 1e5,
     .when = DEFAULTS,
     .doc = "most steps of one climb"},
    {.name = "patience",
     .kind = UP_P_INT,
     .def = "25",
     .min = 0,
     .max = 1e5,
     .when = DEFAULTS,
     .doc = "steps without a better architecture after which a climb ends; 0: never"},
    {.name = "lr",
     .kind = UP_P_REAL,
     .def = "0.1",
     .min = 1e-8,
     .max = 10,
     .when = DEFAULTS,
     .doc = "learning rate of Adam"},
    {.name = "population",
     .kind = UP_P_INT,
     .def = "100",
     .min = 2,
     .max = 1e6,
     .when = "search.method=evolution",
     .doc = "number of architectures alive at a time"},
    {.name = "tournament",
     .kind = UP_P_INT,
     .def = "10",
     .min = 1,
     .max = 1e6,
     .when = "search.method=evolution",
     .doc = "number of architectures drawn, the best of which becomes a parent"},
    {.name = "budget",
     .kind = UP_P_INT,
     .def = "5000",
     .min = 1,
     .max = 1e8,
     .when = "search.method=gradient|random|evolution",
     .doc = "most architectures that may be evaluated: embedded, predicted and weighed"},
    {.name = "top",
     .kind = UP_P_INT,
     .def = "10",
     .min = 1,
     .max = 10000,
     .doc = "number of architectures to keep"},
    {.name = "max_flops",
     .kind = UP_P_REAL,
     .min = 1e-9,
     .max = 1e9,
     .doc = "most FLOPs of the scored network, in millions"},
    {.name = "max_params",
     .kind = UP_P_REAL,
     .min = 1e-9,
     .max = 1e9,
     .doc = "most parameters of the scored network, in millions"},
    {.name = "limits",
     .kind = UP_P_MAP,
     .when = "space.name!=nb201",
     .doc = "limits in millions on further networks built of the architecture: imagenet_flops, "
            "imagenet_params"},
    {.name = "seed", .kind = UP_P_INT, .seed = true, .doc = "seed of the search"},
    {0},
};

static const struct up_stage_input inputs[] = {
    {"space", NULL},
    {"vgae", NULL},
    {"mpe", NULL},
    {"lambda", NULL},
    {"calibrate", "search.max_flops|search.max_params|search.limits"},
    {0},
};

/* The paper climbs at 1e-3 until it falls off; the cap is a guard, not a rule. */
static const struct up_gradient_options paper = {1, 20000, 0, 1e-3, true};

struct watched {
    struct up_job *job;
    const char *unit;
};

static bool watch_canceled(void *ctx)
{
    const struct watched *w = ctx;
    return up_job_canceled(w->job);
}

static void watch_progress(void *ctx, size_t done, size_t total)
{
    const struct watched *w = ctx;
    up_job_progress(w->job, done, total, w->unit);
}

static void options_read(struct up_search *s, struct up_job *job, const char *method)
{
    s->seed = up_job_seed(job, "seed");
    if (strcmp(method, "evolution") == 0) {
        s->population = (size_t)up_job_int(job, "population");
        s->tournament = (size_t)up_job_int(job, "tournament");
    }
    if (strcmp(method, "gradient") != 0)
        return;
    if (strcmp(up_job_str(job, "preset"), "paper") == 0) {
        s->gradient = paper;
        return;
    }
    s->gradient = (struct up_gradient_options){.starts = (size_t)up_job_int(job, "starts"),
                                               .steps = (int)up_job_int(job, "steps"),
                                               .patience = (int)up_job_int(job, "patience"),
                                               .lr = up_job_real(job, "lr")};
}

static void pack_archs(struct up_buf *b, const struct up_search *s, const struct up_arch *a,
                       size_t n)
{
    size_t genes = (size_t)s->ledger.task->space->genes;
    uint8_t *v = UP_NEW(s->arena, n * genes + 1, uint8_t);
    for (size_t i = 0; i < n; i++)
        memcpy(v + i * genes, a[i].gene, genes);
    up_pack_array2(b, UP_U8, v, n, genes);
}

static void pack_trajectories(struct up_buf *b, const struct up_search *s)
{
    const struct up_trajectories *p = &s->path;
    static const uint32_t none[1];
    up_pack_map(b, 5);
    up_pack_str(b, "decoded");
    up_pack_array1(b, UP_F32, p->decoded, p->length);
    up_pack_str(b, "final");
    pack_archs(b, s, p->final, p->starts);
    up_pack_str(b, "offset");
    up_pack_array1(b, UP_U32, p->offset ? p->offset : none, p->starts + 1);
    up_pack_str(b, "point");
    up_pack_array1(b, UP_F32, p->point, p->length);
    up_pack_str(b, "stop");
    up_pack_array1(b, UP_U8, p->stop, p->starts);
}

struct found { /* the best, gathered column by column */
    size_t n;
    struct up_arch *arch;
    double *unified, *flops, *params, *predicted;
};

static struct found found_gather(const struct up_search *s, const uint32_t *row, size_t n)
{
    const struct up_search_task *t = s->ledger.task;
    size_t m = (size_t)t->model->scores;
    struct found f = {n,
                      UP_NEW(s->arena, n, struct up_arch),
                      UP_NEW(s->arena, n, double),
                      UP_NEW(s->arena, n, double),
                      UP_NEW(s->arena, n, double),
                      UP_NEW(s->arena, n * m, double)};
    float *y = UP_NEW(s->arena, n * m, float);
    for (size_t i = 0; i < n; i++) {
        f.arch[i] = s->ledger.arch[row[i]];
        f.unified[i] = s->ledger.unified[row[i]];
        t->space->cost(&f.flops[i], &f.params[i], &f.arch[i], &t->net);
    }
    up_model_predict(t->model, y, f.arch, n);
    for (size_t i = 0; i < n * m; i++)
        f.predicted[i] = (double)y[i];
    return f;
}

static float *best_so_far(const struct up_search *s)
{
    size_t n = s->ledger.n;
    float *v = UP_NEW(s->arena, n + 1, float);
    for (size_t i = 0; i < n; i++) {
        v[i] = (float)s->ledger.unified[i];
        if (i && v[i - 1] > v[i])
            v[i] = v[i - 1];
    }
    return v;
}

static void search_pack(struct up_buf *b, const struct up_search *s, const struct found *f,
                        const char *method, const struct up_models *m)
{
    up_pack_map(b, 13);
    up_pack_str(b, "archs");
    pack_archs(b, s, f->arch, f->n);
    up_pack_str(b, "asked");
    pack_archs(b, s, s->ledger.arch, s->ledger.n);
    up_pack_str(b, "flops");
    up_pack_array1(b, UP_F64, f->flops, f->n);
    up_pack_str(b, "method");
    up_pack_str(b, method);
    up_pack_str(b, "names");
    up_pack_list(b, m->proxies);
    for (size_t i = 0; i < m->proxies; i++)
        up_pack_str(b, m->names[i]);
    up_pack_str(b, "params");
    up_pack_array1(b, UP_F64, f->params, f->n);
    up_pack_str(b, "predicted");
    up_pack_array2(b, UP_F64, f->predicted, f->n, m->proxies);
    up_pack_str(b, "progress");
    up_pack_array1(b, UP_F32, best_so_far(s), s->ledger.n);
    up_pack_str(b, "queries");
    up_pack_uint(b, s->ledger.n);
    up_pack_str(b, "schema");
    up_pack_str(b, "upnas.search/1");
    up_pack_str(b, "space");
    up_pack_str(b, m->space->name);
    up_pack_str(b, "trajectories");
    pack_trajectories(b, s);
    up_pack_str(b, "unified");
    up_pack_array1(b, UP_F64, f->unified, f->n);
}

static void search_tell(struct up_job *job, const struct up_search *s, const struct found *f)
{
    size_t ended[4] = {0};
    for (size_t i = 0; i < s->path.starts; i++)
        ended[s->path.stop[i]]++;
    up_job_note(job, "best unified score %.4f after %zu queries", f->unified[0], s->ledger.n);
    if (!s->path.starts && s->ledger.n < s->ledger.budget)
        up_job_note(job, "ended before search.budget %zu: no further architecture turned up",
                    s->ledger.budget);
    if (s->path.starts)
        up_job_note(job,
                    "%zu starts: %zu decoded to nothing, %zu found no better, %zu took every "
                    "step, %zu ran out of budget",
                    s->path.starts, ended[UP_STOP_INVALID], ended[UP_STOP_PATIENCE],
                    ended[UP_STOP_STEPS], ended[UP_STOP_BUDGET]);
}

static int models_read(struct up_models *m, struct up_job *job, struct up_err *err)
{
    struct up_view space, vgae, mpe, lambda;
    const struct up_space *row;
    const char *name;
    UP_CHECK(up_job_input(job, "space", &space) && up_job_input(job, "vgae", &vgae) &&
             up_job_input(job, "mpe", &mpe) && up_job_input(job, "lambda", &lambda));
    int rc = up_doc_str(space, "space", up_job_arena(job), &name, err);
    if (!rc)
        rc = up_space_find(&row, name, err);
    if ((rc = up_job_read(job, "space", rc, err)))
        return rc;
    rc = up_models_load(m, row, vgae, mpe, lambda, up_job_arena(job), err);
    return up_job_read(job, "vgae|mpe|lambda", rc, err);
}

/* Runs the method and packs what it found. */
static int search_do(struct up_search *s, struct up_job *job,
                     const struct up_search_method *method, const struct up_models *m,
                     struct up_err *err)
{
    size_t top = (size_t)up_job_int(job, "top");
    int rc = method->run(s, err);
    if (rc)
        return rc;
    uint32_t *row = UP_NEW(s->arena, top, uint32_t);
    size_t n = up_search_best(row, top, s);
    if (n == 0)
        return up_fail(err, UP_EINVAL,
                       "none of the architectures it came across keeps to "
                       "search.max_flops, search.max_params and search.limits; raise the "
                       "limits or the budget");
    struct found f = found_gather(s, row, n);
    search_pack(up_job_out(job), s, &f, method->name, m);
    search_tell(job, s, &f);
    return UP_OK;
}

static int search_run(struct up_job *job, struct up_err *err)
{
    const struct up_search_method *method;
    struct up_models *m = UP_NEW(up_job_arena(job), 1, struct up_models);
    const char *name = up_job_str(job, "method");
    struct watched watched = {job, strcmp(name, "gradient") == 0 ? "steps" : "architectures"};
    struct up_search s = {.arena = up_job_arena(job),
                          .watch = {&watched, watch_canceled, watch_progress}};
    int rc = up_search_method_find(&method, name, err);
    if (!rc)
        rc = models_read(m, job, err);
    if (rc)
        return rc;
    struct up_search_task task = {
        .space = m->space, .model = &m->view, .weights = m->weights, .net = m->space->net};
    rc = up_limits_read(&task, job, m, err);
    if (rc)
        return rc;
    options_read(&s, job, name);
    m->strict = s.gradient.last; /* the paper's rule ends a climb where nothing decodes */
    bool listed = strcmp(name, "exhaustive") == 0;
    up_ledger_init(&s.ledger, &task, listed ? 0 : (size_t)up_job_int(job, "budget"),
                   up_job_threads(job));
    rc = search_do(&s, job, method, m, err);
    up_ledger_release(&s.ledger);
    return rc;
}

const struct up_stage up_stage_search = {
    .name = "search",
    .version = 2,
    .does = "searches for the architectures with the best unified score",
    .params = params,
    .inputs = inputs,
    .run = search_run,
    .check = up_limits_check};
