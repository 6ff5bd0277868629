/* YAML as a small tree with positions. What a config has no use for is refused:
 * anchors, aliases, tags, several documents, deep nesting, non-scalar keys. */
#ifndef UP_DAG_CONFIG_YAML_H
#define UP_DAG_CONFIG_YAML_H
#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/err.h"

enum { UP_YAML_DEPTH = 6, UP_YAML_NODES = 100000, UP_YAML_BYTES = 1 << 20 };
enum up_yaml_kind { UP_Y_SCALAR, UP_Y_LIST, UP_Y_MAP };
struct up_yaml {
    enum up_yaml_kind kind;
    const char *text;         /* SCALAR */
    bool plain;               /* SCALAR: not quoted, so it may be null, a number, ... */
    unsigned line, col;       /* from 1 */
    struct up_yaml *key;      /* of a child of a MAP */
    struct up_yaml *children; /* LIST, MAP: in order */
    struct up_yaml *next;     /* the next child of the parent */
    size_t n;
};
/* *root is NULL when the text holds nothing. `what` starts every sentence, followed
 * by ":LINE:COL" when `positions`. UP_EUSAGE otherwise. */
int up_yaml_read(struct up_yaml **root, struct up_view text, const char *what, bool positions,
                 struct up_arena *arena, struct up_err *err);
/* A plain scalar that spells null. */
bool up_yaml_null(const struct up_yaml *y);

#endif
