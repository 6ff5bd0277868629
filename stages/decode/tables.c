#include "stages/artifact/entries.h"
#include "stages/format/csv.h"
#include "stages/format/json_write.h"
#include "stages/format/naslib.h"
#include <math.h>
#include <string.h>

static void csv_prefixed(struct up_csvw *w, const char *prefix, const char *name)
{
    struct up_buf b = UP_BUF_INIT;
    up_buf_printf(&b, "%s%s", prefix, name);
    up_csvw_str(w, up_buf_str(&b));
    up_buf_release(&b);
}

static void csv_header(struct up_csvw *w, const struct up_scored *s)
{
    static const char *const fixed[] = {"rank",    "arch",           "index", "naslib",
                                        "unified", "unified_scored", "flops", "params"};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        up_csvw_str(w, fixed[i]);
    for (const struct up_other_net *o = s->space->others; o && o->name; o++) {
        csv_prefixed(w, o->name, "_flops");
        csv_prefixed(w, o->name, "_params");
    }
    for (size_t c = 0; c < s->truth.columns; c++)
        up_csvw_str(w, s->truth.name[c]);
    for (size_t m = 0; m < s->m; m++)
        csv_prefixed(w, "predicted_", s->name[m]);
    for (size_t m = 0; m < s->m; m++)
        csv_prefixed(w, "calibrated_", s->name[m]);
    for (size_t m = 0; m < s->m; m++)
        csv_prefixed(w, "score_", s->name[m]);
    up_csvw_end(w);
}

void up_entries_csv(struct up_buf *out, const struct up_entries *x)
{
    const struct up_scored *s = x->scored;
    struct up_csvw w;
    up_csvw_init(&w, out);
    csv_header(&w, s);
    for (size_t i = 0; i < x->n; i++) {
        const struct up_entry *e = &x->e[i];
        char text[UP_ARCH_TEXT];
        up_csvw_int(&w, (int64_t)i + 1);
        for (int k = UP_SPELL_OFFICIAL; k <= UP_SPELL_INDEX; k++) {
            static const enum up_spelling column[] = {UP_SPELL_OFFICIAL, UP_SPELL_INDEX,
                                                      UP_SPELL_NASLIB};
            s->space->print(text, &e->arch, column[k]);
            up_csvw_str(&w, text);
        }
        up_csvw_real(&w, e->unified);
        up_csvw_real(&w, e->unified_scored);
        up_csvw_real(&w, e->flops);
        up_csvw_real(&w, e->params);
        for (const struct up_other_net *o = s->space->others; o && o->name; o++) {
            double flops, params;
            s->space->cost(&flops, &params, &e->arch, &o->size);
            up_csvw_real(&w, flops);
            up_csvw_real(&w, params);
        }
        for (size_t c = 0; c < s->truth.columns; c++)
            up_csvw_real(&w, e->accuracy[c]);
        for (size_t m = 0; m < s->m; m++)
            up_csvw_real(&w, e->predicted[m]);
        for (size_t m = 0; m < s->m; m++)
            up_csvw_real(&w, e->scored ? e->calibrated[m] : (double)NAN);
        for (size_t m = 0; m < s->m; m++)
            up_csvw_real(&w, e->scored ? e->raw[m] : (double)NAN);
        up_csvw_end(&w);
    }
}

static void json_reals(struct up_jw *w, const char *key, size_t n, const char *const *names,
                       const double *v)
{
    up_jw_key(w, key);
    up_jw_object(w);
    for (size_t i = 0; i < n; i++)
        up_jw_key_real(w, names[i], v[i]);
    up_jw_end(w);
}

/* Costs of the networks that are not scored, and further spellings. */
static void json_more(struct up_jw *w, const struct up_space *space, const struct up_arch *a)
{
    char text[UP_ARCH_TEXT];
    for (const struct up_other_net *o = space->others; o && o->name; o++) {
        double flops, params;
        space->cost(&flops, &params, a, &o->size);
        up_jw_key(w, o->name);
        up_jw_object(w);
        up_jw_key_real(w, "flops", flops);
        up_jw_key_real(w, "params", params);
        up_jw_end(w);
    }
    for (const struct up_spelled *s = space->spelled; s && s->name; s++) {
        space->print(text, a, s->spelling);
        up_jw_key_str(w, s->name, text);
    }
}

