#include "cli/answer/provenance_text.h"
#include "cli/shared/workspace.h"
#include "cli/shared/say.h"
#include "stages/format/json_write.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char *up_provenance_by(const struct up_result *r, const char *name)
{
    for (size_t i = 0; i < r->nprovenance; ++i)
        if (!strcmp(r->provenance[i].name, name))
            return r->provenance[i].value;
    return "";
}

static bool same_file(const struct up_file_ref *a, const struct up_file_ref *b)
{
    return up_digest_equal(a->digest, b->digest) && !strcmp(a->path, b->path) &&
           !strcmp(a->param, b->param);
}

static bool seen_before(const struct up_lineage *l, size_t node, size_t file)
{
    for (size_t i = 0; i <= node; ++i)
        for (size_t k = 0; k < (i < node ? l->node[i].result.nfiles : file); ++k)
            if (same_file(&l->node[i].result.files[k], &l->node[node].result.files[file]))
                return true;
    return false;
}

const struct up_file_ref *up_provenance_source(const struct up_lineage *l, size_t k,
                                               const char **stage)
{
    for (size_t i = 0; i < l->n; ++i)
        for (size_t f = 0; f < l->node[i].result.nfiles; ++f) {
            if (seen_before(l, i, f) || k--)
                continue;
            *stage = l->node[i].stage;
            return &l->node[i].result.files[f];
        }
    return NULL;
}

/* ---- text ---- */

static bool same_maker(const struct up_result *a, const struct up_result *b)
{
    if (a->nprovenance != b->nprovenance)
        return false;
    for (size_t i = 0; i < a->nprovenance; ++i)
        if (strcmp(a->provenance[i].name, b->provenance[i].name) ||
            strcmp(a->provenance[i].value, b->provenance[i].value))
            return false;
    return true;
}

/* Makers are numbered from 1 in the order in which they occur; 0: not known. */
static void number_makers(size_t *number, const struct up_lineage *l)
{
    size_t last = 0;
    for (size_t i = 0; i < l->n; ++i) {
        number[i] = 0;
        for (size_t k = 0; k < i && l->node[i].found && !number[i]; ++k)
            if (l->node[k].found && same_maker(&l->node[k].result, &l->node[i].result))
                number[i] = number[k];
        if (l->node[i].found && !number[i])
            number[i] = ++last;
    }
}

static void asked_text(struct up_buf *out, const struct up_provenance_asked *a)
{
    if (a->node)
        up_say(out, "%s%s%s%s%s\n", a->node, a->path ? " " : "", a->path ? a->path : "",
               a->value ? " = " : "", a->value ? a->value : "");
    else
        up_say(out, "every node of run %s\n", a->run);
    const struct up_number_found *f = a->number;
    if (!f)
        return;
    if (f->rounded)
        up_say(out, "(%s is that number rounded)\n", a->what);
    for (size_t i = 0; i < f->n; ++i)
        if (strcmp(f->place[i].stage, f->origin.stage) ||
            strcmp(f->place[i].path, f->origin.path))
            up_say(out, "also      %s %s\n", f->place[i].stage, f->place[i].path);
    if (f->n == UP_NUMBER_PLACES)
        up_buf_puts(out, "also      perhaps in more places: more digits say which is meant\n");
}

static void settings_text(struct up_buf *out, const struct up_ancestor *a)
{
    size_t defaults = 0;
    for (size_t i = 0; i < a->result.nparams; ++i) {
        const char *origin = up_ancestor_origin(a, a->result.params[i].name);
        if (!strcmp(origin, "default"))
            ++defaults;
        else
            up_say(out, "  setting   %s: %s%s%s%s\n", a->result.params[i].name,
                   a->result.params[i].value, *origin ? "  (" : "", origin, *origin ? ")" : "");
    }
    if (defaults)
        up_say(out, "  setting   %zu more at their defaults (--json lists them)\n", defaults);
}

