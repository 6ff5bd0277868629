#include "store/remote/key.h"
#include "store/base/arena.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(UP_PUBLIC_BYTES == crypto_sign_PUBLICKEYBYTES, "Ed25519");
_Static_assert(UP_SECRET_BYTES == crypto_sign_SECRETKEYBYTES, "Ed25519");
_Static_assert(UP_SIGN_BYTES == crypto_sign_BYTES, "Ed25519");

bool up_key_name_ok(struct up_view name)
{
    if (name.len < 1 || name.len >= UP_KEY_NAME || !isalnum(name.data[0]))
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!isalnum(name.data[i]) && !memchr("._-", name.data[i], 3))
            return false;
    return true;
}

static int bad_name(struct up_err *err)
{
    return up_fail(err, UP_EINVAL,
                   "a key's name has 1 to %d letters, digits or . _ - and begins with a letter "
                   "or digit, such as team-1",
                   UP_KEY_NAME - 1);
}

int up_key_generate(struct up_secret_key *out, const char *name, struct up_err *err)
{
    uint8_t public[UP_PUBLIC_BYTES];
    if (!up_key_name_ok(up_view_str(name)))
        return bad_name(err);
    UP_CHECK(sodium_init() >= 0);
    memset(out->name, 0, sizeof out->name);
    memcpy(out->name, name, strlen(name));
    UP_CHECK(crypto_sign_keypair(public, out->b) == 0);
    return UP_OK;
}

void up_secret_key_wipe(struct up_secret_key *k) { sodium_memzero(k, sizeof *k); }

struct up_public_key up_key_public(const struct up_secret_key *k)
{
    struct up_public_key p;
    memcpy(p.name, k->name, sizeof p.name);
    UP_CHECK(crypto_sign_ed25519_sk_to_pk(p.b, k->b) == 0);
    return p;
}

static char *to_text(const char *name, const uint8_t *b, size_t n, char out[UP_KEY_TEXT])
{
    size_t len = (size_t)snprintf(out, UP_KEY_TEXT, "%s:", name);
    (void)sodium_bin2base64(out + len, UP_KEY_TEXT - len, b, n, sodium_base64_VARIANT_ORIGINAL);
    return out;
}

char *up_public_key_text(const struct up_public_key *k, char out[UP_KEY_TEXT])
{
    return to_text(k->name, k->b, sizeof k->b, out);
}

char *up_secret_key_text(const struct up_secret_key *k, char out[UP_KEY_TEXT])
{
    return to_text(k->name, k->b, sizeof k->b, out);
}

static struct up_view trim(struct up_view v)
{
    while (v.len && isspace(v.data[0]))
        v = (struct up_view){v.data + 1, v.len - 1};
    while (v.len && isspace(v.data[v.len - 1]))
        v.len--;
    return v;
}

/* "name:base64" of exactly n bytes. */
static int from_text(struct up_view text, char name[UP_KEY_NAME], uint8_t *b, size_t n,
                     const char *kind, struct up_err *err)
{
    struct up_view v = trim(text);
    const uint8_t *colon = v.len ? memchr(v.data, ':', v.len) : NULL;
    size_t len = colon ? (size_t)(colon - v.data) : 0, got = 0;
    if (!colon || !up_key_name_ok((struct up_view){v.data, len}))
        return up_fail(err, UP_EINVAL, "this is no %s key; one is written name:base64", kind);
    memcpy(name, v.data, len);
    memset(name + len, 0, UP_KEY_NAME - len);
    if (sodium_base642bin(b, n, (const char *)colon + 1, v.len - len - 1, NULL, &got, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        got != n)
        return up_fail(
            err, UP_EINVAL,
            "%s is no %s key: behind its name and colon it has not the base64 of %zu "
            "bytes",
            name, kind, n);
    return UP_OK;
}

int up_public_key_parse(struct up_public_key *k, struct up_view text, struct up_err *err)
{
    return from_text(text, k->name, k->b, sizeof k->b, "public", err);
}

/* The second half must be the public key of the first: else it signs what nobody verifies. */
int up_secret_key_parse(struct up_secret_key *k, struct up_view text, struct up_err *err)
{
    uint8_t public[UP_PUBLIC_BYTES], secret[UP_SECRET_BYTES];
    int rc = from_text(text, k->name, k->b, sizeof k->b, "secret", err);
    if (rc == UP_OK) {
        UP_CHECK(crypto_sign_seed_keypair(public, secret, k->b) == 0);
        if (sodium_memcmp(secret, k->b, sizeof secret) != 0)
            rc = up_fail(err, UP_EINVAL,
                         "%s is no secret key: its two halves do not belong "
                         "together",
                         k->name);
        sodium_memzero(secret, sizeof secret);
    }
    if (rc != UP_OK)
        sodium_memzero(k->b, sizeof k->b);
    return rc;
}

struct up_signature up_key_sign(const struct up_secret_key *k, struct up_view bytes)
{
    struct up_signature s;
    memcpy(s.name, k->name, sizeof s.name);
    UP_CHECK(crypto_sign_detached(s.b, NULL, bytes.data, bytes.len, k->b) == 0);
    return s;
}

bool up_key_verify(const struct up_public_key *k, const struct up_signature *s,
                   struct up_view bytes)
{
    return crypto_sign_verify_detached(s->b, bytes.data, bytes.len, k->b) == 0;
}

/* ---- keyring ---- */

const struct up_public_key *up_keyring_find(const struct up_keyring *r, const char *name)
{
    for (size_t i = 0; i < r->n; i++)
        if (!strcmp(r->key[i].name, name))
            return &r->key[i];
    return NULL;
}

int up_keyring_add(struct up_keyring *r, const struct up_public_key *k, struct up_err *err)
{
    const struct up_public_key *there = up_keyring_find(r, k->name);
    if (there && memcmp(there->b, k->b, sizeof k->b) != 0)
        return up_fail(
            err, UP_EINVAL,
            "another key named %s is known already; ask whose this one is, and if it "
            "takes the other's place, remove that first (upnas key distrust %s)",
            k->name, k->name);
    if (!there) {
        r->key = up_realloc(r->key, (r->n + 1) * sizeof *r->key);
        r->key[r->n++] = *k;
    }
    return UP_OK;
}

int up_keyring_parse(struct up_keyring *r, struct up_view text, const char *where,
                     struct up_err *err)
{
    int rc = UP_OK;
    for (size_t line = 1; rc == UP_OK && text.len; line++) {
        const uint8_t *end = memchr(text.data, '\n', text.len);
        size_t n = end ? (size_t)(end - text.data) : text.len;
        struct up_view v = trim((struct up_view){text.data, n});
        struct up_public_key k;
        text = (struct up_view){text.data + n + (end != NULL), text.len - n - (end != NULL)};
        if (!v.len || v.data[0] == '#')
            continue;
        rc = up_public_key_parse(&k, v, err);
        if (rc == UP_OK)
            rc = up_keyring_add(r, &k, err);
        if (rc != UP_OK)
            rc = up_fail_in(err, rc, "%s:%zu", where, line);
    }
    return rc;
}

void up_keyring_release(struct up_keyring *r)
{
    free(r->key);
    *r = (struct up_keyring){0};
}
