/* links: up_store
 * Changed bytes are found, never believed, and cost as little as possible. */
#include "store/file/salvage.h"
#include "tests/unit/store_folder.h"

#include <sys/resource.h>

enum { OBJECTS = 10, RESULTS = 45 };

static int flips = 300, cuts = 50; /* an argument gives another number of flips */

/* Made once: they are compared many times. */
static struct up_view object(int i)
{
    static const size_t sizes[] = {10, 300, 3000, 9000, 70000};
    static struct up_buf made[OBJECTS];
    if (!made[i].data)
        made[i] = noise((uint64_t)i, i == 0 ? (1u << 20) + 99 : sizes[i % 5] + (size_t)i);
    return up_buf_view(&made[i]);
}

static void key_text(char key[64], int i)
{
    (void)snprintf(key, 64, "key document %d of a node in some graph", i);
}

static void put_all(struct up_store *s)
{
    struct up_err err = {""};
    struct up_memo_item items[RESULTS];
    static char keys[RESULTS][64];
    for (int i = 0; i < OBJECTS; i++) {
        assert_int_equal(up_store_put(s, object(i), NULL, NULL, &err), UP_OK);
    }
    for (int i = 0; i < RESULTS; i++) {
        key_text(keys[i], i);
        items[i] = (struct up_memo_item){V(keys[i]), V(keys[i] + 4)};
        if (i % 5 == 0)
            assert_int_equal(up_store_run_put(s, keys[i], items[i].value, &err), UP_OK);
        if (i % 5 == 1)
            assert_int_equal(up_store_result_put(s, items[i].key, items[i].value, &err), UP_OK);
    }
    assert_int_equal(up_store_memo_put(s, items, RESULTS, &err), UP_OK);
}

static int miss_or_equal(int rc, struct up_buf *got, struct up_view want)
{
    assert_true(rc == UP_OK || rc == UP_ENOTFOUND || rc == UP_ECORRUPT);
    if (rc == UP_OK)
        assert_true(up_view_equal(up_buf_view(got), want));
    up_buf_clear(got);
    return rc != UP_OK;
}

/* How many of put_all's records are missing; those there are right. */
static int missing(struct up_store *s)
{
    struct up_buf got = UP_BUF_INIT;
    struct up_err err = {""};
    char key[64];
    int n = 0;
    for (int i = 0; i < OBJECTS; i++) {
        struct up_digest d = up_digest_of(object(i).data, object(i).len);
        n += miss_or_equal(up_store_get(s, d, &got, &err), &got, object(i));
    }
    for (int i = 0; i < RESULTS; i++) {
        key_text(key, i);
        n += miss_or_equal(up_store_memo_get(s, V(key), &got, &err), &got, V(key + 4));
        if (i % 5 == 1)
            n += miss_or_equal(up_store_result_get(s, V(key), &got, &err), &got, V(key + 4));
        if (i % 5 == 0)
            n += miss_or_equal(up_store_run_get(s, key, &got, &err), &got, V(key + 4));
    }
    up_buf_release(&got);
    return n;
}

/* Opens what is in the folder, reads all, repairs all, and looks again.
 * Returns how much was missing. */
static int survive(struct folder *f)
{
    struct up_store_health h;
    struct up_err err = {""};
    f->damages = 0;
    struct up_store *s = folder_open(f);
    int lost = missing(s);
    if (lost && f->damages == 0)
        fail_msg("%d records missing and nothing was said", lost);
    if (lost)
        put_all(s);
    if (lost)
        assert_int_equal(missing(s), 0);
    (void)up_store_verify(s, &h, &err); /* finds what missing() did not read */
    int said = f->damages;
    if (h.bad)
        assert_int_equal(up_store_verify(s, &h, &err), UP_OK);
    assert_int_equal(h.bad, 0);
    assert_int_equal(f->damages, said);
    up_store_close(s);
    return lost;
}

static struct folder full_folder(struct up_buf *data)
{
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    put_all(s);
    up_store_close(s);
    *data = file_read(folder_file(&f, "data.mdb"));
    return f;
}

static void restart(const struct folder *f, const struct up_buf *data, size_t len)
{
    (void)unlink(folder_file(f, "damaged-1.mdb"));
    file_write(folder_file(f, "data.mdb"), data->data, len);
}

