/* Results through remotes that may lie, with the remote in memory: whom a store believes, what
 * it does with what is refused, what push leaves behind. links: up_dag up_store up_base */
#include "tests/unit/store_folder.h"

#include "dag/exchange/share.h"
#include "dag/record/trust.h"
#include "store/remote/download.h"

enum { ALICE, BOB, KEYS };

struct world { /* a store that pushes, one that fetches, and the remote between them */
    struct folder f, t;
    struct up_store *from, *to;
    struct up_remote *remote;
    struct up_secret_key key[KEYS];
    struct up_keyring ring;
    const char *trust[KEYS];
    struct up_remotes set;
    struct up_arena arena;
    char said[2048];
    int warnings;
};

static void warn(void *ctx, const char *sentence)
{
    struct world *w = ctx;
    w->warnings++;
    (void)snprintf(w->said, sizeof w->said, "%s", sentence);
}

static void open_world(struct world *w)
{
    *w = (struct world){.f = folder_make(), .t = folder_make()};
    static const char *const names[KEYS] = {"alice-1", "bob-1"};
    w->from = folder_open(&w->f);
    w->to = folder_open(&w->t);
    w->remote = up_remote_memory("team");
    for (int i = 0; i < KEYS; i++) {
        assert_int_equal(up_key_generate(&w->key[i], names[i], NULL), UP_OK);
        struct up_public_key p = up_key_public(&w->key[i]);
        assert_int_equal(up_keyring_add(&w->ring, &p, NULL), UP_OK);
    }
    w->trust[0] = "alice-1";
    const struct up_member m = {
        .remote = w->remote, .writable = true, .trust = w->trust, .ntrust = 1};
    w->set =
        (struct up_remotes){.keyring = &w->ring, .temp_dir = w->t.path, .warn = warn, .ctx = w};
    up_remotes_add(&w->set, &m);
}

static void close_world(struct world *w)
{
    up_remotes_release(&w->set);
    up_keyring_release(&w->ring);
    up_arena_release(&w->arena);
    up_store_close(w->from);
    up_store_close(w->to);
    folder_remove(&w->f);
    folder_remove(&w->t);
}

/* ---- results ---- */

static struct up_result record(struct up_store *s, struct up_view bytes)
{
    struct up_result r = {.stage = "half",
                          .version = 1,
                          .size = bytes.len,
                          .run = "r",
                          .started = "s",
                          .finished = "f"};
    assert_int_equal(up_store_put(s, bytes, &r.digest, &r.sha256, NULL), UP_OK);
    return r;
}

/* A result as this store's own run leaves it. */
static struct up_digest result(struct up_store *s, const char *key, struct up_view bytes)
{
    const struct up_whence here = {.from = UP_CAME_HERE};
    struct up_buf plain = UP_BUF_INIT, doc = UP_BUF_INIT;
    struct up_result r = record(s, bytes);
    up_result_pack(&plain, &r);
    assert_int_equal(up_whence_put(&doc, up_buf_view(&plain), &here, NULL), UP_OK);
    assert_int_equal(up_store_result_put(s, V(key), up_buf_view(&doc), NULL), UP_OK);
    up_buf_release(&plain);
    up_buf_release(&doc);
    return r.digest;
}

/* Of a result of the store that fetches. */
static enum up_verdict verdict(struct world *w, const char *key)
{
    struct up_judge *j = NULL;
    assert_int_equal(up_judge_make(&j, w->to, &w->set, NULL), UP_OK);
    const struct up_judged *r = up_judge_of(j, up_digest_of(key, strlen(key)));
    assert_non_null(r);
    enum up_verdict v = r->verdict;
    up_judge_free(j);
    return v;
}

static void push(struct world *w, int key, struct up_push_count *c)
{
    struct up_err err = {""};
    struct up_share_push p = {.remotes = &w->set,
                              .to = &w->set.member[0],
                              .from = w->from,
                              .key = key < KEYS ? &w->key[key] : NULL,
                              .say = warn,
                              .ctx = w};
    if (up_share_push_all(&p, &err) != UP_OK)
        fail_msg("%s", err.msg);
    if (c)
        *c = p.count;
}

static int fetch(struct world *w, const char *key, struct up_shared *got)
{
    struct up_err err = {""};
    const struct up_reach reach = {&w->set, true};
    return up_share_fetch(got, &reach, w->to, V(key), NULL, &w->arena, &err);
}

