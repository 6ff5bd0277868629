/* --set a.b=value: the value is YAML, one line of it. Paths are taken as they are,
 * so that a shell's completion needs no quotes around "a: b" or "#1". */
#include "dag/schema.h"

#include <string.h>

static bool is_path(const struct up_param *p)
{
    return p->kind == UP_P_FILE || p->kind == UP_P_DIR;
}

int up_schema_set(struct up_config *c, const char *text, struct up_err *err)
{
    text = up_arena_strdup(&c->arena, text);
    struct up_place at = {.what = up_arena_printf(&c->arena, "--set %.200s", text)};
    const char *eq = strchr(text, '=');
    if (!eq || eq == text)
        return up_place_fail(&at, NULL, err, "write section.key=value");
    at.name = up_arena_strndup(&c->arena, text, (size_t)(eq - text));
    struct up_entry *e = up_schema_find(c, at.name);
    if (!e)
        return up_schema_unknown(c, &at, NULL, at.name, err);
    struct up_yaml bare = {.kind = UP_Y_SCALAR, .text = eq + 1, .plain = true}, *y = &bare;
    if (!is_path(e->param) || eq[1] == '"' || eq[1] == '\'') {
        int rc = up_yaml_read(&y, up_view_str(eq + 1), at.what, false, &c->arena, err);
        if (rc)
            return rc;
        if (!y) {
            bare.text = "";
            y = &bare;
        }
    }
    e->origin = (struct up_origin){.kind = UP_FROM_SET, .where = text};
    return up_value_read(&e->value, e->param, y, &at, NULL, &c->arena, err);
}
