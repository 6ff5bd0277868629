/* Prints the schema of a configuration in three forms. All that is printed comes from
 * struct up_param: default, kind, bounds, choices, condition and documentation. */
#include "cli/shared/config_keys.h"
#include "stages/format/json_write.h"
#include <string.h>

static const char *default_of(const struct up_entry *e)
{
    return e->param->def ? e->param->def : e->param->seed ? "from seed" : "null";
}

/* ---- what values are allowed, in words ---- */

static void bounds(struct up_buf *out, const char *noun, const struct up_param *p)
{
    bool whole = p->kind == UP_P_INT;
    up_buf_puts(out, noun);
    if (p->min < p->max)
        up_buf_printf(out, whole ? " from %.0f to %.0f" : " from %.10g to %.10g", p->min,
                      p->max);
}

static void choices(struct up_buf *out, const char *const *c)
{
    for (; *c; ++c)
        up_buf_printf(out, "`%s`%s", *c, c[1] ? ", " : "");
}

static void allowed(struct up_buf *out, const struct up_param *p)
{
    switch (p->kind) {
    case UP_P_BOOL:
        up_buf_puts(out, "`true`, `false`");
        return;
    case UP_P_INT:
        bounds(out, "whole number", p);
        return;
    case UP_P_REAL:
        bounds(out, "number", p);
        return;
    case UP_P_STR:
        up_buf_puts(out, "text");
        return;
    case UP_P_FILE:
        up_buf_puts(out, "path of a file");
        return;
    case UP_P_DIR:
        up_buf_puts(out, "path of a folder");
        return;
    case UP_P_ENUM:
        choices(out, p->choices);
        return;
    case UP_P_LIST:
        up_buf_puts(out, p->choices ? "list of " : "list of names");
        break;
    case UP_P_MAP:
        up_buf_puts(out, p->choices ? "map from name to number; names: "
                                    : "map from name to number");
        break;
    }
    if (p->choices)
        choices(out, p->choices);
}

/* ---- when a key matters, in words: the grammar is in dag/stage.h ---- */

static void values(struct up_buf *out, const char *v, size_t len)
{
    for (const char *end = v + len; v < end;) {
        const char *bar = memchr(v, '|', (size_t)(end - v));
        const char *stop = bar ? bar : end;
        up_buf_printf(out, "`%.*s`%s", (int)(stop - v), v, bar ? " or " : "");
        v = stop + 1;
    }
}

static void term(struct up_buf *out, const char *t, size_t len)
{
    const char *eq = memchr(t, '=', len);
    if (!eq) {
        values(out, t, len);
        up_buf_puts(out, " is set");
        return;
    }
    bool not = eq[-1] == '!';
    up_buf_printf(out, "`%.*s` is %s", (int)(eq - t) - not, t, not ? "not " : "");
    values(out, eq + 1, len - (size_t)(eq + 1 - t));
}

static void condition(struct up_buf *out, const char *when)
{
    if (!when)
        up_buf_puts(out, "always");
    while (when && *when) {
        size_t len = strcspn(when, "&");
        term(out, when, len);
        when += len;
        if (*when++ != '&')
            break;
        up_buf_puts(out, " and ");
    }
}

/* ---- the three forms ---- */

static void key_text(struct up_buf *out, const struct up_entry *e)
{
    up_buf_printf(out, "%-22s %-12s %s\n", e->name, default_of(e), e->param->doc);
}

static void key_json(struct up_buf *out, const struct up_entry *e)
{
    struct up_buf text = UP_BUF_INIT;
    struct up_jw w;
    allowed(&text, e->param);
    up_jw_init(&w, out, 0);
    up_jw_object(&w);
    up_jw_key_str(&w, "key", e->name);
    up_jw_key_str(&w, "default", default_of(e));
    up_jw_key_str(&w, "allowed", up_buf_str(&text));
    up_jw_key_str(&w, "when", e->param->when);
    up_jw_key_str(&w, "doc", e->param->doc);
    up_jw_end(&w);
    up_buf_puts(out, "\n");
    up_buf_release(&text);
}

static void section_head(struct up_buf *out, const struct up_stage *s)
{
    if (s)
        up_buf_printf(out, "\n## %s\nThis stage %s.\n", s->name, s->does);
    else
        up_buf_puts(out, "## Keys at the top\nThese two stand outside of every section.\n");
    up_buf_puts(out, "\n| key | default | allowed values | matters when | meaning |\n"
                     "|---|---|---|---|---|\n");
}

static void key_row(struct up_buf *out, const struct up_entry *e)
{
    up_buf_printf(out, "| `%s` | `%s` | ", e->name, default_of(e));
    allowed(out, e->param);
    up_buf_puts(out, " | ");
    condition(out, e->param->when);
    up_buf_printf(out, " | %s |\n", e->param->doc);
}

int up_keys_of_config(struct up_buf *out, const struct up_config *c, const char *section,
                      enum up_keys_form form, struct up_err *err)
{
    const struct up_entry *last = NULL;
    for (size_t i = 0; i < c->n; ++i) {
        const struct up_entry *e = &c->entries[i];
        if (section && (!e->stage || strcmp(e->stage->name, section)))
            continue;
        if (form == UP_KEYS_TEXT)
            key_text(out, e);
        else if (form == UP_KEYS_JSON)
            key_json(out, e);
        else {
            if (!last || last->stage != e->stage)
                section_head(out, e->stage);
            key_row(out, e);
        }
        last = e;
    }
    if (!last)
        return up_fail(err, UP_EUSAGE,
                       "no section '%s' in a config; see 'upnas explain --keys'", section);
    return UP_OK;
}
