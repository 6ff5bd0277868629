/* JSON as a stream of tokens: no tree of the document is ever built.
 *
 * RFC 8259, and beyond it what Python's json module writes and other readers
 * refuse: bare NaN, Infinity and -Infinity. Strings must be valid escapes; bytes
 * above 0x7f pass as they are. Depth is bounded. Every error sentence begins
 * with "name:line:column:". */
#ifndef UP_FORMAT_JSON_H
#define UP_FORMAT_JSON_H
#include "store/base/buf.h"
#include "store/base/err.h"

enum { UP_JSON_DEPTH = 64 };

enum up_json_kind {
    UP_JSON_OBJECT, /* { : keys and values follow, then UP_JSON_OBJECT_END */
    UP_JSON_OBJECT_END,
    UP_JSON_LIST, /* [ : values follow, then UP_JSON_LIST_END */
    UP_JSON_LIST_END,
    UP_JSON_KEY,    /* text; its value is the next token */
    UP_JSON_STRING, /* text */
    UP_JSON_NUMBER, /* number */
    UP_JSON_BOOL,   /* boolean */
    UP_JSON_NULL,
    UP_JSON_END /* the one top-level value is over and nothing follows it */
};

struct up_json_token {
    enum up_json_kind kind;
    struct up_view text; /* decoded UTF-8; valid until the next call */
    double number;       /* may be NaN or infinite */
    bool boolean;
    size_t line, column; /* 1-based, of the token's first byte; columns count bytes */
};

struct up_json {
    const char *name; /* of the file, for sentences; borrowed */
    const uint8_t *p, *end, *line_start;
    size_t line;
    unsigned depth;
    uint8_t open[UP_JSON_DEPTH]; /* '{' or '[' */
    int expect;                  /* private: what may come next */
    struct up_buf text;          /* strings with escapes are decoded here */
};

/* name and bytes are borrowed. */
void up_json_init(struct up_json *j, const char *name, struct up_view bytes);
void up_json_release(struct up_json *j);
/* UP_EINVAL with position. After UP_JSON_END it keeps returning UP_JSON_END. */
int up_json_next(struct up_json *j, struct up_json_token *t, struct up_err *err);
/* Skips the rest of the value whose first token is *t (nothing for scalars; for
 * a key, its value). */
int up_json_skip(struct up_json *j, const struct up_json_token *t, struct up_err *err);
/* The next token, which must be of `kind`; `what` says what it is for. */
int up_json_want(struct up_json *j, enum up_json_kind kind, struct up_json_token *t,
                 const char *what, struct up_err *err);
const char *up_json_kind_name(enum up_json_kind k); /* "an object", "a number" */
/* "name:line:column: sentence"; returns UP_EINVAL. */
int up_json_fail(const struct up_json *j, const struct up_json_token *t, struct up_err *err,
                 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
