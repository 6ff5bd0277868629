#include "cli/shared/workspace.h"
#include "cli/shared/openblas.h"
#include "cli/shared/say.h"
#include "dag/run/clock.h"
#include "stages/format/json_write.h"
#include "stages/kernels/gemm.h"
#include "stages/stages.h"
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* Portable keys hold neither; asking for the core would load OpenBLAS. */
static struct up_float float_mode(bool native)
{
    struct up_float f = {native ? up_blas_core() : "Haswell", "generic"};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        f.isa = "avx2";
    if (__builtin_cpu_supports("avx512f"))
        f.isa = "avx512";
    return f;
}

int up_task_config(struct up_task *t, struct up_err *err)
{
    int rc = up_config_load(&t->config, up_stages, t->rest.v[0], t->sets.v, t->sets.n, err);
    if (!rc && t->config->native)
        rc = up_pin_kernels(true, err);
    if (!rc)
        t->mode = float_mode(t->config->native);
    return rc;
}

const char *up_task_target(const struct up_task *t)
{
    return t->rest.n > 1 ? t->rest.v[1] : NULL;
}

static void warn(void *ctx, const char *sentence)
{
    (void)ctx;
    up_cli_warn(sentence);
}

void up_task_warn_ahead(const struct up_run_record *r)
{
    static atomic_bool told;
    struct up_err text = {""};
    if (!up_clock_ahead(r->started) || atomic_exchange(&told, true))
        return;
    (void)up_fail(&text, UP_OK,
                  "run %s began at %s, which is still to come: a clock was wrong then, or is "
                  "now. Runs stand in the order in which this store got them, not in that of "
                  "their times",
                  r->id, r->started);
    up_cli_warn(text.msg);
}

int up_task_run_find(struct up_store *s, const char *name, struct up_run_record **out,
                     struct up_err *err)
{
    int rc = up_run_find(s, name, out, err);
    if (!rc && !strncmp(name, "last", 4))
        up_task_warn_ahead(*out);
    return rc;
}

void up_task_warn(const struct up_task *t) { up_config_idle(t->config, warn, NULL); }

int up_task_peek_store(struct up_task *t, struct up_err *err)
{
    int rc = up_cli_open_store(&t->store, &t->common, false, err);
    if (rc == UP_ENOTFOUND) {
        t->store = NULL;
        err->msg[0] = '\0';
        return UP_OK;
    }
    return rc;
}

void up_task_release(struct up_task *t)
{
    up_store_close(t->store);
    up_config_free(t->config);
    t->store = NULL;
    t->config = NULL;
}

const char *up_size_text(char out[24], uint64_t bytes)
{
    static const char *const unit[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double v = (double)bytes;
    int u = 0;
    for (; v >= 1024 && u < 4; ++u)
        v /= 1024;
    snprintf(out, 24, u ? "%.1f %s" : "%.0f %s", v, unit[u]);
    return out;
}

const char *up_time_text(char out[24], double s)
{
    if (s < 0.0005)
        snprintf(out, 24, "0 s");
    else if (s < 10)
        snprintf(out, 24, "%.*f s", s < 1 ? 3 : 2, s);
    else if (s < 100)
        snprintf(out, 24, "%.1f s", s);
    else if (s < 36000)
        snprintf(out, 24, "%d:%02d min", (int)s / 60, (int)s % 60);
    else
        snprintf(out, 24, "%.1f h", s / 3600);
    return out;
}

static void reason_lines(struct up_buf *out, const struct up_plan_node *n)
{
    for (size_t i = 0; i < n->nreasons; ++i)
        up_say(out, "           %s: %s -> %s\n", n->reasons[i].field,
               n->reasons[i].before ? n->reasons[i].before : "(absent)",
               n->reasons[i].after ? n->reasons[i].after : "(absent)");
}

void up_plan_nodes(struct up_buf *out, const struct up_plan *p, bool reasons)
{
    char text[24];
    for (size_t i = 0; i < p->n; ++i) {
        const struct up_plan_node *n = &p->nodes[i];
        up_say(out, "%-10s %-8s ", n->stage->name, up_node_state_name(n->state));
        if (reasons && n->nreasons && n->nearest)
            up_say(out, "compared with run %s", n->nearest);
        else
            up_say(out, "%s", n->why);
        if (n->state != UP_NODE_CACHED && n->seconds > 0)
            up_say(out, " (took %s last time)", up_time_text(text, n->seconds));
        up_buf_puts(out, "\n");
        if (reasons)
            reason_lines(out, n);
    }
}

static void node_json(struct up_jw *w, const struct up_plan_node *n)
{
    char hex[UP_DIGEST_HEX];
    up_jw_object(w);
    up_jw_key_str(w, "node", n->stage->name);
    up_jw_key_str(w, "state", up_node_state_name(n->state));
    up_jw_key_str(w, "why", n->why);
    up_jw_key_str(w, "key", n->has_key ? up_digest_hex(n->key, hex) : NULL);
    up_jw_key_str(w, "digest",
                  up_digest_zero(n->output) ? NULL : up_digest_hex(n->output, hex));
    up_jw_key_int(w, "size", (int64_t)n->size);
    up_jw_key_real(w, "seconds", n->seconds);
    up_jw_key_str(w, "nearest", n->nearest);
    up_jw_key(w, "reasons");
    up_jw_list(w);
    for (size_t i = 0; i < n->nreasons; ++i) {
        up_jw_object(w);
        up_jw_key_str(w, "field", n->reasons[i].field);
        up_jw_key_str(w, "before", n->reasons[i].before);
        up_jw_key_str(w, "after", n->reasons[i].after);
        up_jw_end(w);
    }
    up_jw_end(w);
    up_jw_end(w);
}

void up_plan_json(struct up_buf *out, const struct up_plan *p, const char *only)
{
    struct up_jw w;
    up_jw_init(&w, out, 0);
    up_jw_object(&w);
    up_jw_key_int(&w, "cached", (int64_t)p->cached);
    up_jw_key_int(&w, "run", (int64_t)p->run);
    up_jw_key_int(&w, "pending", (int64_t)p->pending);
    up_jw_key_int(&w, "remote", (int64_t)p->remote);
    up_jw_key(&w, "nodes");
    up_jw_list(&w);
    for (size_t i = 0; i < p->n; ++i)
        if (!only || !strcmp(only, p->nodes[i].stage->name))
            node_json(&w, &p->nodes[i]);
    up_jw_end(&w);
    up_jw_end(&w);
    up_buf_puts(out, "\n");
}
