#include "stages/search/search.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Gradient ascent of F(z) = sum_i lambda_i f(z)_i from many starts at once.
 *
 * A start leaves the race when its point decodes to no architecture (its last
 * valid one is kept), when it found nothing better for `patience` steps, or at
 * `steps`. Starts are cut into fixed blocks; the ledger is asked between steps, in
 * the order of the starts, so the number of threads changes nothing. */
enum { BLOCK = 64 };
static const double BETA1 = 0.9, BETA2 = 0.999, EPS = 1e-8;
/* How much a predicted excess over a limit weighs against all scores together. */
static const double PENALTY = 2;

struct climber {
    struct up_arch at; /* what z decodes to now, canonical */
    uint32_t row;      /* its ledger row */
    double best;       /* of all it has been at */
    int tired;         /* steps since `best` rose */
    int steps;         /* done */
    bool running;
};

struct race {
    struct up_search *s;
    size_t n, dim, m;
    float *z, *m1, *m2;      /* [n][dim] point and Adam's moments */
    float *y;                /* [n][m] scores of the points of this step */
    struct up_arch *decoded; /* [n] of this step */
    uint8_t *ok;             /* [n] */
    struct climber *climber; /* [n] */
    float *point, *value;    /* [n][steps] trajectories */
    double rate;             /* Adam's step, bias corrections included */
    double eps;
};

/* A predicted cost over the level is a reason to go down. */
static void weigh_limit(float *dy, const struct up_limit *l, const float *y, double scale)
{
    if (l->column >= 0 && (double)y[l->column] > l->level)
        dy[l->column] -= (float)(PENALTY * scale);
}

static bool limits_predicted(const struct up_search_task *t)
{
    bool any = t->flops.column >= 0 || t->params.column >= 0;
    for (size_t i = 0; i < t->others; i++)
        any = any || t->other[i].flops.column >= 0 || t->other[i].params.column >= 0;
    return any;
}

static void weights_row(float *dy, const struct up_search_task *t, const float *y)
{
    double scale = 0;
    for (int m = 0; m < t->model->scores; m++) {
        dy[m] = (float)t->weights[m];
        scale += fabs(t->weights[m]);
    }
    weigh_limit(dy, &t->flops, y, scale);
    weigh_limit(dy, &t->params, y, scale);
    for (size_t i = 0; i < t->others; i++) {
        weigh_limit(dy, &t->other[i].flops, y, scale);
        weigh_limit(dy, &t->other[i].params, y, scale);
    }
}

/* One step of the running starts of one block; all of it is the block's own. */
static void race_block(void *ctx, size_t block)
{
    struct race *r = ctx;
    const struct up_search_task *t = r->s->ledger.task;
    const struct up_search_model *model = t->model;
    size_t from = block * BLOCK, to = from + BLOCK < r->n ? from + BLOCK : r->n;
    size_t who[BLOCK], n = 0;
    for (size_t i = from; i < to; i++)
        if (r->climber[i].running)
            who[n++] = i;
    if (n == 0)
        return;
    float *z = up_alloc(n * r->dim * sizeof *z), *dz = up_alloc(n * r->dim * sizeof *dz);
    float *y = up_alloc(n * r->m * sizeof *y), *dy = up_alloc(n * r->m * sizeof *dy);
    struct up_arch arch[BLOCK];
    uint8_t ok[BLOCK];
    for (size_t k = 0; k < n; k++)
        memcpy(z + k * r->dim, r->z + who[k] * r->dim, r->dim * sizeof *z);
    model->decode(model->ctx, arch, ok, z, n);
    if (limits_predicted(t))
        model->predict(model->ctx, y, z, n);
    for (size_t k = 0; k < n; k++)
        weights_row(dy + k * r->m, t, y + k * r->m);
    model->gradient(model->ctx, dz, y, z, n, dy);
    for (size_t k = 0; k < n; k++) {
        size_t i = who[k], at = i * r->dim;
        r->ok[i] = ok[k];
        if (ok[k])
            t->space->canonical(&r->decoded[i], &arch[k]);
        memcpy(r->y + i * r->m, y + k * r->m, r->m * sizeof *y);
        for (size_t d = 0; d < r->dim; d++) {
            double g = (double)dz[k * r->dim + d];
            double a = BETA1 * (double)r->m1[at + d] + (1 - BETA1) * g;
            double b = BETA2 * (double)r->m2[at + d] + (1 - BETA2) * g * g;
            r->m1[at + d] = (float)a;
            r->m2[at + d] = (float)b;
            r->z[at + d] = (float)((double)r->z[at + d] + r->rate * a / (sqrt(b) + r->eps));
        }
    }
    free(z);
    free(dz);
    free(y);
    free(dy);
}