static void json_entry(struct up_jw *w, const struct up_entries *x, size_t i)
{
    const struct up_scored *s = x->scored;
    const struct up_entry *e = &x->e[i];
    char text[UP_ARCH_TEXT];
    up_jw_object(w);
    up_jw_key_int(w, "rank", (int64_t)i + 1);
    s->space->print(text, &e->arch, UP_SPELL_OFFICIAL);
    up_jw_key_str(w, "arch", text);
    s->space->print(text, &e->arch, UP_SPELL_INDEX);
    up_jw_key_str(w, "index", text);
    s->space->print(text, &e->arch, UP_SPELL_NASLIB);
    up_jw_key_str(w, "naslib", text);
    up_jw_key_real(w, "unified", e->unified);
    up_jw_key_real(w, "unified_scored", e->unified_scored);
    up_jw_key_real(w, "flops", e->flops);
    up_jw_key_real(w, "params", e->params);
    json_more(w, s->space, &e->arch);
    json_reals(w, "accuracy", s->truth.columns, s->truth.name, e->accuracy);
    json_reals(w, "predicted", s->m, s->name, e->predicted);
    if (e->scored) {
        json_reals(w, "calibrated", s->m, s->name, e->calibrated);
        json_reals(w, "score", s->m, s->name, e->raw);
    }
    up_jw_end(w);
}

/* Which artifact, and which step, each kind of number is from. */
static void json_origin(struct up_jw *w)
{
    static const char *const origin[][2] = {
        {"arch", "search: the decoded point, in canonical form"},
        {"unified", "lambda.weights times predicted, summed: the number the ranking is by"},
        {"unified_scored", "lambda.weights times calibrated, summed"},
        {"flops", "space: closed form, millions, published network"},
        {"params", "space: closed form, millions, published network"},
        {"accuracy", "benchmark: of this spelling, else the mean over its canonical form"},
        {"predicted", "mpe applied to vgae's embedding of arch, on calibrate's scale"},
        {"calibrated", "calibrate applied to score"},
        {"score", "scores: as measured or imported; null: invalid"},
    };
    up_jw_key(w, "origin");
    up_jw_object(w);
    for (size_t i = 0; i < sizeof origin / sizeof *origin; i++)
        up_jw_key_str(w, origin[i][0], origin[i][1]);
    up_jw_end(w);
}

void up_entries_json(struct up_buf *out, const struct up_entries *x, const char *preset,
                     const char *calibration)
{
    const struct up_scored *s = x->scored;
    struct up_jw w;
    up_jw_init(&w, out, 2);
    up_jw_object(&w);
    up_jw_key_str(&w, "schema", "upnas.result/1");
    up_jw_key_str(&w, "space", s->space->name);
    up_jw_key_str(&w, "method", x->method);
    up_jw_key_int(&w, "queries", x->queries);
    up_jw_key_str(&w, "calibration", calibration);
    up_jw_key_str(&w, "preset", preset);
    json_reals(&w, "weights", s->m, s->name, s->weights);
    json_origin(&w);
    up_jw_key(&w, "architectures");
    up_jw_list(&w);
    for (size_t i = 0; i < x->n; i++)
        json_entry(&w, x, i);
    up_jw_end(&w);
    up_jw_end(&w);
    up_buf_puts(out, "\n");
}

/* NASLib keys by data set; the accuracy column NAME_val tells which it is. */
static int validation_column(const struct up_truth *t)
{
    for (size_t c = 0; c < t->columns; c++) {
        size_t n = strlen(t->name[c]);
        if (n > 4 && strcmp(t->name[c] + n - 4, "_val") == 0)
            return (int)c;
    }
    return -1;
}

bool up_entries_naslib(struct up_buf *out, const struct up_entries *x, struct up_arena *arena)
{
    const struct up_scored *s = x->scored;
    int val = validation_column(&s->truth);
    const char *dataset = "cifar10";
    struct up_naslib_out o;
    bool any = false;
    if (val >= 0)
        dataset = up_arena_strndup(arena, s->truth.name[val], strlen(s->truth.name[val]) - 4);
    for (size_t i = 0; i < x->n; i++)
        any |= x->e[i].scored;
    if (!any)
        return false;
    up_naslib_begin(&o, out);
    up_naslib_dataset(&o, dataset);
    for (size_t i = 0; i < x->n; i++) {
        const struct up_entry *e = &x->e[i];
        char arch[UP_ARCH_TEXT], index[UP_ARCH_TEXT];
        if (!e->scored)
            continue;
        s->space->print(arch, &e->arch, UP_SPELL_NASLIB);
        s->space->print(index, &e->arch, UP_SPELL_INDEX);
        up_naslib_arch(&o, &(struct up_naslib_entry){arch, index,
                                                     val >= 0 ? e->accuracy[val] : (double)NAN,
                                                     s->m, s->name, e->raw, NULL});
    }
    up_naslib_end(&o);
    return true;
}
