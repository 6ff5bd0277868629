#include "dag/run/job.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dag/run/clock.h"
#include "store/base/fp.h"
#include "dag/record/origin.h"
#include "store/base/pack.h"
#include "store/store.h"

enum { TELL_MS = 100 };

/* ---- parameters ---- */

static const struct up_entry *param(const struct up_job *j, const char *name, unsigned kinds)
{
    const struct up_entry *e = up_config_of(j->config, j->node->stage, name);
    if (!e)
        up_bug(name, 0, "a stage asks for a parameter that is not in its table");
    if (!(kinds >> e->param->kind & 1u))
        up_bug(name, 0, "a stage asks for a parameter as another kind than its table says");
    return e;
}

static const struct up_value *value(const struct up_job *j, const char *name,
                                    enum up_param_kind kind)
{
    const struct up_entry *e = param(j, name, 1u << kind);
    if (!e->value.set)
        up_bug(name, 0, "a stage reads an unset parameter without asking up_job_set");
    return &e->value;
}

int64_t up_job_int(const struct up_job *j, const char *name)
{
    return value(j, name, UP_P_INT)->i;
}

double up_job_real(const struct up_job *j, const char *name)
{
    return value(j, name, UP_P_REAL)->r;
}

bool up_job_bool(const struct up_job *j, const char *name)
{
    return value(j, name, UP_P_BOOL)->b;
}

const char *up_job_str(const struct up_job *j, const char *name)
{
    unsigned kinds = 1u << UP_P_STR | 1u << UP_P_ENUM | 1u << UP_P_FILE | 1u << UP_P_DIR;
    const struct up_entry *e = param(j, name, kinds);
    return e->value.set ? e->value.s : NULL;
}

bool up_job_set(const struct up_job *j, const char *name)
{
    return param(j, name, ~0u)->value.set;
}

uint64_t up_job_seed(const struct up_job *j, const char *name)
{
    const struct up_entry *e = param(j, name, 1u << UP_P_INT);
    UP_CHECK(e->param->seed);
    return (uint64_t)e->value.i;
}

size_t up_job_list(const struct up_job *j, const char *name, const char *const **items)
{
    const struct up_entry *e = param(j, name, 1u << UP_P_LIST);
    *items = e->value.names;
    return e->value.n;
}

size_t up_job_map(const struct up_job *j, const char *name, const char *const **names,
                  const double **values)
{
    const struct up_entry *e = param(j, name, 1u << UP_P_MAP);
    *names = e->value.names;
    *values = e->value.reals;
    return e->value.n;
}

size_t up_job_files(const struct up_job *j, const char *name, const struct up_file **files)
{
    const struct up_entry *e = param(j, name, 1u << UP_P_FILE | 1u << UP_P_DIR);
    const struct up_source *s = up_sources_of(j->sources, e->param);
    *files = s ? s->files : NULL;
    return s ? s->n : 0;
}

/* ---- surroundings ---- */

bool up_job_input(const struct up_job *j, const char *stage, struct up_view *doc)
{
    for (size_t i = 0; i < j->node->ninputs; i++)
        if (!strcmp(j->node->stage->inputs[i].stage, stage)) {
            *doc = j->inputs[i];
            return doc->data != NULL;
        }
    up_bug(stage, 0, "a stage asks for an input that is not in its table");
}

int up_job_read(struct up_job *j, const char *stages, int rc, struct up_err *err)
{
    if (rc != UP_EINVAL && rc != UP_ENOTFOUND && rc != UP_EUSAGE && rc != UP_EUNSUPPORTED)
        return rc;
    j->unreadable = stages;
    return up_fail_in(err, UP_ECORRUPT,
                      strchr(stages, '|') ? "one of the artifacts of %s cannot be read"
                                          : "the artifact of %s cannot be read",
                      stages);
}

struct up_arena *up_job_arena(struct up_job *j) { return &j->arena; }

struct up_buf *up_job_out(struct up_job *j) { return &j->out; }

int up_job_threads(const struct up_job *j) { return j->threads; }

bool up_job_canceled(const struct up_job *j) { return j->cancel && *j->cancel; }

/* Back to a stage from where other people's libraries were called: see store/base/fp.h.
 * So ends every function below. */
static void return_to_stage(void) { up_fp_reset(); }

/* ---- talking ---- */

/* One thread at a time; of others only the last one, which must be heard, waits. */
static bool may_tell(struct up_job *j, bool last)
{
    unsigned long long now = up_clock_ms() + 1, told = atomic_load(&j->told_ms);
    if (told && now - told < TELL_MS && !last)
        return false;
    while (atomic_exchange(&j->telling, true)) {
        if (!last)
            return false;
        (void)sched_yield();
    }
    atomic_store(&j->told_ms, now);
    return true;
}

