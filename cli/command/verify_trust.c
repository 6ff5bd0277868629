#include "cli/command/verify_trust.h"
#include "cli/shared/remotes.h"
#include "dag/exchange/share.h"
#include "cli/shared/say.h"

struct judge {
    struct up_team team;
    size_t untrusted;
};

static int visit(void *ctx, struct up_view name, struct up_view doc, struct up_view value)
{
    struct judge *j = ctx;
    struct up_err why = {""};
    struct up_digest key;
    char hex[UP_DIGEST_HEX];
    struct up_buf text = UP_BUF_INIT;
    (void)name;
    if (up_share_trusted(&j->team.set, doc, value, &why))
        return 0;
    key = up_digest_of(doc.data, doc.len);
    up_say(&text, "result %s came from a remote, but %s", up_digest_hex(key, hex), why.msg);
    up_cli_warn(up_buf_str(&text));
    up_buf_release(&text);
    j->untrusted++;
    return 0;
}

int up_verify_trust(const struct up_common *c, struct up_store *store, size_t *untrusted,
                    struct up_err *err)
{
    struct judge j;
    int rc = up_team_open(&j.team, c, UP_TEAM_NAMES, NULL, err);
    j.untrusted = 0;
    if (!rc)
        rc = up_store_walk(store, UP_STORE_RESULT, false, visit, &j, err);
    *untrusted = j.untrusted;
    up_team_close(&j.team);
    return rc;
}
