#include "cli/command/verify_trust.h"
#include "cli/shared/say.h"
#include "dag/record/trust.h"
#include <string.h>

int up_verify_trust(const struct up_common *c, struct up_store *store, size_t *untrusted,
                    struct up_err *err)
{
    struct up_team team;
    struct up_judge *j = NULL;
    int rc = up_team_open(&team, c, UP_TEAM_NAMES, NULL, err);
    if (!rc)
        rc = up_judge_make(&j, store, &team.set, err);
    for (size_t i = 0; !rc && i < j->n; ++i) {
        struct up_arena arena = UP_ARENA_INIT;
        if (j->result[i].verdict == UP_V_DOUBTED) {
            up_cli_warn(up_judge_why(j, &j->result[i], &arena));
            ++*untrusted;
        }
        up_arena_release(&arena);
    }
    up_judge_free(j);
    up_team_close(&team);
    return rc;
}

static void warn_unknown(const struct up_team *t, const char *name)
{
    struct up_buf text = UP_BUF_INIT;
    if (!strcmp(name, "any") || up_keyring_find(&t->keys.ring, name))
        return;
    up_say(&text, "the public key of %s is not known yet: upnas key trust %s:...", name, name);
    up_cli_warn(up_buf_str(&text));
    up_buf_release(&text);
}

struct up_admit up_trust_admit(const struct up_team *t, enum up_came came, const char *name,
                               const struct up_words *trust)
{
    for (size_t i = 0; i < trust->n; ++i)
        warn_unknown(t, trust->v[i]);
    return (struct up_admit){.from = came,
                             .name = name,
                             .keys = &t->set,
                             .trust = trust->v,
                             .ntrust = trust->n,
                             .strict = trust->n > 0};
}
