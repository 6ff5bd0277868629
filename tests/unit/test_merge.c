/* Joining stores: what is taken, what is refused and why. links: up_dag up_store up_base */
#include "tests/unit/store_folder.h"

#include "dag/exchange/merge.h"
#include "dag/record/record.h"

struct pair { /* a store to take from and one to take to */
    struct up_remotes keys;
    struct up_keyring ring;
    struct folder f, t;
    struct up_store *from, *to;
    struct up_merge m;
    struct up_merge_count c;
    char said[2048];
    int sentences;
};

static void say(void *ctx, const char *sentence)
{
    struct pair *p = ctx;
    size_t n = strlen(p->said);
    p->sentences++;
    (void)snprintf(p->said + n, sizeof p->said - n, "%s\n", sentence);
}

static void open_pair(struct pair *p)
{
    *p = (struct pair){.f = folder_make(), .t = folder_make()};
    p->from = folder_open(&p->f);
    p->to = folder_open(&p->t);
    p->m = (struct up_merge){
        .to = p->to, .say = say, .ctx = p, .admit = {UP_CAME_STORE, "other", .keys = &p->keys}};
    p->keys = (struct up_remotes){.keyring = &p->ring};
}

static void close_pair(struct pair *p)
{
    up_merge_release(&p->m);
    up_store_close(p->from);
    up_store_close(p->to);
    folder_remove(&p->f);
    folder_remove(&p->t);
}

static void merge(struct pair *p)
{
    struct up_err err = {""};
    p->c = (struct up_merge_count){{0}, {0}, 0, 0};
    p->said[0] = '\0';
    p->sentences = 0;
    if (up_merge_from(&p->m, p->from, &p->c, &err))
        fail_msg("%s", err.msg);
}

static void counted(const struct pair *p, enum up_merge_kind k, uint64_t copied, uint64_t had)
{
    if (p->c.copied[k] != copied || p->c.had[k] != had)
        fail_msg("kind %d: copied %d, had %d", (int)k, (int)p->c.copied[k], (int)p->c.had[k]);
}

static struct up_digest artifact(struct up_store *s, struct up_buf bytes, struct up_sha256 *sha)
{
    struct up_digest d;
    assert_int_equal(up_store_put(s, up_buf_view(&bytes), &d, sha, NULL), UP_OK);
    return d;
}

static void result(struct up_store *s, const char *key, struct up_digest d,
                   struct up_sha256 sha)
{
    struct up_buf doc = UP_BUF_INIT;
    struct up_result r = {.stage = "half",
                          .version = 1,
                          .digest = d,
                          .sha256 = sha,
                          .run = "r",
                          .started = "s",
                          .finished = "f"};
    up_result_pack(&doc, &r);
    assert_int_equal(up_store_result_put(s, V(key), up_buf_view(&doc), NULL), UP_OK);
    up_buf_release(&doc);
}

static void part(struct up_store *s, const char *key, const char *value)
{
    struct up_memo_item item = {V(key), V(value)};
    assert_int_equal(up_store_memo_put(s, &item, 1, NULL), UP_OK);
}

static bool has_result(struct up_store *s, const char *key)
{
    struct up_buf b = UP_BUF_INIT;
    bool yes = up_store_result_get(s, V(key), &b, NULL) == UP_OK;
    up_buf_release(&b);
    return yes;
}

static void everything_comes_once(void **state)
{
    struct pair p;
    struct up_sha256 sha;
    struct up_buf small = noise(1, 100), large = noise(2, 3 << 20);
    open_pair(&p);
    struct up_digest a = artifact(p.from, small, &sha);
    result(p.from, "key a", a, sha);
    struct up_digest b = artifact(p.from, large, &sha);
    result(p.from, "key b", b, sha);
    result(p.to, "key b", artifact(p.to, large, &sha), sha);
    for (int i = 0; i < 3000; i++) { /* more than one batch */
        char key[20];
        (void)snprintf(key, sizeof key, "part %d", i);
        part(p.from, key, "value");
    }
    part(p.to, "part 7", "value");
    p.m.dry = true;
    for (int dry = 1; dry >= 0; dry--) { /* what would be copied is what is */
        p.m.dry = dry;
        merge(&p);
        counted(&p, UP_MERGE_RESULT, 1, 1);
        counted(&p, UP_MERGE_ARTIFACT, 1, 1);
        counted(&p, UP_MERGE_PART, 2999, 1);
        assert_int_equal(p.c.bytes, 100);
        assert_int_equal(up_store_has(p.to, a), !dry);
        up_merge_release(&p.m);
    }
    assert_stored(p.to, a, small);
    assert_true(has_result(p.to, "key a"));
    merge(&p);
    counted(&p, UP_MERGE_RESULT, 0, 2);
    counted(&p, UP_MERGE_ARTIFACT, 0, 2);
    counted(&p, UP_MERGE_PART, 0, 3000);
    assert_int_equal(p.sentences, 0);
    up_buf_release(&small);
    up_buf_release(&large);
    close_pair(&p);
}

