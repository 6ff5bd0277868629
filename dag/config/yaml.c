#include "dag/config/yaml.h"

#include <string.h>
#include <yaml.h>

struct reader {
    yaml_parser_t parser;
    yaml_event_t event;
    bool have; /* event holds something to delete */
    const char *what;
    bool positions;
    size_t nodes;
    struct up_arena *arena;
    struct up_err *err;
};

static int refuse(struct reader *r, yaml_mark_t at, const char *why)
{
    if (r->positions)
        return up_fail(r->err, UP_EUSAGE, "%s:%zu:%zu: %s", r->what, at.line + 1, at.column + 1,
                       why);
    return up_fail(r->err, UP_EUSAGE, "%s: %s", r->what, why);
}

static int next(struct reader *r)
{
    if (r->have)
        yaml_event_delete(&r->event);
    r->have = false;
    if (!yaml_parser_parse(&r->parser, &r->event)) {
        const yaml_parser_t *p = &r->parser;
        char why[256];
        (void)snprintf(why, sizeof why, "this is not YAML: %s%s%s",
                       p->problem ? p->problem : "out of memory", p->context ? ", " : "",
                       p->context ? p->context : "");
        return refuse(r, p->problem_mark, why);
    }
    r->have = true;
    return UP_OK;
}

static int plain_only(struct reader *r, const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor)
        return refuse(r, r->event.start_mark,
                      "anchors (&name) are not used here; write the value out");
    if (tag)
        return refuse(r, r->event.start_mark, "tags (!name) are not used here; remove it");
    return UP_OK;
}

static int read_node(struct reader *r, unsigned depth, struct up_yaml **out);

static int read_children(struct reader *r, struct up_yaml *y, unsigned depth)
{
    yaml_event_type_t end =
        y->kind == UP_Y_MAP ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
    struct up_yaml **tail = &y->children;
    for (;;) {
        int rc = next(r);
        if (rc || r->event.type == end)
            return rc;
        struct up_yaml *key = NULL;
        if (y->kind == UP_Y_MAP) {
            rc = read_node(r, depth + 1, &key);
            if (!rc && key->kind != UP_Y_SCALAR)
                rc = refuse(r, r->event.start_mark, "a key must be one word");
            if (!rc)
                rc = next(r);
        }
        if (!rc)
            rc = read_node(r, depth + 1, tail);
        if (rc)
            return rc;
        (*tail)->key = key;
        tail = &(*tail)->next;
        y->n++;
    }
}

static int read_scalar(struct reader *r, struct up_yaml *y)
{
    const yaml_event_t *e = &r->event;
    const char *s = (const char *)e->data.scalar.value;
    size_t n = e->data.scalar.length;
    if (memchr(s, 0, n))
        return refuse(r, e->start_mark, "a zero byte in a value");
    y->text = up_arena_strndup(r->arena, s, n);
    y->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return plain_only(r, e->data.scalar.anchor, e->data.scalar.tag);
}

/* The node that starts with the current event. */
static int read_node(struct reader *r, unsigned depth, struct up_yaml **out)
{
    const yaml_event_t *e = &r->event;
    if (depth > UP_YAML_DEPTH)
        return refuse(r, e->start_mark, "nested deeper than any setting is");
    if (++r->nodes > UP_YAML_NODES)
        return refuse(r, e->start_mark, "more values than a config can have");
    struct up_yaml *y = *out = UP_NEW(r->arena, 1, struct up_yaml);
    y->line = (unsigned)e->start_mark.line + 1;
    y->col = (unsigned)e->start_mark.column + 1;
    int rc = UP_OK;
    switch (e->type) {
    case YAML_SCALAR_EVENT:
        return read_scalar(r, y);
    case YAML_SEQUENCE_START_EVENT:
        y->kind = UP_Y_LIST;
        rc = plain_only(r, e->data.sequence_start.anchor, e->data.sequence_start.tag);
        return rc ? rc : read_children(r, y, depth);
    case YAML_MAPPING_START_EVENT:
        y->kind = UP_Y_MAP;
        rc = plain_only(r, e->data.mapping_start.anchor, e->data.mapping_start.tag);
        return rc ? rc : read_children(r, y, depth);
    case YAML_ALIAS_EVENT:
        return refuse(r, e->start_mark,
                      "aliases (*name) are not used here; write the value out");
    default:
        return refuse(r, e->start_mark, "a value was expected");
    }
}

static int read_stream(struct reader *r, struct up_yaml **root)
{
    int rc = next(r); /* stream start */
    if (!rc)
        rc = next(r);
    if (rc || r->event.type == YAML_STREAM_END_EVENT)
        return rc;
    rc = next(r);
    if (!rc)
        rc = read_node(r, 1, root);
    if (!rc)
        rc = next(r); /* document end */
    if (!rc)
        rc = next(r);
    if (!rc && r->event.type != YAML_STREAM_END_EVENT)
        return refuse(r, r->event.start_mark,
                      "a second document (---); one is all there can be");
    return rc;
}

int up_yaml_read(struct up_yaml **root, struct up_view text, const char *what, bool positions,
                 struct up_arena *arena, struct up_err *err)
{
    *root = NULL;
    if (text.len > UP_YAML_BYTES)
        return up_fail(err, UP_EUSAGE, "%s: %zu bytes are too many for a config (at most %d)",
                       what, text.len, UP_YAML_BYTES);
    struct reader r = {.what = what, .positions = positions, .arena = arena, .err = err};
    if (!yaml_parser_initialize(&r.parser))
        return up_fail(err, UP_ENOMEM, "%s: no memory for the YAML parser", what);
    yaml_parser_set_input_string(&r.parser, text.data ? text.data : (const uint8_t *)"",
                                 text.len);
    int rc = read_stream(&r, root);
    if (r.have)
        yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    return rc;
}

bool up_yaml_null(const struct up_yaml *y)
{
    return y->kind == UP_Y_SCALAR && y->plain &&
           (!*y->text || !strcmp(y->text, "~") || !strcmp(y->text, "null") ||
            !strcmp(y->text, "Null") || !strcmp(y->text, "NULL"));
}