static void flipped_bytes_anywhere(void **state)
{
    struct up_buf data;
    struct folder f = full_folder(&data);
    struct up_rng r = up_rng_init(1, "flips");
    int said = 0, lost = 0, worst = 0;
    for (int i = 0; i < flips; i++) {
        /* a third each: anywhere, in a meta page, in the small records' pages */
        size_t span = i % 3 == 1 ? 300 : data.len;
        size_t at = (size_t)up_rng_below(&r, span);
        if (i % 6 == 1)
            at += 4096;
        if (i % 3 == 2)
            at = at / 4096 * 4096 + at % 256;
        uint8_t flip = (uint8_t)(1u << up_rng_below(&r, 8));
        data.data[at] ^= flip;
        restart(&f, &data, data.len);
        int n = survive(&f);
        said += f.damages > 0;
        lost += n;
        worst = n > worst ? n : worst;
        data.data[at] ^= flip;
    }
    print_message(
        "%d flips: %d reported, the others in bytes nobody reads; %d records lost, at "
        "most %d by one flip\n",
        flips, said, lost, worst);
    assert_true(said > flips / 4);
    assert_true(worst <= 2);
    up_buf_release(&data);
    folder_remove(&f);
}

/* A meta page with the number of an earlier transaction hands over to the other one, which
 * lacks the last transaction. */