/* Two stores with the same things: a rehearsal counts them once, as the merge will. */
static void a_rehearsal_remembers(void **state)
{
    struct pair p;
    struct up_sha256 sha;
    struct up_buf bytes = noise(1, 100);
    open_pair(&p);
    result(p.from, "key", artifact(p.from, bytes, &sha), sha);
    part(p.from, "part", "value");
    p.m.dry = true;
    p.m.to = NULL; /* not even a store yet */
    merge(&p);
    counted(&p, UP_MERGE_RESULT, 1, 0);
    merge(&p);
    for (int k = 0; k < UP_MERGE_KINDS; k++)
        counted(&p, (enum up_merge_kind)k, 0, 1);
    up_buf_release(&bytes);
    close_pair(&p);
}

static void what_differs_stays_and_is_said(void **state)
{
    struct pair p;
    struct up_sha256 sha;
    struct up_buf one = noise(1, 100), two = noise(2, 100), got = UP_BUF_INIT;
    open_pair(&p);
    result(p.from, "key", artifact(p.from, one, &sha), sha);
    result(p.to, "key", artifact(p.to, two, &sha), sha);
    part(p.from, "part", "theirs");
    part(p.to, "part", "ours");
    merge(&p);
    assert_int_equal(p.c.differ, 2);
    assert_int_equal(p.sentences, 2);
    assert_non_null(strstr(p.said, "of half is artifact"));
    assert_non_null(strstr(p.said, "other bytes than this store's, which stay"));
    assert_int_equal(up_store_memo_get(p.to, V("part"), &got, NULL), UP_OK);
    assert_string_equal(up_buf_str(&got), "ours");
    up_buf_release(&one);
    up_buf_release(&two);
    up_buf_release(&got);
    close_pair(&p);
}

static struct up_digest poor_digest(const void *p, size_t n)
{
    struct up_digest d = up_digest_of(p, n);
    d.b[0] ^= 1;
    return d;
}

static void what_is_not_sound_is_refused(void **state)
{
    struct pair p;
    struct up_sha256 sha, other = {{1}};
    struct up_buf bytes = noise(1, 100);
    open_pair(&p);
    struct up_digest d = artifact(p.from, bytes, &sha);
    result(p.from, "good", d, sha);
    result(p.from, "no artifact", (struct up_digest){{9}}, sha);
    result(p.from, "other sha", d, other);
    assert_int_equal(up_store_result_put(p.from, V("junk"), V("junk"), NULL), UP_OK);
    p.from->key_digest = poor_digest;
    part(p.from, "part", "value");
    result(p.from, "misnamed", d, sha);
    merge(&p);
    counted(&p, UP_MERGE_RESULT, 1, 0);
    counted(&p, UP_MERGE_PART, 0, 0);
    assert_int_equal(p.sentences, 5);
    assert_non_null(strstr(p.said, "its artifact 0900000000000000"));
    assert_non_null(strstr(p.said, "another SHA-256"));
    assert_non_null(strstr(p.said, "cannot be read"));
    assert_non_null(strstr(p.said, "partial result"));
    assert_non_null(strstr(p.said, "not named by the digest of its key"));
    assert_true(has_result(p.to, "good"));
    assert_false(has_result(p.to, "other sha"));
    up_buf_release(&bytes);
    close_pair(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_comes_once),
        cmocka_unit_test(a_rehearsal_remembers),
        cmocka_unit_test(what_differs_stays_and_is_said),
        cmocka_unit_test(what_is_not_sound_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
