/* One node of a chain of provenance, and the page of one number's chain. */
#include "cli/answer/subject.h"
#include "cli/page/page.h"
#include "cli/shared/workspace.h"
#include "store/store.h"
#include <stdlib.h>
#include <string.h>

static void fact(struct up_page *p, const char *name, const char *value, bool mono)
{
    up_html_leaf(&p->h, "dt", name, NULL);
    up_html_open(&p->h, "dd", NULL);
    up_html_leaf(&p->h, mono ? "code" : "span", value, NULL);
    up_html_close(&p->h);
}

/* The names of its inputs, with blanks between: what the script follows. */
static const char *input_names(struct up_page *p, const struct up_lineage *l,
                               const struct up_ancestor *a)
{
    const char *names = "";
    for (size_t i = 0; a->found && i < a->result.ninputs; ++i)
        if (a->inputs[i] != UP_ABSENT)
            names = up_arena_printf(&p->arena, "%s%s%s", names, *names ? " " : "",
                                    l->node[a->inputs[i]].stage);
    return names;
}

static void summary(struct up_page *p, const struct up_ancestor *a)
{
    struct up_html *h = &p->h;
    const struct up_run_node *n = p->run ? up_run_record_node(p->run, a->stage) : NULL;
    up_html_open(h, "summary", NULL);
    up_html_leaf(h, "strong", a->stage, NULL);
    if (n && up_digest_equal(n->digest, a->digest))
        up_html_leaf(h, "span", up_done_name(n->status), "class",
                     up_arena_printf(&p->arena, "badge %s", up_done_name(n->status)), NULL);
    up_html_open(h, "span", "class", "soft", NULL);
    if (a->found)
        up_html_textf(h, "computed %.10s by %s", a->result.finished,
                      up_provenance_by(&a->result, "user"));
    else
        up_html_text(h, "its result record is not in this store");
    up_html_close(h);
    up_html_close(h);
}

static void inputs(struct up_page *p, const struct up_lineage *l, const struct up_ancestor *a)
{
    struct up_html *h = &p->h;
    size_t told = 0;
    up_html_leaf(h, "dt", "made from", NULL);
    up_html_open(h, "dd", NULL);
    for (size_t i = 0; i < a->result.ninputs; ++i) {
        if (a->inputs[i] == UP_ABSENT)
            continue;
        const char *stage = l->node[a->inputs[i]].stage;
        up_html_text(h, told++ ? ", " : "");
        up_html_leaf(h, "a", stage, "href",
                     up_arena_printf(&p->arena, "#node-%s", up_url_part(&p->arena, stage)),
                     NULL);
    }
    if (!told)
        up_html_text(h, a->result.nfiles ? "the files below" : "the settings below alone");
    up_html_close(h);
}

static bool at_default(const struct up_ancestor *a, size_t param)
{
    return !strcmp(up_ancestor_origin(a, a->result.params[param].name), "default");
}

static void settings_table(struct up_page *p, const struct up_ancestor *a, bool defaults)
{
    struct up_html *h = &p->h;
    up_html_open(h, "div", "class", "wide", NULL);
    up_html_open(h, "table", NULL);
    up_html_open(h, "tbody", NULL);
    for (size_t i = 0; i < a->result.nparams; ++i) {
        if (at_default(a, i) != defaults)
            continue;
        up_html_open(h, "tr", NULL);
        up_html_leaf(h, "th", a->result.params[i].name, "scope", "row", NULL);
        up_html_open(h, "td", NULL);
        up_html_leaf(h, "code", a->result.params[i].value, NULL);
        up_html_close(h);
        up_html_leaf(h, "td", up_ancestor_origin(a, a->result.params[i].name), NULL);
        up_html_close(h);
    }
    up_html_close(h);
    up_html_close(h);
    up_html_close(h);
}

/* What somebody set in sight, the defaults behind a click. */
static void settings(struct up_page *p, const struct up_ancestor *a)
{
    size_t defaults = 0;
    for (size_t i = 0; i < a->result.nparams; ++i)
        defaults += at_default(a, i);
    if (defaults < a->result.nparams)
        settings_table(p, a, false);
    if (!defaults)
        return;
    up_html_open(&p->h, "details", "class", "more", NULL);
    up_html_leaf(&p->h, "summary",
                 up_arena_printf(&p->arena, "%zu setting%s at the default", defaults,
                                 defaults == 1 ? "" : "s"),
                 NULL);
    settings_table(p, a, true);
    up_html_close(&p->h);
}

