/* The keys of the person at the terminal, outside of any store: in the folder
 * $XDG_CONFIG_HOME/upnas, or ~/.config/upnas.
 *
 *   keys/NAME.secret   of mode 0600: "name:base64"
 *   keys/NAME.public   its public half
 *   trusted            public keys of others, one a line */
#ifndef UP_CLI_SHARED_KEYS_H
#define UP_CLI_SHARED_KEYS_H
#include "store/base/arena.h"
#include "store/remote/key.h"

struct up_keys { /* up_keys_release */
    struct up_arena arena;
    const char *dir;         /* NULL: neither HOME nor XDG_CONFIG_HOME is set */
    struct up_keyring ring;  /* of others, and one's own */
    const char *const *mine; /* names of one's own */
    size_t nmine;
};
/* Reads public keys only. */
int up_keys_load(struct up_keys *k, struct up_err *err);
void up_keys_release(struct up_keys *k);
bool up_keys_mine(const struct up_keys *k, const char *name);

/* name NULL: the only one. UP_EUSAGE: there is none, or there are several. */
int up_keys_secret(struct up_secret_key *out, const struct up_keys *k, const char *name,
                   struct up_err *err);
int up_keys_generate(struct up_public_key *out, struct up_keys *k, const char *name,
                     struct up_err *err);
/* Rewrites `trusted` with one key more, or without the key of that name. UP_ENOTFOUND. */
int up_keys_trust(struct up_keys *k, const struct up_public_key *key, struct up_err *err);
int up_keys_distrust(struct up_keys *k, const char *name, struct up_err *err);

#endif
