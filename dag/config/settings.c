/* Parameters by their full names, for a stage's check(). */
#include "dag/config/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct up_value *value(const struct up_config *c, const char *name, unsigned kinds,
                                    bool set)
{
    const struct up_entry *e = up_config_find(c, name);
    if (!e)
        up_bug(name, 0, "a check asks for a parameter that no table has");
    if (!(kinds >> e->param->kind & 1u))
        up_bug(name, 0, "a check asks for a parameter as another kind than its table says");
    if (set && !e->value.set)
        up_bug(name, 0, "a check reads an unset parameter without asking up_setting_set");
    return &e->value;
}

bool up_setting_set(const struct up_config *c, const char *name)
{
    return value(c, name, ~0u, false)->set;
}

int64_t up_setting_int(const struct up_config *c, const char *name)
{
    return value(c, name, 1u << UP_P_INT, true)->i;
}

double up_setting_real(const struct up_config *c, const char *name)
{
    return value(c, name, 1u << UP_P_REAL, true)->r;
}

bool up_setting_bool(const struct up_config *c, const char *name)
{
    return value(c, name, 1u << UP_P_BOOL, true)->b;
}

const char *up_setting_str(const struct up_config *c, const char *name)
{
    unsigned kinds = 1u << UP_P_STR | 1u << UP_P_ENUM | 1u << UP_P_FILE | 1u << UP_P_DIR;
    const struct up_value *v = value(c, name, kinds, false);
    return v->set ? v->s : NULL;
}

bool up_setting_is(const struct up_config *c, const char *name, const char *word)
{
    const char *s = up_setting_str(c, name);
    return s && !strcmp(s, word);
}

size_t up_setting_names(const struct up_config *c, const char *name, const char *const **names,
                        const double **values)
{
    const struct up_value *v = value(c, name, 1u << UP_P_LIST | 1u << UP_P_MAP, false);
    *names = v->names;
    if (values)
        *values = v->reals;
    return v->set ? v->n : 0;
}

int up_setting_fail(const struct up_config *c, const char *name, struct up_err *err,
                    const char *fmt, ...)
{
    char text[768];
    const struct up_entry *e = up_config_find(c, name);
    struct up_buf at = UP_BUF_INIT;
    va_list ap;
    UP_CHECK(e);
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (e->origin.kind == UP_FROM_FILE || e->origin.kind == UP_FROM_SET) {
        up_origin_text(&at, &e->origin);
        up_buf_puts(&at, ": ");
    }
    (void)up_fail(err, UP_EUSAGE, "%s%s", up_buf_str(&at), text);
    up_buf_release(&at);
    return UP_EUSAGE;
}