void up_job_progress(struct up_job *j, uint64_t done, uint64_t total, const char *unit)
{
    if (!may_tell(j, total && done >= total)) {
        return_to_stage();
        return;
    }
    j->done = done > j->done ? done : j->done; /* a thread may come late */
    struct up_event e = {.kind = UP_EV_PROGRESS, .done = j->done, .total = total, .unit = unit};
    e.rate = up_rate_add(&j->rate, up_clock_ms(), j->done);
    if (e.rate > 0 && total > j->done)
        e.left = (double)(total - j->done) / e.rate;
    j->emit(j->ctx, &e);
    atomic_store(&j->telling, false);
    return_to_stage();
}

static void say(struct up_job *j, enum up_event_kind kind, const char *fmt, va_list ap)
{
    char text[1024];
    (void)vsnprintf(text, sizeof text, fmt, ap);
    struct up_event e = {.kind = kind, .text = text};
    j->emit(j->ctx, &e);
    return_to_stage();
}

void up_job_note(struct up_job *j, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say(j, UP_EV_NOTE, fmt, ap);
    va_end(ap);
}

void up_job_warn(struct up_job *j, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say(j, UP_EV_WARN, fmt, ap);
    va_end(ap);
}

/* ---- memo ---- */

static void memo_key(struct up_buf *out, const struct up_job *j, struct up_view key)
{
    up_pack_map(out, 4);
    up_pack_str(out, "float");
    up_pack_raw(out, j->float_doc);
    up_pack_str(out, "key");
    up_pack_bin(out, key.data, key.len);
    up_pack_str(out, "stage");
    up_pack_str(out, j->node->stage->name);
    up_pack_str(out, "version");
    up_pack_int(out, j->node->stage->version);
}

static bool same_part(const struct up_pair *a, const char *where, const char *key)
{
    return !strcmp(a->name, where) && !strcmp(a->value, key);
}

/* What was not computed here is remembered, each origin once. Of a part from elsewhere merge
 * has noted the key that had signed it, in place of the signatures. */
static void note_part(struct up_job *j, const struct up_whence *o)
{
    struct up_arena a = UP_ARENA_INIT;
    const char *where = up_whence_text(o, &a), *key = o->ntrust ? o->trust[0] : "";
    bool known = o->from == UP_CAME_HERE;
    while (atomic_exchange(&j->noting, true))
        (void)sched_yield();
    for (size_t i = 0; !known && i < j->nparts; i++)
        known = same_part(&j->parts[i], where, key);
    if (!known) {
        j->parts = up_realloc(j->parts, (j->nparts + 1) * sizeof *j->parts);
        j->parts[j->nparts++] = (struct up_pair){strdup(where), strdup(key)};
    }
    atomic_store(&j->noting, false);
    up_arena_release(&a);
}

static void take_part(struct up_job *j, struct up_buf *out, struct up_view kept)
{
    struct up_arena a = UP_ARENA_INIT;
    struct up_whence o;
    struct up_view part;
    up_part_unwrap(&part, &o, kept, &a);
    note_part(j, &o);
    up_buf_append(out, part.data, part.len);
    up_arena_release(&a);
}

int up_job_memo_get(struct up_job *j, struct up_view key, struct up_buf *value_out,
                    struct up_err *err)
{
    struct up_buf k = UP_BUF_INIT;
    struct up_buf kept = UP_BUF_INIT;
    memo_key(&k, j, key);
    int rc = up_store_memo_get(j->store, up_buf_view(&k), &kept, err);
    if (rc == UP_OK)
        take_part(j, value_out, up_buf_view(&kept));
    up_buf_release(&kept);
    up_buf_release(&k);
    return_to_stage();
    return rc == UP_ECORRUPT ? UP_ENOTFOUND : rc; /* damaged parts are computed again */
}

int up_job_memo_put(struct up_job *j, const struct up_memo_item *items, size_t n,
                    struct up_err *err)
{
    const struct up_whence here = {.from = UP_CAME_HERE};
    struct up_buf *keys = up_alloc(2 * n * sizeof *keys); /* and values */
    struct up_memo_item *full = up_alloc(n * sizeof *full);
    for (size_t i = 0; i < n; i++) {
        memo_key(&keys[i], j, items[i].key);
        up_part_wrap(&keys[n + i], items[i].value, &here);
        full[i] = (struct up_memo_item){up_buf_view(&keys[i]), up_buf_view(&keys[n + i])};
    }
    int rc = up_store_memo_put(j->store, full, n, err);
    for (size_t i = 0; i < 2 * n; i++)
        up_buf_release(&keys[i]);
    free(keys);
    free(full);
    return_to_stage();
    return rc;
}

void up_job_release(struct up_job *j)
{
    for (size_t i = 0; i < j->nparts; i++) {
        free((void *)(uintptr_t)j->parts[i].name);
        free((void *)(uintptr_t)j->parts[i].value);
    }
    free(j->parts);
    up_arena_release(&j->arena);
    up_buf_release(&j->out);
}