static void inputs_text(struct up_buf *out, const struct up_lineage *l,
                        const struct up_ancestor *a)
{
    char hex[UP_DIGEST_HEX];
    for (size_t i = 0; i < a->result.ninputs; ++i)
        if (a->inputs[i] != UP_ABSENT)
            up_say(out, "  input     %-10s %s\n", l->node[a->inputs[i]].stage,
                   up_digest_hex(a->result.inputs[i].digest, hex));
    for (size_t i = 0; i < a->result.nfiles; ++i)
        up_say(out, "  file      %s = %s %s\n", a->result.files[i].param,
               a->result.files[i].path, up_digest_hex(a->result.files[i].digest, hex));
}

static void ancestor_text(struct up_buf *out, const struct up_lineage *l, size_t at,
                          size_t maker)
{
    const struct up_ancestor *a = &l->node[at];
    const struct up_result *r = &a->result;
    char hex[UP_DIGEST_HEX], sha[UP_SHA256_HEX], size[24], took[24];

    if (!a->found) {
        up_say(out, "\n%s\n  digest    %s\n  its result record is not in this store\n",
               a->stage, up_digest_hex(a->digest, hex));
        return;
    }
    up_say(out, "\n%s version %" PRId64 "\n  digest    %s (%s, sha256 %s)\n", a->stage,
           r->version, up_digest_hex(r->digest, hex), up_size_text(size, r->size),
           up_sha256_hex(r->sha256, sha));
    if (!up_digest_zero(a->key))
        up_say(out, "  key       %s, %s\n", up_digest_hex(a->key, hex), a->mode);
    up_say(out, "  when      %s, took %s, in run %s\n", r->finished,
           up_time_text(took, r->seconds), r->run);
    up_say(out, "  by        %s on %s [%zu]\n", up_provenance_by(r, "user"),
           up_provenance_by(r, "host"), maker);
    if (r->from != UP_CAME_HERE)
        up_say(out, "  from      %s\n", r->source);
    if (a->doubt)
        up_say(out, "  unproven  %s\n", a->doubt);
    settings_text(out, a);
    inputs_text(out, l, a);
}

static void makers_text(struct up_buf *out, const struct up_lineage *l, const size_t *maker)
{
    size_t told = 0;
    for (size_t i = 0; i < l->n; ++i) {
        if (maker[i] <= told)
            continue;
        up_say(out, "\n[%zu]\n", told = maker[i]);
        for (size_t k = 0; k < l->node[i].result.nprovenance; ++k)
            up_say(out, "  %-9s %s\n", l->node[i].result.provenance[k].name,
                   l->node[i].result.provenance[k].value);
    }
}

void up_provenance_text(struct up_buf *out, const struct up_provenance_asked *a,
                        const struct up_lineage *l)
{
    const struct up_file_ref *f;
    const char *stage;
    char hex[UP_DIGEST_HEX], size[24];
    size_t *maker = up_alloc((l->n + 1) * sizeof *maker);

    number_makers(maker, l);
    asked_text(out, a);
    for (size_t i = 0; i < l->n; ++i)
        ancestor_text(out, l, i, maker[i]);
    makers_text(out, l, maker);
    free(maker);
    up_buf_puts(out, "\nsource files\n");
    for (size_t k = 0; (f = up_provenance_source(l, k, &stage)); ++k)
        up_say(out, "  %s = %s %s (%s), read by %s\n", f->param, f->path,
               up_digest_hex(f->digest, hex), up_size_text(size, f->size), stage);
    if (!up_provenance_source(l, 0, &stage))
        up_buf_puts(out, "  none: all of it follows from the settings\n");
}

/* ---- JSON ---- */

static const char *digest_or_null(struct up_digest d, char hex[UP_DIGEST_HEX])
{
    return up_digest_zero(d) ? NULL : up_digest_hex(d, hex);
}

static void place_json(struct up_jw *w, const struct up_number_place *p)
{
    up_jw_object(w);
    up_jw_key_str(w, "node", p->stage);
    up_jw_key_str(w, "path", p->path);
    up_jw_key_real(w, "value", p->value);
    up_jw_end(w);
}

