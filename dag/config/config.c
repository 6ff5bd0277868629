#include "dag/config/schema.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dag/config/suggest.h"
#include "store/base/regular.h"
#include "store/base/rng.h"

static const char *const modes[] = {"portable", "native", NULL};
static const struct up_param top[] = {
    {.name = "seed",
     .kind = UP_P_INT,
     .def = "0",
     .max = 9007199254740992.0,
     .doc = "the number every stage derives its own seed from"},
    {.name = "mode",
     .kind = UP_P_ENUM,
     .def = "portable",
     .choices = modes,
     .doc = "portable: equal bits on every machine; native: the fastest kernels here"},
    {0},
};

/* ---- looking up ---- */

const struct up_entry *up_config_find(const struct up_config *c, const char *name)
{
    for (size_t i = 0; i < c->n; i++)
        if (!strcmp(c->entries[i].name, name))
            return &c->entries[i];
    return NULL;
}

struct up_entry *up_schema_find(struct up_config *c, const char *name)
{
    const struct up_entry *e = up_config_find(c, name);
    return e ? &c->entries[e - c->entries] : NULL;
}

const struct up_entry *up_config_of(const struct up_config *c, const struct up_stage *stage,
                                    const char *key)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->entries[i].stage == stage && !strcmp(c->entries[i].param->name, key))
            return &c->entries[i];
    return NULL;
}

bool up_entry_relevant(const struct up_config *c, const struct up_entry *e)
{
    return up_when_holds(c, e->param->when);
}

void up_origin_text(struct up_buf *out, const struct up_origin *o)
{
    switch (o->kind) {
    case UP_FROM_FILE:
        up_buf_printf(out, "%s:%u:%u", o->where, o->line, o->col);
        break;
    case UP_FROM_SET:
        up_buf_printf(out, "--set %s", o->where);
        break;
    case UP_FROM_SEED:
        up_buf_puts(out, "derived from seed");
        break;
    default:
        up_buf_puts(out, "default");
    }
}

int up_schema_unknown(const struct up_config *c, const struct up_place *at,
                      const struct up_yaml *y, const char *name, struct up_err *err)
{
    struct up_suggest near = up_suggest_for(name);
    const char *same = NULL, *dot = strrchr(name, '.');
    for (size_t i = 0; i < c->n; i++) {
        up_suggest_offer(&near, c->entries[i].name);
        if (!same && !strcmp(c->entries[i].param->name, dot ? dot + 1 : name))
            same = c->entries[i].name;
    }
    if (near.best || same)
        return up_place_fail(at, y, err, "unknown key \"%.80s\"; did you mean \"%s\"?", name,
                             near.best ? near.best : same);
    struct up_buf list = UP_BUF_INIT;
    for (size_t i = 0; i < c->n; i++) { /* the keys beside it, or the sections */
        const struct up_entry *e = &c->entries[i];
        const char *sect = e->stage ? e->stage->name : NULL;
        bool beside = dot && sect && !strncmp(name, e->name, (size_t)(dot - name) + 1);
        if (beside)
            up_buf_printf(&list, "%s%s", list.len ? ", " : "", e->param->name);
    }
    bool keys = list.len != 0;
    for (const struct up_stage *const *s = c->stages; !keys && *s; s++)
        up_buf_printf(&list, "%s%s", list.len ? ", " : "", (*s)->name);
    int rc = up_place_fail(at, y, err, "unknown key \"%.80s\"; %s: %s%s", name,
                           keys ? "this section has" : "the sections are", up_buf_str(&list),
                           keys ? "" : ", and seed and mode at the top");
    up_buf_release(&list);
    return rc;
}

/* ---- the file ---- */

struct layer {
    struct up_config *c;
    const char *folder;
    struct up_err *err;
};

static struct up_place place_of(const struct layer *l, const char *name)
{
    return (struct up_place){.what = l->c->file, .positions = true, .name = name};
}

static int lay(struct layer *l, const char *name, const struct up_yaml *y)
{
    struct up_place at = place_of(l, name);
    struct up_entry *e = up_schema_find(l->c, name);
    if (!e)
        return up_schema_unknown(l->c, &at, y->key, name, l->err);
    if (e->origin.kind == UP_FROM_FILE)
        return up_place_fail(&at, y->key, l->err, "duplicate key \"%s\" (first in line %u)",
                             name, e->origin.line);
    e->origin = (struct up_origin){UP_FROM_FILE, l->c->file, y->key->line, y->key->col};
    return up_value_read(&e->value, e->param, y, &at, l->folder, &l->c->arena, l->err);
}

static int lay_section(struct layer *l, const struct up_stage *stage, const struct up_yaml *y)
{
    struct up_place at = place_of(l, stage->name);
    if (up_yaml_null(y))
        return UP_OK;
    if (y->kind != UP_Y_MAP)
        return up_place_fail(&at, y, l->err, "section \"%s\" holds \"key: value\" lines",
                             stage->name);
    int rc = UP_OK;
    for (const struct up_yaml *k = y->children; !rc && k; k = k->next)
        rc = lay(l, up_arena_printf(&l->c->arena, "%s.%s", stage->name, k->key->text), k);
    return rc;
}