static void climber_stop(struct race *r, size_t i, enum up_search_stop why)
{
    r->climber[i].running = false;
    r->s->path.stop[i] = (uint8_t)why;
}

/* Asks for what the running starts decode to, in their order. */
static void race_ask(struct race *r, struct up_arch *want, uint32_t *row, size_t *who)
{
    struct up_ledger *l = &r->s->ledger;
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++) {
        struct climber *c = &r->climber[i];
        if (!c->running)
            continue;
        if (c->steps == 0) /* the start itself, whatever its embedding decodes to */
            continue;
        if (!r->ok[i] || !l->task->space->connected(&r->decoded[i]))
            climber_stop(r, i, UP_STOP_INVALID);
        else if (up_arch_cmp(&r->decoded[i], &c->at) != 0)
            who[n] = i, want[n++] = r->decoded[i];
    }
    up_ledger_ask(l, row, want, n);
    for (size_t k = 0; k < n; k++) {
        struct climber *c = &r->climber[who[k]];
        if (row[k] == UP_LEDGER_NONE) { /* over a limit or the budget: not a result, walk on */
            if (up_ledger_spent(l))
                climber_stop(r, who[k], UP_STOP_BUDGET);
            continue;
        }
        c->at = want[k];
        c->row = row[k];
    }
}

/* Writes the step into the trajectory and decides who goes on. */
static void race_judge(struct race *r)
{
    const struct up_gradient_options *o = &r->s->gradient;
    for (size_t i = 0; i < r->n; i++) {
        struct climber *c = &r->climber[i];
        if (!c->running)
            continue;
        double value = c->row == UP_LEDGER_NONE ? (double)NAN : r->s->ledger.unified[c->row];
        size_t at = i * (size_t)o->steps + (size_t)c->steps;
        r->point[at] = (float)up_model_unify(r->s->ledger.task->model,
                                             r->s->ledger.task->weights, r->y + i * r->m);
        r->value[at] = (float)value;
        c->steps++;
        c->tired++;
        if (value > c->best)
            c->best = value, c->tired = 0;
        if (o->patience && c->tired > o->patience)
            climber_stop(r, i, UP_STOP_PATIENCE);
    }
}

static size_t race_running(const struct race *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++)
        n += r->climber[i].running;
    return n;
}

static void race_start(struct race *r, struct up_search *s, const struct up_arch *start,
                       size_t n)
{
    const struct up_search_model *model = s->ledger.task->model;
    size_t steps = (size_t)s->gradient.steps;
    struct up_arena *a = s->arena;
    *r = (struct race){.s = s, .n = n, .dim = model->dim, .m = (size_t)model->scores};
    r->z = UP_NEW(a, n * r->dim, float);
    r->m1 = UP_NEW(a, n * r->dim, float);
    r->m2 = UP_NEW(a, n * r->dim, float);
    r->y = UP_NEW(a, n * r->m, float);
    r->decoded = UP_NEW(a, n, struct up_arch);
    r->ok = UP_NEW(a, n, uint8_t);
    r->climber = UP_NEW(a, n, struct climber);
    r->point = UP_NEW(a, n * steps, float);
    r->value = UP_NEW(a, n * steps, float);
    s->path.starts = n;
    s->path.stop = UP_NEW(a, n + 1, uint8_t);
    model->embed(model->ctx, r->z, start, n);
    uint32_t *row = UP_NEW(a, n + 1, uint32_t);
    up_ledger_ask(&s->ledger, row, start, n);
    for (size_t i = 0; i < n; i++) {
        /* A start over a limit may climb under it; one beyond the budget may not. */
        bool beyond = row[i] == UP_LEDGER_NONE && up_ledger_spent(&s->ledger);
        r->climber[i] = (struct climber){start[i], row[i], -INFINITY, 0, 0, !beyond};
        s->path.stop[i] = (uint8_t)(beyond ? UP_STOP_BUDGET : UP_STOP_STEPS);
    }
}