static bool has_result(struct up_store *s, const char *key)
{
    struct up_buf b = UP_BUF_INIT;
    bool yes = up_store_result_get(s, V(key), &b, NULL) == UP_OK;
    up_buf_release(&b);
    return yes;
}

/* A miss with this reason, of which nothing stays in the store. */
static void refused(struct world *w, const char *key, const char *why)
{
    struct up_shared got;
    uint64_t before = w->set.member[0].count.refused;
    assert_int_equal(fetch(w, key, &got), UP_ENOTFOUND);
    if (!got.why || !strstr(got.why, why))
        fail_msg("'%s' is not refused because '%s'", got.why ? got.why : "nothing", why);
    assert_int_equal(w->set.member[0].count.refused, before + 1);
    assert_int_equal(w->warnings, 0);
    assert_false(has_result(w->to, key));
}

static void what_is_pushed_can_be_fetched(void **state)
{
    struct world w;
    struct up_shared got;
    struct up_push_count c;
    struct up_buf large = noise(1, 3 << 20), record_bytes = UP_BUF_INIT;
    open_world(&w);
    struct up_digest a = result(w.from, "key a", V("small"));
    struct up_digest b = result(w.from, "key b", up_buf_view(&large));
    result(w.from, "key c", V("small")); /* the same artifact */
    push(&w, ALICE, &c);
    assert_int_equal(c.entries, 3);
    assert_int_equal(c.objects, 2);
    push(&w, ALICE, &c);
    assert_int_equal(c.entries + c.objects, 0);
    assert_int_equal(c.entries_had, 3);
    assert_int_equal(fetch(&w, "key z", &got), UP_ENOTFOUND);
    assert_null(got.why);
    assert_int_equal(fetch(&w, "key b", &got), UP_OK);
    assert_string_equal(got.from, "remote team, signed by alice-1");
    assert_int_equal(got.bytes, 3 << 20);
    assert_true(up_digest_equal(got.result.digest, b));
    assert_stored(w.to, b, large);
    assert_int_equal(fetch(&w, "key a", &got), UP_OK);
    assert_true(up_store_has(w.to, a));
    assert_int_equal(up_store_result_get(w.to, V("key a"), &record_bytes, NULL), UP_OK);
    assert_int_equal(up_pack_check(up_buf_view(&record_bytes), NULL), UP_OK);
    struct up_result there;
    assert_int_equal(up_result_unpack(&there, &w.arena, up_buf_view(&record_bytes), NULL),
                     UP_OK);
    assert_string_equal(there.source, "remote team");
    assert_int_equal(verdict(&w, "key a"), UP_V_VOUCHED);
    assert_int_equal(up_store_result_put(w.to, V("key d"), up_buf_view(&record_bytes), NULL),
                     UP_OK);
    assert_int_equal(verdict(&w, "key d"), UP_V_DOUBTED); /* signed under another key */
    w.set.member[0].ntrust = 0;
    assert_int_equal(verdict(&w, "key a"), UP_V_DOUBTED);
    up_buf_release(&record_bytes);
    up_buf_release(&large);
    close_world(&w);
}

static void only_trusted_signatures_count(void **state)
{
    struct world w;
    struct up_shared got;
    open_world(&w);
    result(w.from, "key a", V("bytes"));
    push(&w, KEYS, NULL);
    refused(&w, "key a", "it is not signed");
    push(&w, BOB, NULL);
    refused(&w, "key a", "signed by bob-1, whom remote team does not trust");
    struct up_keyring none = {0};
    w.trust[0] = "bob-1";
    w.set.keyring = &none;
    refused(&w, "key a", "whose public key is not known");
    struct up_public_key false_bob = up_key_public(&w.key[ALICE]);
    (void)snprintf(false_bob.name, sizeof false_bob.name, "bob-1");
    assert_int_equal(up_keyring_add(&none, &false_bob, NULL), UP_OK);
    refused(&w, "key a", "the signature by bob-1 is not of this content");
    up_keyring_release(&none);
    w.set.keyring = &w.ring;
    assert_int_equal(fetch(&w, "key a", &got), UP_OK);
    assert_string_equal(got.from, "remote team, signed by bob-1");
    close_world(&w);
}

static void who_trusts_anybody_takes_what_is_unsigned(void **state)
{
    struct world w;
    struct up_shared got;
    open_world(&w);
    result(w.from, "key a", V("bytes"));
    push(&w, KEYS, NULL);
    w.set.member[0].trust_any = true;
    assert_int_equal(fetch(&w, "key a", &got), UP_OK);
    assert_string_equal(got.from, "remote team, not signed");
    close_world(&w);
}

