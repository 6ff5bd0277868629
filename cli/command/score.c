/* upnas score: the thirteen proxies of one architecture, without a store. */
#include "cli/shared/batch.h"
#include "cli/shared/cli.h"
#include "cli/shared/io.h"
#include "cli/shared/openblas.h"
#include "cli/shared/weights.h"
#include "cli/shared/say.h"
#include "stages/format/json_write.h"
#include <math.h>
#include <string.h>

struct words {
    struct up_common common;
    struct up_batch_choice batch;
    const char *space, *arch, *weights, *isa;
    int64_t threads, seed;
};

static int score(struct up_proxy_scores *out, const struct up_proxy_job *job,
                 struct up_err *err)
{
    struct up_slab *slab = up_slab_new(0);
    int rc = up_proxy_score(out, job, slab, err);
    up_slab_free(slab);
    return rc;
}

static void as_json(struct up_buf *out, const struct up_proxy_job *job, const char *arch,
                    const struct up_proxy_scores *s)
{
    struct up_jw w;
    bool failed = false;

    up_jw_init(&w, out, 0);
    up_jw_object(&w);
    up_jw_key_str(&w, "arch", arch);
    up_jw_key_str(&w, "space", job->space->name);
    up_jw_key_int(&w, "batch", job->batch->n);
    up_jw_key_real(&w, "seconds", s->seconds);
    up_jw_key_real(&w, "loss", s->loss);
    up_jw_key(&w, "proxies");
    up_jw_object(&w);
    for (int p = 0; p < UP_PROXIES; ++p) {
        up_jw_key_real(&w, up_proxies[p].name, s->state[p] ? (double)NAN : s->value[p]);
        failed = failed || s->state[p];
    }
    up_jw_end(&w);
    if (failed) {
        up_jw_key(&w, "failed");
        up_jw_object(&w);
        for (int p = 0; p < UP_PROXIES; ++p)
            if (s->state[p])
                up_jw_key_str(&w, up_proxies[p].name, up_score_reason(s->state[p]));
        up_jw_end(&w);
    }
    up_jw_end(&w);
    up_buf_puts(out, "\n");
}

static void as_text(struct up_buf *out, const struct up_proxy_job *job, const char *arch,
                    const struct up_proxy_scores *s)
{
    up_say(out, "%s\n%s, batch %d, %.2f s\n\n", arch, job->space->name, job->batch->n,
           s->seconds);
    for (int p = 0; p < UP_PROXIES; ++p) {
        if (s->state[p])
            up_say(out, "%-10s none: %s\n", up_proxies[p].name, up_score_reason(s->state[p]));
        else
            up_say(out, "%-10s %.10g\n", up_proxies[p].name, s->value[p]);
    }
}

static int check(const struct words *w, const struct up_space **space, struct up_arch *arch,
                 struct up_err *err)
{
    int rc;
    if (!w->space || !w->arch)
        return up_fail(err, UP_EUSAGE,
                       "score needs --space NAME and --arch ARCH; see 'upnas score --help'");
    if (!w->batch.images != !w->batch.labels)
        return up_fail(err, UP_EUSAGE,
                       "--images and --labels go together: give both, or neither for the "
                       "synthetic batch");
    if ((rc = up_space_find(space, w->space, err)))
        return rc;
    if ((rc = (*space)->parse(arch, w->arch, strlen(w->arch), err)))
        return up_fail_in(err, UP_EUSAGE, "--arch");
    return UP_OK;
}

/* The kernels of a name; the best for NULL. */
static int pick_isa(enum up_isa *isa, const char *name, struct up_err *err)
{
    *isa = up_isa_best();
    for (int i = 0; name && i <= (int)up_isa_best(); ++i)
        if (!strcmp(name, up_isa_name[i])) {
            *isa = (enum up_isa)i;
            return UP_OK;
        }
    if (name)
        return up_fail(err, UP_EUSAGE,
                       "--isa %s: this processor has no such kernels; its best are %s", name,
                       up_isa_name[*isa]);
    return UP_OK;
}

