/* --set a.b=value: the value is YAML, one line of it; --set a.b.c=1 sets one key of a map.
 * Paths are taken as they are,
 * so that a shell's completion needs no quotes around "a: b" or "#1". */
#include "dag/config/schema.h"

#include <string.h>

static bool is_path(const struct up_param *p)
{
    return p->kind == UP_P_FILE || p->kind == UP_P_DIR;
}

/* "a.b.c" where a.b is a MAP: its parameter, and where "c" begins. */
static struct up_entry *map_of(struct up_config *c, const char *name, const char **key)
{
    for (size_t i = 0; i < c->n; i++) {
        size_t n = strlen(c->entries[i].name);
        if (c->entries[i].param->kind != UP_P_MAP || strncmp(name, c->entries[i].name, n) ||
            name[n] != '.' || !name[n + 1])
            continue;
        *key = name + n + 1;
        return &c->entries[i];
    }
    return NULL;
}

/* One key of a map, laid over those it has. */
static int set_key(struct up_config *c, struct up_entry *e, const char *key,
                   struct up_yaml *value, const struct up_place *at, struct up_err *err)
{
    const struct up_value old = e->value;
    struct up_yaml k = {.kind = UP_Y_SCALAR, .text = key, .plain = true};
    struct up_yaml map = {.kind = UP_Y_MAP, .children = value, .n = 1};
    value->key = &k;
    int rc = up_value_read(&e->value, e->param, &map, at, NULL, &c->arena, err);
    if (rc || !old.set)
        return rc;
    const char **names = UP_NEW(&c->arena, old.n + 1, const char *);
    double *reals = UP_NEW(&c->arena, old.n + 1, double);
    size_t n = 0, i = 0;
    for (bool placed = false; i < old.n || !placed; n++) {
        int cmp = placed ? -1 : i == old.n ? 1 : strcmp(old.names[i], key);
        names[n] = cmp < 0 ? old.names[i] : key;
        reals[n] = cmp < 0 ? old.reals[i] : e->value.reals[0];
        placed = placed || cmp >= 0;
        i += cmp <= 0;
    }
    e->value.names = names;
    e->value.reals = reals;
    e->value.n = n;
    return UP_OK;
}

int up_schema_set(struct up_config *c, const char *text, struct up_err *err)
{
    text = up_arena_strdup(&c->arena, text);
    struct up_place at = {.what = up_arena_printf(&c->arena, "--set %.200s", text)};
    const char *eq = strchr(text, '=');
    if (!eq || eq == text)
        return up_place_fail(&at, NULL, err, "write section.key=value");
    at.name = up_arena_strndup(&c->arena, text, (size_t)(eq - text));
    const char *key = NULL;
    struct up_entry *e = up_schema_find(c, at.name);
    if (!e)
        e = map_of(c, at.name, &key);
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
    if (key)
        return set_key(c, e, key, y, &at, err);
    return up_value_read(&e->value, e->param, y, &at, NULL, &c->arena, err);
}