static void two_may_vouch_for_one_result(void **state)
{
    struct world w;
    struct up_shared got;
    struct up_push_count c;
    open_world(&w);
    result(w.from, "key a", V("bytes"));
    push(&w, ALICE, NULL);
    push(&w, BOB, &c);
    assert_int_equal(c.entries, 1); /* the same entry with one signature more */
    push(&w, ALICE, &c);
    assert_int_equal(c.entries, 0);
    for (int i = 0; i < 2; i++) {
        w.trust[0] = i ? "bob-1" : "alice-1";
        assert_int_equal(fetch(&w, "key a", &got), UP_OK);
        assert_non_null(strstr(got.from, w.trust[0]));
    }
    close_world(&w);
}

/* ---- lies ---- */

/* Puts a voucher as it is: whatever a stranger, or whoever has alice's key, may write. */
static void plant(struct world *w, const char *at, struct up_voucher c, bool sign)
{
    struct up_buf file = UP_BUF_INIT;
    struct up_sha256 name = up_sha256_of(at, strlen(at)), none = {{0}};
    if (sign)
        up_voucher_sign(&c, &w->arena, &w->key[ALICE]);
    up_voucher_pack(&file, &c);
    assert_int_equal(up_remote_put(w->remote, (struct up_object_name){UP_AREA_AC, name},
                                   up_buf_view(&file), none, NULL),
                     UP_OK);
    up_buf_release(&file);
}

static void plant_object(struct world *w, struct up_sha256 name, struct up_view bytes)
{
    assert_int_equal(
        up_remote_put(w->remote, (struct up_object_name){UP_AREA_CAS, name}, bytes, name, NULL),
        UP_OK);
}

static void what_does_not_fit_together_is_refused(void **state)
{
    struct world w;
    struct up_buf doc = UP_BUF_INIT, odd = UP_BUF_INIT;
    open_world(&w);
    struct up_result r = record(w.from, V("bytes"));
    struct up_output o = {r.digest, r.sha256, r.size};
    up_result_pack(&doc, &r);
    struct up_voucher good = {
        .key = V("key"), .value = up_buf_view(&doc), .outputs = &o, .n = 1};
    struct up_voucher c = good;
    plant_object(&w, r.sha256, V("bytes"));

    plant(&w, "other key", good, true);
    refused(&w, "other key", "belongs to another key");
    c.value = V("no record");
    plant(&w, "key", c, true);
    refused(&w, "key", "its record is no result");
    c = good;
    c.n = 0;
    plant(&w, "key", c, true);
    refused(&w, "key", "names another artifact");
    o.digest.b[3] ^= 1; /* a record of one artifact, an entry of another */
    plant(&w, "key", good, true);
    refused(&w, "key", "names another artifact");
    r.digest = o.digest; /* two digests that belong to different bytes */
    up_buf_clear(&doc);
    up_result_pack(&doc, &r);
    good.value = up_buf_view(&doc);
    plant(&w, "key", good, true);
    refused(&w, "key", "two digests that do not belong together");
    static const char from[] = "\x81\xa4"
                               "from\x81\xa6remote\xa4team";
    up_buf_append(&odd, from, sizeof from - 1);
    good.value = up_buf_view(&odd);
    plant(&w, "key", good, true);
    refused(&w, "key", "no result");
    assert_false(up_store_has(w.to, r.digest));
    up_buf_release(&doc);
    up_buf_release(&odd);
    close_world(&w);
}

/* XXH3-128 is not cryptographic: bytes under one may be here already, and be others. */
static void bytes_under_the_same_short_digest_are_not_taken_for_them(void **state)
{
    struct world w;
    struct up_buf doc = UP_BUF_INIT;
    open_world(&w);
    struct up_result r = record(w.to, V("bytes"));
    r.sha256 = up_sha256_of("other", 5);
    up_result_pack(&doc, &r);
    const struct up_output o = {r.digest, r.sha256, r.size};
    const struct up_voucher c = {
        .key = V("key"), .value = up_buf_view(&doc), .outputs = &o, .n = 1};
    plant_object(&w, r.sha256, V("other"));
    plant(&w, "key", c, true);
    refused(&w, "key", "two digests that do not belong together");
    up_buf_release(&doc);
    close_world(&w);
}