static int work(const struct words *w, const struct up_space *space, const struct up_arch *arch,
                struct up_buf *out, struct up_err *err)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_weights weights = {0};
    struct up_given_weights source = up_weights_source(&weights);
    struct up_batch batch;
    struct up_proxy_scores s;
    struct up_proxy_job job = {.space = space,
                               .arch = *arch,
                               .net = space->net,
                               .batch = &batch,
                               .seed = (uint64_t)w->seed,
                               .threads = (int)w->threads,
                               .want = (1u << UP_PROXIES) - 1};
    char text[UP_ARCH_TEXT];
    int rc;

    if ((rc = pick_isa(&job.isa, w->isa, err)) ||
        (rc = up_batch_load(&batch, &arena, &w->batch, err)) ||
        (w->weights && (rc = up_weights_open(&weights, w->weights, err))))
        goto out;
    job.given = w->weights ? &source : NULL;
    job.net.classes = batch.classes;
    job.net.height = batch.h;
    job.net.width = batch.w;
    double start = up_clock();
    if ((rc = score(&s, &job, err)))
        goto out;
    s.seconds = up_clock() - start;
    space->print(text, arch, UP_SPELL_OFFICIAL);
    (w->common.json ? as_json : as_text)(out, &job, text, &s);
out:
    up_weights_release(&weights);
    up_arena_release(&arena);
    return rc;
}

static int run(const struct up_command *c, int argc, char **argv, struct up_err *err)
{
    struct words w = {.common = UP_COMMON_INIT, .batch = {.dataset = "cifar10"}, .threads = 1};
    struct up_words rest = {0};
    const struct up_opt opts[] = {
        UP_OPT_COMMON(&w.common),
        {"--space", UP_OPT_TEXT, &w.space, "NAME", "search space: nb201 or darts", 0, 0},
        {"--arch", UP_OPT_TEXT, &w.arch, "ARCH", "the architecture, in any known spelling", 0,
         0},
        {"--weights", UP_OPT_TEXT, &w.weights, "F.npz",
         "parameters by name (default: drawn from --seed)", 0, 0},
        {"--images", UP_OPT_TEXT, &w.batch.images, "F.npy",
         "uint8 N,C,H,W (default: synthetic)", 0, 0},
        {"--labels", UP_OPT_TEXT, &w.batch.labels, "F.npy", "whole numbers, N", 0, 0},
        {"--dataset", UP_OPT_TEXT, &w.batch.dataset, "NAME",
         "normalisation and classes (default cifar10)", 0, 0},
        {"--batch", UP_OPT_INT, &w.batch.batch, "N", "images (default: all given, or 64)", 1,
         4096},
        {"--threads", UP_OPT_INT, &w.threads, "N",
         "threads (default 1); scores do not depend on it", 1, 1024},
        {"--isa", UP_OPT_TEXT, &w.isa, "NAME",
         "kernels: avx512, avx2 or portable (default: the best); scores do not depend on it", 0,
         0},
        {"--seed", UP_OPT_INT, &w.seed, "N",
         "seed of weights, zen and the synthetic batch (default 0)", 0, INT64_MAX},
        {0}};
    const struct up_space *space;
    struct up_arch arch;
    struct up_buf out = UP_BUF_INIT;

    int rc = up_cli_options(c, opts, argc, argv, &rest, err);
    if (rc || w.common.help)
        return rc;
    w.batch.seed = (uint64_t)w.seed;
    if ((rc = up_cli_words(c, &rest, 0, 0, "", err)) || (rc = check(&w, &space, &arch, err)) ||
        (rc = up_pin_kernels(false, err)))
        return rc;
    if (!(rc = work(&w, space, &arch, &out, err)))
        rc = up_cli_print(&out, err);
    up_buf_release(&out);
    return rc;
}

const struct up_command up_command_score = {
    "score", "--space nb201 --arch ARCH [--weights F.npz] [--images F.npy --labels F.npy]",
    "score one architecture with the thirteen proxies",
    "A proxy that fails is null in JSON, with the reason under \"failed\".", run};