static void asked_json(struct up_jw *w, const struct up_provenance_asked *a)
{
    up_jw_key_str(w, "schema", "upnas.why/1");
    up_jw_key_str(w, "asked", a->what);
    up_jw_key_str(w, "run", a->run);
    up_jw_key_str(w, "node", a->node);
    up_jw_key_str(w, "path", a->path);
    up_jw_key(w, "value");
    up_jw_raw(w, a->value ? a->value : "null");
    up_jw_key_bool(w, "rounded", a->number && a->number->rounded);
    up_jw_key(w, "places");
    up_jw_list(w);
    for (size_t i = 0; a->number && i < a->number->n; ++i)
        place_json(w, &a->number->place[i]);
    up_jw_end(w);
}

static void file_json(struct up_jw *w, const struct up_file_ref *f)
{
    char hex[UP_DIGEST_HEX];
    up_jw_object(w);
    up_jw_key_str(w, "param", f->param);
    up_jw_key_str(w, "path", f->path);
    up_jw_key_str(w, "digest", up_digest_hex(f->digest, hex));
    up_jw_key_int(w, "size", (int64_t)f->size);
    up_jw_end(w);
}

static void made_json(struct up_jw *w, const struct up_ancestor *a)
{
    const struct up_result *r = &a->result;
    char hex[UP_DIGEST_HEX], sha[UP_SHA256_HEX];
    up_jw_key_int(w, "version", r->version);
    up_jw_key_str(w, "key", digest_or_null(a->key, hex));
    up_jw_key_str(w, "mode", a->mode);
    up_jw_key_str(w, "sha256", up_sha256_hex(r->sha256, sha));
    up_jw_key_int(w, "size", (int64_t)r->size);
    up_jw_key_str(w, "run", r->run);
    up_jw_key_str(w, "from", r->source);
    up_jw_key_str(w, "doubt", a->doubt);
    up_jw_key_str(w, "started", r->started);
    up_jw_key_str(w, "finished", r->finished);
    up_jw_key_real(w, "seconds", r->seconds);
    up_jw_key(w, "by");
    up_jw_object(w);
    for (size_t i = 0; i < r->nprovenance; ++i)
        up_jw_key_str(w, r->provenance[i].name, r->provenance[i].value);
    up_jw_end(w);
    up_jw_key(w, "settings");
    up_jw_list(w);
    for (size_t i = 0; i < r->nparams; ++i) {
        const char *origin = up_ancestor_origin(a, r->params[i].name);
        up_jw_object(w);
        up_jw_key_str(w, "name", r->params[i].name);
        up_jw_key_str(w, "value", r->params[i].value);
        up_jw_key_str(w, "origin", *origin ? origin : NULL);
        up_jw_end(w);
    }
    up_jw_end(w);
    up_jw_key(w, "files");
    up_jw_list(w);
    for (size_t i = 0; i < r->nfiles; ++i)
        file_json(w, &r->files[i]);
    up_jw_end(w);
    up_jw_key(w, "inputs");
    up_jw_list(w);
    for (size_t i = 0; i < r->ninputs; ++i) {
        up_jw_object(w);
        up_jw_key_str(w, "node", r->inputs[i].stage);
        up_jw_key_str(w, "digest", digest_or_null(r->inputs[i].digest, hex));
        up_jw_end(w);
    }
    up_jw_end(w);
}

void up_provenance_json(struct up_buf *out, const struct up_provenance_asked *a,
                        const struct up_lineage *l)
{
    char hex[UP_DIGEST_HEX];
    const struct up_file_ref *f;
    const char *stage;
    struct up_jw w;

    up_jw_init(&w, out, 0);
    up_jw_object(&w);
    asked_json(&w, a);
    up_jw_key(&w, "chain");
    up_jw_list(&w);
    for (size_t i = 0; i < l->n; ++i) {
        up_jw_object(&w);
        up_jw_key_str(&w, "node", l->node[i].stage);
        up_jw_key_str(&w, "digest", up_digest_hex(l->node[i].digest, hex));
        up_jw_key_bool(&w, "found", l->node[i].found);
        if (l->node[i].found)
            made_json(&w, &l->node[i]);
        up_jw_end(&w);
    }
    up_jw_end(&w);
    up_jw_key(&w, "sources");
    up_jw_list(&w);
    for (size_t k = 0; (f = up_provenance_source(l, k, &stage)); ++k)
        file_json(&w, f);
    up_jw_end(&w);
    up_jw_end(&w);
    up_buf_puts(out, "\n");
}
