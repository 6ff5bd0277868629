#include "dag/config/config.h"

#include <string.h>

static const struct up_entry *named(const struct up_config *c, const char *s, size_t n)
{
    for (size_t i = 0; i < c->n; i++)
        if (!strncmp(c->entries[i].name, s, n) && !c->entries[i].name[n])
            return &c->entries[i];
    up_bug(s, 0, "a condition names a parameter that no table has");
}

static bool is_value(const struct up_entry *e, const char *s, size_t n)
{
    if (!e->value.set)
        return n == 4 && !memcmp(s, "null", 4);
    struct up_buf text = UP_BUF_INIT;
    up_value_text(&text, e->param, &e->value);
    bool same = text.len == n && !memcmp(text.data, s, n);
    up_buf_release(&text);
    return same;
}

/* Whether the value is one of s[0..n): "v|w"; e NULL: whether one of the parameters is set. */
static bool any_holds(const struct up_config *c, const struct up_entry *e, const char *s,
                      size_t n)
{
    for (const char *end = s + n;;) {
        const char *bar = memchr(s, '|', (size_t)(end - s));
        size_t len = (size_t)((bar ? bar : end) - s);
        if (e ? is_value(e, s, len) : named(c, s, len)->value.set)
            return true;
        if (!bar)
            return false;
        s = bar + 1;
    }
}

/* One term, s[0..n): "a.b=v|w", "a.b!=v|w" or "a.b|c.d". One about `but` holds. */
static bool term_holds(const struct up_config *c, const char *s, size_t n,
                       const struct up_entry *but)
{
    const char *eq = memchr(s, '=', n);
    if (!eq)
        return any_holds(c, NULL, s, n);
    bool other = eq > s && eq[-1] == '!';
    const struct up_entry *e = named(c, s, (size_t)(eq - s) - other);
    return e == but || any_holds(c, e, eq + 1, (size_t)(s + n - eq) - 1) != other;
}

static bool holds(const struct up_config *c, const char *when, const struct up_entry *but)
{
    bool all = true;
    while (when) {
        const char *amp = strchr(when, '&');
        if (!term_holds(c, when, amp ? (size_t)(amp - when) : strlen(when), but))
            all = false;
        when = amp ? amp + 1 : NULL;
    }
    return all;
}

bool up_when_holds(const struct up_config *c, const char *when) { return holds(c, when, NULL); }

/* One term: "a.b=v|w" -> "a.b=v or w", "a.b!=v" -> "a.b other than v" */
static void term_text(struct up_buf *out, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '|')
            up_buf_puts(out, " or ");
        else if (s[i] == '!')
            up_buf_puts(out, " other than ");
        else if (s[i] != '=' || i == 0 || s[i - 1] != '!')
            up_buf_append(out, s + i, 1);
    }
}

/* What a parameter needs, without what it asks of itself. */
static void when_text(struct up_buf *out, const struct up_entry *e)
{
    const char *joint = "";
    size_t own = strlen(e->name);
    for (const char *s = e->param->when, *next; s; s = next) {
        const char *amp = strchr(s, '&');
        next = amp ? amp + 1 : NULL;
        if (!strncmp(s, e->name, own) && (s[own] == '=' || s[own] == '!'))
            continue;
        up_buf_puts(out, joint);
        term_text(out, s, amp ? (size_t)(amp - s) : strlen(s));
        joint = " and ";
    }
}

void up_config_idle(const struct up_config *c, void (*say)(void *ctx, const char *sentence),
                    void *ctx)
{
    struct up_buf text = UP_BUF_INIT;
    for (size_t i = 0; i < c->n; i++) {
        const struct up_entry *e = &c->entries[i];
        if ((e->origin.kind != UP_FROM_FILE && e->origin.kind != UP_FROM_SET) ||
            holds(c, e->param->when, e)) /* a value that stands for none is no mistake */
            continue;
        up_buf_clear(&text);
        up_origin_text(&text, &e->origin);
        up_buf_printf(&text, ": %s has no effect; it needs ", e->name);
        when_text(&text, e);
        say(ctx, up_buf_str(&text));
    }
    up_buf_release(&text);
}
