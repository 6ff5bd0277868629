/* Ed25519 keys that vouch for results (libsodium).
 *
 * Written as Nix writes them: "name:base64", of a public key its 32 bytes, of a secret key
 * 64 (seed and public key). A name has 1 to 64 of [A-Za-z0-9._-] and begins with a letter or
 * digit; "team-1" leaves room for "team-2". */
#ifndef UP_STORE_REMOTE_KEY_H
#define UP_STORE_REMOTE_KEY_H
#include "store/base/buf.h"
#include "store/base/err.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { UP_KEY_NAME = 65, UP_PUBLIC_BYTES = 32, UP_SECRET_BYTES = 64, UP_SIGN_BYTES = 64 };
enum { UP_KEY_TEXT = 160 }; /* room for either spelling, with terminator */

struct up_public_key {
    char name[UP_KEY_NAME];
    uint8_t b[UP_PUBLIC_BYTES];
};
struct up_secret_key { /* up_secret_key_wipe when done */
    char name[UP_KEY_NAME];
    uint8_t b[UP_SECRET_BYTES];
};
struct up_signature {
    char name[UP_KEY_NAME];
    uint8_t b[UP_SIGN_BYTES];
};

bool up_key_name_ok(struct up_view name);

/* UP_EINVAL: no such name. */
int up_key_generate(struct up_secret_key *out, const char *name, struct up_err *err);
void up_secret_key_wipe(struct up_secret_key *k);
struct up_public_key up_key_public(const struct up_secret_key *k);

/* Text without a newline. */
char *up_public_key_text(const struct up_public_key *k, char out[UP_KEY_TEXT]);
char *up_secret_key_text(const struct up_secret_key *k, char out[UP_KEY_TEXT]);
/* White space around the text is passed over. UP_EINVAL: the sentence holds the name at
 * most, never the key. */
int up_public_key_parse(struct up_public_key *k, struct up_view text, struct up_err *err);
int up_secret_key_parse(struct up_secret_key *k, struct up_view text, struct up_err *err);

struct up_signature up_key_sign(const struct up_secret_key *k, struct up_view bytes);
/* The signature is of these bytes by this key, whatever name it gives. */
bool up_key_verify(const struct up_public_key *k, const struct up_signature *s,
                   struct up_view bytes);

/* The public keys that a person knows: one a line, empty lines and # comments aside. */
struct up_keyring { /* up_keyring_release */
    struct up_public_key *key;
    size_t n;
};
/* Adds the keys of a text; where: its file, for the sentence. UP_EINVAL names the line, also
 * for a second key under a name. */
int up_keyring_parse(struct up_keyring *r, struct up_view text, const char *where,
                     struct up_err *err);
/* UP_EINVAL when another key has that name already; the same key once more is fine. */
int up_keyring_add(struct up_keyring *r, const struct up_public_key *k, struct up_err *err);
const struct up_public_key *up_keyring_find(const struct up_keyring *r, const char *name);
void up_keyring_release(struct up_keyring *r);

#ifdef __cplusplus
}
#endif

#endif