/* Packs the steps done behind one another. */
static void race_finish(struct race *r)
{
    struct up_trajectories *p = &r->s->path;
    struct up_arena *a = r->s->arena;
    uint32_t *last = UP_NEW(a, r->n + 1, uint32_t);
    size_t kept = 0, steps = (size_t)r->s->gradient.steps;
    p->offset = UP_NEW(a, r->n + 1, uint32_t);
    p->final = UP_NEW(a, r->n + 1, struct up_arch);
    for (size_t i = 0; i < r->n; i++) {
        const struct climber *c = &r->climber[i];
        memmove(r->point + p->length, r->point + i * steps, (size_t)c->steps * sizeof(float));
        memmove(r->value + p->length, r->value + i * steps, (size_t)c->steps * sizeof(float));
        p->length += (size_t)c->steps;
        p->offset[i + 1] = (uint32_t)p->length;
        p->final[i] = c->at;
        if (c->row != UP_LEDGER_NONE)
            last[kept++] = c->row;
    }
    p->point = r->point;
    p->decoded = r->value;
    if (r->s->gradient.last) {
        r->s->eligible = last;
        r->s->eligible_n = kept;
    }
}

/* Distinct connected architectures in pool order, as many as wanted or as there are. */
static int gradient_starts(struct up_arch **out, size_t *n, const struct up_search *s,
                           struct up_err *err)
{
    const struct up_space *space = s->ledger.task->space;
    uint64_t seed = up_seed_derive(s->seed, "search.starts");
    size_t want = s->gradient.starts;
    for (size_t draw = want;; draw *= 2) {
        size_t got = 0, kept = 0;
        int rc = up_space_pool(out, &got, space, draw, seed, err);
        if (rc)
            return rc;
        for (size_t i = 0; i < got && kept < want; i++)
            if (space->connected(&(*out)[i]))
                (*out)[kept++] = (*out)[i];
        *n = kept;
        if (kept == want || got < draw)
            return UP_OK;
        free(*out);
        *out = NULL;
    }
}

static int gradient_run(struct up_search *s, struct up_err *err)
{
    const struct up_gradient_options *o = &s->gradient;
    struct up_arch *start = NULL;
    struct race r;
    size_t n;
    int rc = gradient_starts(&start, &n, s, err);
    if (rc)
        goto out;
    race_start(&r, s, start, n);
    struct up_arch *want = UP_NEW(s->arena, n + 1, struct up_arch);
    uint32_t *row = UP_NEW(s->arena, n + 1, uint32_t);
    size_t *who = UP_NEW(s->arena, n + 1, size_t), running;
    double b1 = 1, b2 = 1;
    for (int step = 0; step < o->steps && (running = race_running(&r)) > 0; step++) {
        if (s->watch.canceled && s->watch.canceled(s->watch.ctx)) {
            rc = up_fail(err, UP_ECANCELED, "interrupted");
            goto out;
        }
        b1 *= BETA1;
        b2 *= BETA2;
        r.rate = o->lr * sqrt(1 - b2) / (1 - b1);
        r.eps = EPS * sqrt(1 - b2);
        up_parallel_each(s->ledger.threads, (n + BLOCK - 1) / BLOCK, race_block, &r);
        race_ask(&r, want, row, who);
        race_judge(&r);
        if (s->watch.progress)
            s->watch.progress(s->watch.ctx, (size_t)step + 1, (size_t)o->steps);
    }
    race_finish(&r);
out:
    free(start);
    return rc;
}

const struct up_search_method up_search_gradient = {
    "gradient", "Adam climbs the unified score in the embedding space", gradient_run};