static void swapped_cut_and_missing_objects_are_refused(void **state)
{
    static const struct {
        const char *bytes, *why;
    } lies[] = {{"bytez", "other bytes than its name says"},
                {"byte", "another size"},
                {"bytes and more", "larger"},
                {"", "another size"}};
    struct world w;
    struct up_shared got;
    open_world(&w);
    result(w.from, "key", V("bytes"));
    push(&w, ALICE, NULL);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        plant_object(&w, up_sha256_of("bytes", 5), V(lies[i].bytes));
        refused(&w, "key", lies[i].why);
    }
    /* a push sees what has another size; with repair it reads what is there */
    struct up_push_count c;
    push(&w, ALICE, &c);
    assert_int_equal(c.objects, 1);
    assert_int_equal(fetch(&w, "key", &got), UP_OK);
    close_world(&w);
}

/* What a remote sends for one key never comes in the way of what is here already. */
static void what_is_here_stays(void **state)
{
    struct world w;
    struct up_shared got;
    struct up_push_count c;
    open_world(&w);
    struct up_digest mine = result(w.to, "key", V("mine"));
    result(w.from, "key", V("theirs"));
    push(&w, ALICE, NULL);
    const struct up_reach reach = {&w.set, true};
    assert_int_equal(up_share_fetch(&got, &reach, w.to, V("key"), &mine, &w.arena, NULL),
                     UP_ENOTFOUND);
    assert_non_null(strstr(got.why, "another artifact than this store's"));
    /* the other way round: a trusted entry stays in the remote */
    struct up_store *both[2] = {w.from, w.to};
    w.from = both[1];
    push(&w, ALICE, &c);
    assert_int_equal(c.differ, 1);
    assert_int_equal(w.warnings, 1);
    assert_non_null(strstr(w.said, "another artifact in remote team, which stays"));
    w.trust[0] = "bob-1"; /* one that nobody trusts does not */
    push(&w, BOB, &c);
    assert_int_equal(c.differ, 0);
    assert_int_equal(c.entries, 1);
    w.from = both[0];
    close_world(&w);
}

/* Nothing is fetched for who only asks, and what is here is not fetched again. */
static void asking_is_not_fetching(void **state)
{
    struct world w;
    struct up_shared got;
    open_world(&w);
    struct up_digest d = result(w.from, "key", V("bytes"));
    push(&w, ALICE, NULL);
    const struct up_reach reach = {&w.set, false};
    assert_int_equal(up_share_fetch(&got, &reach, NULL, V("key"), NULL, &w.arena, NULL), UP_OK);
    assert_false(up_store_has(w.to, d) || has_result(w.to, "key"));
    assert_int_equal(up_store_put(w.to, V("bytes"), NULL, NULL, NULL), UP_OK);
    assert_int_equal(fetch(&w, "key", &got), UP_OK);
    assert_int_equal(got.bytes, 0);
    close_world(&w);
}

/* ---- trouble ---- */

static int broken_head(struct up_remote *r, struct up_object_name n, uint64_t *size,
                       struct up_err *err)
{
    (void)n, (void)size;
    return up_fail(err, UP_EIO, "remote %s is broken", r->name);
}

static int broken_get(struct up_remote *r, struct up_object_name n, uint64_t limit,
                      const struct up_sink *sink, struct up_err *err)
{
    (void)limit, (void)sink;
    return broken_head(r, n, NULL, err);
}

static int broken_put(struct up_remote *r, struct up_object_name n, struct up_view b,
                      struct up_sha256 sha, struct up_err *err)
{
    (void)b, (void)sha;
    return broken_head(r, n, NULL, err);
}

static void broken_close(struct up_remote *r) { (void)r; }

static void a_broken_remote_is_left_alone(void **state)
{
    static const struct up_remote_ops ops = {broken_head, broken_get, broken_put, broken_close};
    struct up_remote broken = {.ops = &ops, .name = "broken"};
    struct world w;
    struct up_shared got;
    open_world(&w);
    result(w.from, "key", V("bytes"));
    push(&w, ALICE, NULL);
    struct up_member m = w.set.member[0];
    w.set.member[0] = (struct up_member){.remote = &broken};
    up_remotes_add(&w.set, &m);
    for (int i = 0; i < 5; i++) /* the one behind it answers */
        assert_int_equal(fetch(&w, "key", &got), UP_OK);
    assert_int_equal(w.warnings, 1);
    assert_string_equal(w.said, "remote broken is broken; going on without this remote");
    assert_int_equal(w.set.member[0].count.failed, 1);
    assert_int_equal(w.set.member[0].count.spared, 4);
    assert_int_equal(w.set.member[1].count.taken, 5);
    close_world(&w);
}