static void every_transaction_number(void **state)
{
    enum { NUMBER = 16 + 24 + 2 * 48 + 8, PAGE = 4096 };
    struct up_buf data;
    struct folder f = full_folder(&data);
    int lost = 0;
    (void)state;
    for (int bit = 0; bit < 2 * 64; bit++) {
        uint8_t *byte = data.data + (bit / 64) * PAGE + NUMBER + bit % 64 / 8;
        *byte ^= (uint8_t)(1u << bit % 8);
        restart(&f, &data, data.len);
        lost += survive(&f);
        *byte ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(lost, 0);
    up_buf_release(&data);
    folder_remove(&f);
}

static void every_cut(void **state)
{
    struct up_buf data;
    struct folder f = full_folder(&data);
    struct up_rng r = up_rng_init(2, "cuts");
    int lost = 0;
    for (int i = 0; i < cuts; i++) {
        size_t len = (size_t)up_rng_below(&r, data.len);
        len = i < 10 ? (size_t)i * 8 : i < 20 ? len % 16384 : i % 2 ? len / 4096 * 4096 : len;
        restart(&f, &data, len);
        lost += survive(&f);
    }
    assert_true(lost > 0);
    up_buf_release(&data);
    folder_remove(&f);
}

/* The longest record of a type. */
static size_t find_record(const struct up_buf *data, enum up_record_type type, size_t *len)
{
    struct up_salvage s = up_salvage_scan(up_buf_view(data));
    struct up_record r;
    size_t at = 0;
    for (size_t i = 0; i < s.n; i++)
        if (up_record_decode(s.records[i], &r) == NULL && r.type == type &&
            s.records[i].len > *len) {
            at = (size_t)(s.records[i].data - data->data);
            *len = s.records[i].len;
        }
    free(s.records);
    assert_true(at > 0);
    return at;
}

static void every_byte_of_a_small_record(void **state)
{
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    struct up_buf got = UP_BUF_INIT;
    struct up_err err = {""};
    assert_int_equal(up_store_result_put(s, V("the key"), V("the record"), &err), UP_OK);
    up_store_close(s);
    struct up_buf data = file_read(folder_file(&f, "data.mdb"));
    size_t len = 0, at = find_record(&data, UP_REC_RESULT, &len);
    for (size_t i = 0; i < len * 2; i++) {
        uint8_t flip = i % 2 ? 0x01 : 0x80;
        data.data[at + i / 2] ^= flip;
        restart(&f, &data, data.len);
        f.damages = 0;
        s = folder_open(&f);
        assert_int_not_equal(up_store_result_get(s, V("the key"), &got, &err), UP_OK);
        assert_true(f.damages == 1);
        assert_non_null(strstr(f.last, "result"));
        assert_int_equal(up_store_result_put(s, V("the key"), V("the record"), &err), UP_OK);
        up_store_close(s);
        f.damages = 0;
        s = folder_open(&f);
        assert_int_equal(up_store_result_get(s, V("the key"), &got, &err), UP_OK);
        assert_string_equal(up_buf_str(&got), "the record");
        assert_int_equal(f.damages, 0);
        up_store_close(s);
        up_buf_clear(&got);
        data.data[at + i / 2] ^= flip;
    }
    up_buf_release(&got);
    up_buf_release(&data);
    folder_remove(&f);
}

/* The 8 bytes of the node and the 16 of its key. The record itself is sound, so
 * nothing is lost, but for where the node says that the record is shorter. */
static void every_byte_of_a_node_and_key(void **state)
{
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    struct up_buf got = UP_BUF_INIT;
    struct up_err err = {""};
    for (int i = 0; i < 9; i++)
        assert_int_equal(up_store_result_put(s, V("the keys" + i), V("record"), &err), UP_OK);
    up_store_close(s);
    struct up_buf data = file_read(folder_file(&f, "data.mdb"));
    size_t len = 0, at = find_record(&data, UP_REC_RESULT, &len) - 24;
    for (size_t i = 0; i < 24; i++) {
        data.data[at + i] ^= 0x10;
        restart(&f, &data, data.len);
        f.damages = 0;
        s = folder_open(&f);
        assert_true(f.damages >= 1);
        int lost = 0;
        for (int k = 0; k < 9; k++) {
            up_buf_clear(&got);
            int rc = up_store_result_get(s, V("the keys" + k), &got, &err);
            lost += rc != UP_OK;
            if (rc == UP_OK)
                assert_string_equal(up_buf_str(&got), "record");
        }
        assert_true(lost <= (i < 4));
        up_store_close(s);
        data.data[at + i] ^= 0x10;
    }
    up_buf_release(&got);
    up_buf_release(&data);
    folder_remove(&f);
}

static void a_damaged_chunk(void **state)
{
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    struct up_buf b = noise(5, (3 << 20) + 1), got = UP_BUF_INIT;
    struct up_digest d;
    struct up_err err = {""};
    assert_int_equal(up_store_put(s, up_buf_view(&b), &d, NULL, &err), UP_OK);
    up_store_close(s);
    struct up_buf data = file_read(folder_file(&f, "data.mdb"));
    size_t len = 0, at = find_record(&data, UP_REC_CHUNK, &len);
    data.data[at + len / 2] ^= 4;
    for (int put = 0; put < 2; put++) {
        restart(&f, &data, data.len);
        f.damages = 0;
        s = folder_open(&f);
        assert_int_equal(f.damages, 0); /* large values are not read at the opening */
        if (!put) {
            assert_int_equal(up_store_get(s, d, &got, &err), UP_ECORRUPT);
            assert_int_equal(got.len, 0);
            assert_false(up_store_has(s, d));
        }
        assert_int_equal(up_store_put(s, up_buf_view(&b), &d, NULL, &err), UP_OK);
        assert_true(f.damages >= 1);
        assert_stored(s, d, b);
        up_store_close(s);
    }
    up_buf_release(&b);
    up_buf_release(&got);
    up_buf_release(&data);
    folder_remove(&f);
}

/* What nobody asks for is found too, within the bytes that may be read. */
static void a_glance(void **state)
{
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    struct up_buf b = noise(6, 100000);
    struct up_err err = {""};
    struct up_memo_item item = {V("a part of a node"), up_buf_view(&b)};
    assert_int_equal(up_store_memo_put(s, &item, 1, &err), UP_OK);
    up_store_close(s);
    struct up_buf data = file_read(folder_file(&f, "data.mdb"));
    size_t len = 0, at = find_record(&data, UP_REC_MEMO, &len);
    data.data[at + len / 2] ^= 4;
    restart(&f, &data, data.len);
    f.damages = 0;
    s = folder_open(&f);
    up_store_glance(s, 0);
    assert_int_equal(f.damages, 0);
    up_store_glance(s, 1 << 20);
    assert_int_equal(f.damages, 1);
    up_store_glance(s, 1 << 20); /* moved aside: said once */
    assert_int_equal(f.damages, 1);
    up_store_close(s);
    up_buf_release(&b);
    up_buf_release(&data);
    folder_remove(&f);
}

/* Sound in itself, but of a name that no record of its kind can have. */
static int put_long_names(struct up_txn *t, void *ctx, struct up_err *err)
{
    static const enum up_record_type types[] = {UP_REC_FORMAT, UP_REC_RESULT, UP_REC_OBJECT,
                                                UP_REC_CHUNK, UP_REC_MEMO};
    struct up_buf name = noise(8, 400), rec = UP_BUF_INIT;
    size_t *len = ctx;
    int rc = UP_OK;
    name.len = *len;
    for (int i = 0; rc == UP_OK && i < 5; i++) {
        up_buf_clear(&rec);
        up_record_encode(&rec, types[i], up_buf_view(&name), up_buf_view(&name), V("value"));
        rc = up_store_put_record(t, up_record_db(types[i]), up_buf_view(&name), rec.data,
                                 rec.len, err);
    }
    up_buf_release(&name);
    up_buf_release(&rec);
    return rc;
}

static int never(void *ctx, struct up_view name, struct up_view doc, struct up_view value)
{
    fail_msg("a record of a name of %zu bytes was shown", name.len);
    return 0;
}

/* What finds them: the opening, the glance, the walks or the check of all. */
static void find_long_names(struct up_store *s, int how)
{
    struct up_store_health h;
    struct up_err err = {""};
    if (how == 1)
        up_store_glance(s, 1 << 20);
    for (int kind = 0; how == 2 && kind <= UP_STORE_MEMO; kind++)
        assert_int_equal(up_store_walk(s, (enum up_store_kind)kind, false, never, NULL, &err),
                         UP_OK);
    if (how == 3) {
        assert_int_equal(up_store_verify(s, &h, &err), UP_OK);
        assert_int_equal(h.bad, 5);
    }
}

static void names_of_another_length(void **state)
{
    static const int found[] = {5, 4, 3, 5}; /* a glance passes meta, the walks chunks too */
    size_t lens[] = {400, 8, 21};
    for (int i = 0; i < 12; i++) {
        struct folder f = folder_make();
        struct up_store *s = folder_open(&f);
        struct up_store_health h;
        struct up_err err = {""};
        assert_int_equal(up_store_update(s, put_long_names, &lens[i / 4], &err), UP_OK);
        if (i % 4 == 0) {
            up_store_close(s);
            assert_int_equal(unlink(folder_file(&f, "seal")), 0); /* else it is not walked */
            s = folder_open(&f);
        }
        find_long_names(s, i % 4);
        assert_int_equal(f.damages, found[i % 4]);
        assert_non_null(strstr(f.last, "its name is longer or shorter"));
        assert_non_null(strstr(f.last, "was moved aside"));
        assert_int_equal(up_store_verify(s, &h, &err), UP_OK);
        assert_int_equal(f.damages, 5);
        up_store_close(s);
        f.damages = 0;
        s = folder_open(&f); /* none was put back */
        assert_int_equal(up_store_verify(s, &h, &err), UP_OK);
        assert_int_equal(h.bad, 0);
        assert_int_equal(f.damages, 0);
        up_store_close(s);
        folder_remove(&f);
    }
}

/* ---- a check of all that meets other trouble than damage ---- */

struct trouble {
    struct up_store *s;
    struct up_digest bad, good;
    bool no_readers; /* else the good one vanishes */
    pthread_t thread;
    pthread_barrier_t all_taken, give_back;
};

static int spoil(struct up_txn *t, void *ctx, struct up_err *err)
{
    const struct trouble *w = ctx;
    return up_txn_put(t, UP_DB_OBJECTS, up_digest_view(&w->bad), V("no record"), err);
}

static int vanish(struct up_txn *t, void *ctx, struct up_err *err)
{
    const struct trouble *w = ctx;
    return up_txn_del(t, UP_DB_OBJECTS, up_digest_view(&w->good), err);
}

/* Transaction within transaction until no reader is free. */
static int take_reader(struct up_txn *t, void *ctx, struct up_err *err)
{
    struct trouble *w = ctx;
    if (up_lmdb_read(w->s->lmdb, take_reader, w, err) == UP_EIO) {
        (void)pthread_barrier_wait(&w->all_taken);
        (void)pthread_barrier_wait(&w->give_back);
    }
    return UP_OK;
}

static void *take_readers(void *ctx)
{
    struct trouble *w = ctx;
    (void)up_lmdb_read(w->s->lmdb, take_reader, w, NULL);
    return NULL;
}

/* Comes between the sight of a batch and the reading of its objects. */
static void make_trouble(void *ctx, const char *sentence)
{
    struct trouble *w = ctx;
    if (!w->no_readers) {
        (void)up_store_update(w->s, vanish, w, NULL);
    } else if (pthread_create(&w->thread, NULL, take_readers, w) == 0) {
        (void)pthread_barrier_wait(&w->all_taken);
    }
}

static void verify_in_trouble(void **state)
{
    for (int i = 0; i < 2; i++) {
        struct folder f = folder_make();
        struct up_store_health h;
        struct up_err err = {""};
        struct trouble w = {.s = folder_open(&f), .no_readers = i};
        assert_int_equal(pthread_barrier_init(&w.all_taken, NULL, 2), 0);
        assert_int_equal(pthread_barrier_init(&w.give_back, NULL, 2), 0);
        assert_int_equal(up_store_put(w.s, V("bad"), &w.bad, NULL, &err), UP_OK);
        assert_int_equal(up_store_put(w.s, V("good"), &w.good, NULL, &err), UP_OK);
        assert_int_equal(up_store_update(w.s, spoil, &w, &err), UP_OK);
        w.s->on_damage = make_trouble;
        w.s->damage_ctx = &w;
        int rc = up_store_verify(w.s, &h, &err);
        if (w.no_readers) {
            (void)pthread_barrier_wait(&w.give_back);
            (void)pthread_join(w.thread, NULL);
            assert_int_equal(rc, UP_EIO);
            assert_non_null(strstr(err.msg, "too many readers"));
        } else {
            assert_int_equal(rc, UP_OK);
            assert_int_equal(h.bad, 1); /* one that was removed meanwhile is no damage */
        }
        up_store_close(w.s);
        (void)pthread_barrier_destroy(&w.all_taken);
        (void)pthread_barrier_destroy(&w.give_back);
        folder_remove(&f);
    }
}

static void read_only_reports_and_leaves(void **state)
{
    struct folder f = folder_make();
    struct up_store_opts o = folder_opts(&f);
    struct up_store *s = folder_open(&f);
    struct up_err err = {""};
    assert_int_equal(up_store_run_put(s, "run", V("a run's document"), &err), UP_OK);
    up_store_close(s);
    struct up_buf data = file_read(folder_file(&f, "data.mdb"));
    size_t len = 0, at = find_record(&data, UP_REC_RUN, &len);
    o.read_only = true;
    data.data[at + len - 20] ^= 1;
    restart(&f, &data, data.len);
    assert_int_equal(up_store_open(&s, f.path, &o, &err), UP_OK);
    assert_int_equal(f.damages, 1);
    assert_non_null(strstr(f.last, "left where it is"));
    struct up_buf got = UP_BUF_INIT;
    assert_int_equal(up_store_run_get(s, "run", &got, &err), UP_ECORRUPT);
    up_buf_release(&got);
    up_store_close(s);
    data.data[4096 + 16] ^= 1;
    restart(&f, &data, data.len);
    assert_int_equal(up_store_open(&s, f.path, &o, &err), UP_ECORRUPT);
    assert_int_equal(f.damages, 3);
    struct up_buf after = file_read(folder_file(&f, "data.mdb"));
    assert_true(up_view_equal(up_buf_view(&data), up_buf_view(&after)));
    up_buf_release(&after);
    up_buf_release(&data);
    folder_remove(&f);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        flips = (int)strtol(argv[1], NULL, 10);
        cuts = flips / 6;
        const struct CMUnitTest soak[] = {cmocka_unit_test(flipped_bytes_anywhere),
                                          cmocka_unit_test(every_transaction_number),
                                          cmocka_unit_test(every_cut)};
        return cmocka_run_group_tests(soak, NULL, NULL);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_of_a_small_record),
        cmocka_unit_test(every_byte_of_a_node_and_key),
        cmocka_unit_test(a_damaged_chunk),
        cmocka_unit_test(a_glance),
        cmocka_unit_test(names_of_another_length),
        cmocka_unit_test(verify_in_trouble),
        cmocka_unit_test(read_only_reports_and_leaves),
        cmocka_unit_test(flipped_bytes_anywhere),
        cmocka_unit_test(every_transaction_number),
        cmocka_unit_test(every_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