static int lay_top(struct layer *l, const struct up_yaml *y)
{
    const char *name = y->key->text;
    for (size_t i = 0; top[i].name; i++)
        if (!strcmp(top[i].name, name))
            return lay(l, name, y);
    for (const struct up_stage *const *s = l->c->stages; *s; s++)
        if (!strcmp((*s)->name, name))
            return lay_section(l, *s, y);
    struct up_place at = place_of(l, name);
    if (y->kind == UP_Y_MAP && y->children) /* a section: the key tells best what was meant */
        name = up_arena_printf(&l->c->arena, "%s.%s", name, y->children->key->text);
    return up_schema_unknown(l->c, &at, y->key, name, l->err);
}

static int lay_file(struct layer *l, const struct up_yaml *root)
{
    struct up_place at = place_of(l, "");
    if (!root || up_yaml_null(root))
        return UP_OK;
    if (root->kind != UP_Y_MAP)
        return up_place_fail(&at, root, l->err, "a config is made of \"section:\" lines");
    int rc = UP_OK;
    for (const struct up_yaml *s = root->children; !rc && s; s = s->next) {
        for (const struct up_yaml *t = root->children; t != s; t = t->next)
            if (!strcmp(t->key->text, s->key->text))
                return up_place_fail(&at, s->key, l->err,
                                     "duplicate key \"%.80s\" (first in line %u)", s->key->text,
                                     t->key->line);
        rc = lay_top(l, s);
    }
    return rc;
}

/* ---- defaults and derived values ---- */

static void add_entry(struct up_config *c, const struct up_stage *s, const struct up_param *p)
{
    struct up_entry *e = &c->entries[c->n++];
    e->name = s ? up_arena_printf(&c->arena, "%s.%s", s->name, p->name) : p->name;
    e->stage = s;
    e->param = p;
    if (!p->def)
        return;
    struct up_err err = {0};
    struct up_yaml *y = NULL;
    struct up_place at = {.what = "default", .name = e->name};
    struct up_view text = up_view_str(p->def);
    int rc = up_yaml_read(&y, text, e->name, false, &c->arena, &err);
    if (!rc && y)
        rc = up_value_read(&e->value, p, y, &at, NULL, &c->arena, &err);
    if (rc)
        up_bug(e->name, 0, err.msg); /* a table row that breaks its own rules */
}

static struct up_config *with_defaults(const struct up_stage *const *stages)
{
    struct up_config *c = up_alloc(sizeof *c);
    c->stages = stages;
    size_t n = sizeof top / sizeof *top;
    for (size_t i = 0; stages[i]; i++)
        for (size_t k = 0; stages[i]->params && stages[i]->params[k].name; k++)
            n++;
    c->entries = UP_NEW(&c->arena, n, struct up_entry);
    for (size_t i = 0; top[i].name; i++)
        add_entry(c, NULL, &top[i]);
    for (size_t i = 0; stages[i]; i++)
        for (size_t k = 0; stages[i]->params && stages[i]->params[k].name; k++)
            add_entry(c, stages[i], &stages[i]->params[k]);
    return c;
}

static void derive(struct up_config *c)
{
    c->seed = (uint64_t)up_config_find(c, "seed")->value.i;
    c->native = !strcmp(up_config_find(c, "mode")->value.s, "native");
    for (size_t i = 0; i < c->n; i++) {
        struct up_entry *e = &c->entries[i];
        if (!e->param->seed || e->value.set)
            continue;
        e->value.set = true;
        e->value.i = (int64_t)up_seed_derive(c->seed, e->name);
        e->origin = (struct up_origin){.kind = UP_FROM_SEED};
    }
}

int up_config_parse(struct up_config **out, const struct up_stage *const *stages,
                    const char *file, struct up_view text, const char *const *sets,
                    size_t nsets, struct up_err *err)
{
    struct up_config *c = with_defaults(stages);
    struct layer l = {.c = c, .err = err};
    int rc = UP_OK;
    if (file) {
        c->file = up_arena_strdup(&c->arena, file);
        const char *slash = strrchr(file, '/');
        if (slash)
            l.folder = up_arena_strndup(&c->arena, file, (size_t)(slash - file));
        struct up_yaml *root = NULL;
        rc = up_yaml_read(&root, text, c->file, true, &c->arena, err);
        if (!rc)
            rc = lay_file(&l, root);
    }
    for (size_t i = 0; !rc && i < nsets; i++)
        rc = up_schema_set(c, sets[i], err);
    if (!rc)
        derive(c);
    else
        up_config_free(c);
    *out = rc ? NULL : c;
    return rc;
}

static int read_text(struct up_buf *text, const char *file, struct up_err *err)
{
    int rc = up_regular_read(text, file, UP_YAML_BYTES, err);
    if (rc == UP_ENOTFOUND)
        return up_fail(err, rc, "cannot open the config %s: No such file or directory", file);
    return rc;
}

int up_config_load(struct up_config **out, const struct up_stage *const *stages,
                   const char *file, const char *const *sets, size_t nsets, struct up_err *err)
{
    struct up_buf text = UP_BUF_INIT;
    *out = NULL;
    int rc = file ? read_text(&text, file, err) : UP_OK;
    if (!rc)
        rc = up_config_parse(out, stages, file, up_buf_view(&text), sets, nsets, err);
    up_buf_release(&text);
    return rc;
}

void up_config_free(struct up_config *c)
{
    if (!c)
        return;
    up_arena_release(&c->arena);
    free(c);
}
