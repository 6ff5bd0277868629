/* The list of a store's remotes: the text file `remotes` in the store's folder.
 *
 *   # a comment
 *   [team]
 *   url = https://nas.example.org/cache
 *   access = rw                         or ro, the default
 *   trust = alice-1 bob-1               names of keys; `any` takes unsigned results, too
 *
 * and, where they are needed: `region`, `endpoint` (S3), `ca` (a file of certificates),
 * `credentials` (a file that only its owner can read; never the credentials themselves),
 * `stall` (seconds without progress until a request is given up).
 *
 * Addresses: file:///absolute/folder, http://HOST[:PORT][/PATH], https://..., s3://BUCKET. */
#ifndef UP_STORE_REMOTE_LIST_H
#define UP_STORE_REMOTE_LIST_H
#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/err.h"

enum { UP_REMOTE_NAME_MAX = 32, UP_REMOTES_MAX = 16 };

struct up_remote_spec { /* strings are the list's; NULL where nothing is said */
    const char *name, *url, *region, *endpoint, *ca, *credentials;
    bool writable, trust_any;
    const char *const *trust;
    size_t ntrust;
    unsigned stall_s;
};
struct up_remote_list { /* up_remote_list_release */
    struct up_arena arena;
    struct up_remote_spec v[UP_REMOTES_MAX];
    size_t n;
};

/* where: the file, for the sentence. UP_EINVAL names the line. */
int up_remote_list_parse(struct up_remote_list *l, struct up_view text, const char *where,
                         struct up_err *err);
/* Appends a text that gives the same list. */
void up_remote_list_text(struct up_buf *out, const struct up_remote_list *l);
struct up_remote_spec *up_remote_list_find(struct up_remote_list *l, const char *name);
/* Copies s after checking it. UP_EINVAL: what is wrong with it, or its name is taken; the
 * sentence repeats no part of an address that might be a password. */
int up_remote_list_add(struct up_remote_list *l, const struct up_remote_spec *s,
                       struct up_err *err);
bool up_remote_list_remove(struct up_remote_list *l, const char *name);
void up_remote_list_release(struct up_remote_list *l);

struct up_remote;
struct up_credentials { /* NULL where there is none */
    const char *user, *password, *token;
};
/* Opens the remote that s describes. s outlives it; credentials are copied. Errors are those
 * of the kinds (remote.h). */
int up_remote_open(struct up_remote **out, const struct up_remote_spec *s,
                   const struct up_credentials *c, struct up_err *err);

#endif