static void made(struct up_page *p, const struct up_lineage *l, const struct up_ancestor *a)
{
    const struct up_result *r = &a->result;
    char hex[UP_DIGEST_HEX], sha[UP_SHA256_HEX], size[24], took[24];

    up_html_open(&p->h, "dl", "class", "facts", NULL);
    inputs(p, l, a);
    for (size_t i = 0; i < r->nfiles; ++i)
        fact(p, r->files[i].param,
             up_arena_printf(&p->arena, "%s (%s) %s", r->files[i].path,
                             up_size_text(size, r->files[i].size),
                             up_digest_hex(r->files[i].digest, hex)),
             true);
    fact(p, "computed",
         up_arena_printf(&p->arena, "%s to %s, took %s", r->started, r->finished,
                         up_time_text(took, r->seconds)),
         false);
    fact(p, "in run", r->run, true);
    fact(p, "stage version", up_arena_printf(&p->arena, "%lld", (long long)r->version), false);
    if (!up_digest_zero(a->key))
        fact(p, "key",
             up_arena_printf(&p->arena, "%s, %s", up_digest_hex(a->key, hex), a->mode), true);
    fact(p, "digest", up_digest_hex(r->digest, hex), true);
    fact(p, "sha256", up_sha256_hex(r->sha256, sha), true);
    fact(p, "size", up_size_text(size, r->size), false);
    for (size_t i = 0; i < r->nprovenance; ++i)
        fact(p, r->provenance[i].name, r->provenance[i].value, false);
    up_html_close(&p->h);
    settings(p, a);
}

void up_page_ancestor(struct up_page *p, const struct up_lineage *l, size_t at, bool open)
{
    const struct up_ancestor *a = &l->node[at];
    bool first = up_lineage_find(l, a->stage) == at; /* ids stand once in a page */
    up_html_open(&p->h, "details", "id",
                 first ? up_arena_printf(&p->arena, "node-%s", a->stage) : NULL, "data-inputs",
                 input_names(p, l, a), "open", open ? "open" : NULL, NULL);
    summary(p, a);
    up_html_open(&p->h, "div", "class", "body", NULL);
    if (a->found) {
        made(p, l, a);
    } else {
        char hex[UP_DIGEST_HEX];
        up_html_open(&p->h, "dl", "class", "facts", NULL);
        fact(p, "digest", up_digest_hex(a->digest, hex), true);
        up_html_close(&p->h);
    }
    up_html_close(&p->h);
    up_html_close(&p->h);
}

/* ---- the page of one number ---- */

static void places(struct up_page *p, const struct up_number_found *f)
{
    struct up_html *h = &p->h;
    if (f->n < 2)
        return;
    up_html_leaf(h, "h3", "The same number stands in", NULL);
    up_html_open(h, "ul", NULL);
    for (size_t i = 0; i < f->n; ++i) {
        up_html_open(h, "li", NULL);
        up_html_leaf(h, "code",
                     up_arena_printf(&p->arena, "%s/%s", f->place[i].stage, f->place[i].path),
                     NULL);
        up_html_close(h);
    }
    up_html_close(h);
}

static void answer(struct up_page *p, const struct up_answer *a)
{
    const struct up_provenance_asked *q = &a->asked;
    struct up_html *h = &p->h;
    up_html_open(h, "section", NULL);
    up_html_leaf(h, "p",
                 up_arena_printf(&p->arena, "%s%s%s", q->node ? q->node : "every node",
                                 q->path ? " / " : "", q->path ? q->path : ""),
                 "class", "mono soft", NULL);
    if (q->value)
        up_html_leaf(h, "p",
                     strlen(q->value) < 400
                         ? q->value
                         : up_arena_printf(&p->arena, "%.400s ...", q->value),
                     NULL);
    if (q->number && q->number->rounded)
        up_html_leaf(h, "p",
                     up_arena_printf(&p->arena, "The number asked for is this one, rounded."),
                     "class", "soft", NULL);
    places(p, &a->number);
    up_html_close(h);
    up_page_section(p, "chain", "Made by, and from");
    for (size_t i = 0; i < a->lineage->n; ++i)
        up_page_ancestor(p, a->lineage, i, i == 0);
    up_html_close(h);
}

int up_page_why(struct up_buf *out, struct up_store *s, const struct up_run_record *r,
                const char *at, struct up_err *err)
{
    struct up_page p = {.store = s, .run = r, .served = true};
    struct up_answer a;
    const char *name = up_arena_printf(&p.arena, "%s:%s", r->id, at);
    int rc = up_answer_find(&a, s, name, NULL, err);
    if (!rc) {
        up_page_begin(&p, out, up_arena_printf(&p.arena, "Where %s comes from", at));
        up_page_ask(&p, at);
        answer(&p, &a);
        up_page_end(&p);
    }
    up_answer_release(&a);
    up_arena_release(&p.arena);
    return rc;
}