static void trouble_of_this_machine_is_an_error(void **state)
{
    struct world w;
    struct up_shared got;
    struct up_err err = {""};
    open_world(&w);
    result(w.from, "key", V("bytes"));
    push(&w, ALICE, NULL);
    w.set.temp_dir = "/nowhere";
    const struct up_reach reach = {&w.set, true};
    assert_int_equal(up_share_fetch(&got, &reach, w.to, V("key"), NULL, &w.arena, &err),
                     UP_EIO);
    assert_non_null(strstr(err.msg, "temporary file in /nowhere"));
    close_world(&w);
}

/* ---- any number of lies ---- */

/* Bits of entries and objects change at random, entries and objects change places: whatever is
 * fetched is what alice has made. */
static void no_lie_becomes_a_result(void **state)
{
    enum { N = 8 };
    struct world w;
    struct up_rng r = up_rng_init(11, "lies");
    struct up_buf made[N], file[N];
    char key[N][16];
    int rounds = 2000, taken = 0;
    open_world(&w);
    for (int i = 0; i < N; i++) {
        (void)snprintf(key[i], sizeof key[i], "key %d", i);
        made[i] = noise((uint64_t)i, 40 + (size_t)i / 2);
        file[i] = (struct up_buf)UP_BUF_INIT;
        result(w.from, key[i], up_buf_view(&made[i]));
    }
    push(&w, ALICE, NULL);
    for (int i = 0; i < N; i++)
        assert_int_equal(
            up_remote_read(w.remote,
                           (struct up_object_name){UP_AREA_AC, up_sha256_of(key[i], 5)},
                           UP_VOUCHER_MAX, &file[i], NULL),
            UP_OK);
    for (int round = 0; round < rounds; round++) {
        size_t i = up_rng_below(&r, N), k = up_rng_below(&r, N), what = up_rng_below(&r, 5);
        struct up_buf *b = what < 2 ? &file[k] : &made[k];
        struct up_shared got;
        uint8_t *bit = &b->data[up_rng_below(&r, b->len)], mask = (uint8_t)(1u << (round & 7));
        struct up_object_name name = {what < 2 ? UP_AREA_AC : UP_AREA_CAS,
                                      what < 2 ? up_sha256_of(key[i], 5)
                                               : up_sha256_of(made[i].data, made[i].len)};
        struct up_buf *own = what < 2 ? &file[i] : &made[i];
        *bit ^= what % 2 ? mask : 0; /* else another's, or its own, unchanged */
        if (round % 20 == 0) {       /* what is here already is not fetched again */
            up_store_close(w.to);
            folder_remove(&w.t);
            w.t = folder_make();
            w.to = folder_open(&w.t);
        }
        (void)up_remote_put(w.remote, name, up_buf_view(b), name.sha, NULL);
        *bit ^= what % 2 ? mask : 0;
        if (fetch(&w, key[i], &got) == UP_OK) {
            struct up_buf bytes = UP_BUF_INIT;
            assert_int_equal(up_store_get(w.to, got.result.digest, &bytes, NULL), UP_OK);
            assert_true(up_view_equal(up_buf_view(&bytes), up_buf_view(&made[i])));
            up_buf_release(&bytes);
            taken++;
        }
        (void)up_remote_put(w.remote, name, up_buf_view(own), name.sha, NULL);
    }
    assert_true(taken > 0 && taken < rounds);
    for (int i = 0; i < N; i++) {
        up_buf_release(&made[i]);
        up_buf_release(&file[i]);
    }
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_pushed_can_be_fetched),
        cmocka_unit_test(only_trusted_signatures_count),
        cmocka_unit_test(who_trusts_anybody_takes_what_is_unsigned),
        cmocka_unit_test(two_may_vouch_for_one_result),
        cmocka_unit_test(what_does_not_fit_together_is_refused),
        cmocka_unit_test(bytes_under_the_same_short_digest_are_not_taken_for_them),
        cmocka_unit_test(swapped_cut_and_missing_objects_are_refused),
        cmocka_unit_test(what_is_here_stays),
        cmocka_unit_test(asking_is_not_fetching),
        cmocka_unit_test(a_broken_remote_is_left_alone),
        cmocka_unit_test(trouble_of_this_machine_is_an_error),
        cmocka_unit_test(no_lie_becomes_a_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
