/* upnas key: who vouches for results, and whom one believes. */
#include "cli/shared/keys.h"
#include "cli/shared/cli.h"
#include "cli/shared/say.h"
#include "cli/shared/remotes.h"
#include "dag/exchange/sign.h"
#include "stages/format/json_write.h"
#include <inttypes.h>
#include <string.h>

static void line(struct up_buf *out, const struct up_common *c, const struct up_keys *k,
                 const struct up_public_key *key)
{
    char text[UP_KEY_TEXT];
    struct up_jw w;
    bool mine = up_keys_mine(k, key->name);
    if (!c->json) {
        up_say(out, "%-7s %s\n", mine ? "own" : "trusted", up_public_key_text(key, text));
        return;
    }
    up_jw_init(&w, out, 0);
    up_jw_object(&w);
    up_jw_key_str(&w, "name", key->name);
    up_jw_key_str(&w, "public", up_public_key_text(key, text));
    up_jw_key(&w, "own");
    up_jw_bool(&w, mine);
    up_jw_end(&w);
    up_buf_puts(out, "\n");
}

static int generate(struct up_keys *k, const struct up_common *c, const char *name,
                    struct up_buf *out, struct up_err *err)
{
    struct up_public_key public;
    char text[UP_KEY_TEXT];
    int rc = up_keys_generate(&public, k, name, err);
    if (!rc && c->json) {
        k->mine = (const char *const *)&name;
        k->nmine = 1;
        line(out, c, k, &public);
    } else if (!rc) {
        up_say(out, "%s\n", up_public_key_text(&public, text));
    }
    return rc;
}

static int trust(struct up_keys *k, const struct up_words *rest, struct up_err *err)
{
    int rc = UP_OK;
    for (size_t i = 1; !rc && i < rest->n; ++i) {
        struct up_public_key key;
        rc = up_public_key_parse(&key, up_view_str(rest->v[i]), err);
        if (!rc)
            rc = up_keys_trust(k, &key, err);
    }
    return rc == UP_EINVAL ? UP_EUSAGE : rc;
}

/* Signs what the store at hand holds of its own. */
static int sign(const struct up_common *c, const char *name, struct up_buf *out,
                struct up_err *err)
{
    struct up_secret_key key = {.name = ""};
    struct up_team team = {.arena = UP_ARENA_INIT};
    struct up_store *store = NULL;
    struct up_sign_count n = {0};
    int rc = up_team_open(&team, c, UP_TEAM_NAMES, NULL, err);
    if (!rc)
        rc = up_keys_secret(&key, &team.keys, name, err);
    if (!rc && !(rc = up_cli_open_existing(&store, c, true, err)))
        rc = up_sign_store(store, &team.set, &key, &n, err);
    if (!rc && c->json) {
        struct up_jw w;
        up_jw_init(&w, out, 0);
        up_jw_object(&w);
        up_jw_key_str(&w, "key", key.name);
        up_jw_key_int(&w, "results", (int64_t)n.results);
        up_jw_key_int(&w, "runs", (int64_t)n.runs);
        up_jw_key_int(&w, "parts", (int64_t)n.parts);
        up_jw_key_int(&w, "left_out", (int64_t)n.left_out);
        up_jw_end(&w);
        up_buf_puts(out, "\n");
    } else if (!rc) {
        up_say(out,
               "signed as %s: %" PRIu64 " results, %" PRIu64 " runs, %" PRIu64
               " parts; %" PRIu64 " left out that this store did not compute\n",
               key.name, n.results, n.runs, n.parts, n.left_out);
    }
    up_secret_key_wipe(&key);
    up_store_close(store);
    up_team_close(&team);
    return rc;
}

static int act(const struct up_command *c, const struct up_common *common, struct up_keys *k,
               const struct up_words *rest, struct up_buf *out, struct up_err *err)
{
    const char *verb = rest->v[0];
    int rc;
    if (!strcmp(verb, "list")) {
        if ((rc = up_cli_words(c, rest, 1, 1, "", err)))
            return rc;
        for (size_t i = 0; i < k->ring.n; ++i)
            line(out, common, k, &k->ring.key[i]);
        return UP_OK;
    }
    if (!strcmp(verb, "trust")) {
        rc = up_cli_words(c, rest, 2, UP_WORDS_MAX, "a public key, NAME:BASE64", err);
        return rc ? rc : trust(k, rest, err);
    }
    if (!strcmp(verb, "sign")) {
        rc = up_cli_words(c, rest, 1, 2, "at most the name of a key", err);
        return rc ? rc : sign(common, rest->n > 1 ? rest->v[1] : NULL, out, err);
    }
    if (strcmp(verb, "generate") && strcmp(verb, "distrust"))
        return up_fail(err, UP_EUSAGE, "key does not know '%s': upnas key %s", verb, c->args);
    if ((rc = up_cli_words(c, rest, 2, 2, "the name of a key, such as alice-1", err)))
        return rc;
    return *verb == 'g' ? generate(k, common, rest->v[1], out, err)
                        : up_keys_distrust(k, rest->v[1], err);
}

static int run(const struct up_command *c, int argc, char **argv, struct up_err *err)
{
    struct up_common common = UP_COMMON_INIT;
    struct up_words rest = {0};
    const struct up_opt opts[] = {UP_OPT_COMMON(&common), {0}};
    struct up_buf out = UP_BUF_INIT;
    struct up_keys keys;

    int rc = up_cli_options(c, opts, argc, argv, &rest, err);
    if (rc || common.help)
        return rc;
    if ((rc = up_cli_words(c, &rest, 1, UP_WORDS_MAX, "generate, list, trust, distrust or sign",
                           err)))
        return rc;
    rc = up_keys_load(&keys, err);
    if (!rc)
        rc = act(c, &common, &keys, &rest, &out, err);
    if (!rc)
        rc = up_cli_print(&out, err);
    up_buf_release(&out);
    up_keys_release(&keys);
    return rc;
}

const struct up_command up_command_key = {
    "key", "generate NAME | list | trust NAME:BASE64 ... | distrust NAME | sign [NAME]",
    "keys that sign results, and whose signatures are believed",
    "generate makes an Ed25519 key and prints its public half, which colleagues give to "
    "trust.\n"
    "Keys are the person's, not the store's: they lie in ~/.config/upnas (or "
    "$XDG_CONFIG_HOME/upnas),\n"
    "secret ones for their owner's eyes only. A remote's trust names those that count there.\n"
    "sign puts a signature to every result, run and part that the store at --store computed "
    "itself,\n"
    "so that it goes along with export and merge; push signs by itself.",
    run};
