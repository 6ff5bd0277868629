/* links: up_store
 * What goes from a store and what stays: leases, sweeps, compaction, the seal. A lease of its
 * own stands for another process, for it shares nothing with the store's. */
#include "store/sweep.h"
#include "tests/unit/store_folder.h"

#include <sys/time.h>

static struct up_digest put_text(struct up_store *s, const char *text)
{
    struct up_digest d;
    assert_int_equal(up_store_put(s, V(text), &d, NULL, NULL), UP_OK);
    return d;
}

struct found {
    struct up_digest d;
    uint64_t written;
    int n;
};

static int find_object(void *ctx, const struct up_seen *seen)
{
    struct found *f = ctx;
    if (!memcmp(seen->name.data, f->d.b, sizeof f->d.b)) {
        f->written = seen->written;
        f->n++;
    }
    return 0;
}

static struct found look_up(struct up_store *s, struct up_digest d)
{
    struct found f = {d, 0, 0};
    assert_int_equal(up_store_survey(s, UP_STORE_OBJECT, find_object, &f, NULL), UP_OK);
    return f;
}

/* Whether it went. */
static bool take_away(struct up_sweep *w, struct up_digest d, uint64_t written)
{
    struct up_doomed item = {up_digest_view(&d), written, false};
    assert_int_equal(up_sweep_remove(w, UP_STORE_OBJECT, &item, 1, NULL), UP_OK);
    return item.gone;
}

/* The store's own handle holds what it wrote, so it is opened again. */
static struct up_store *reopen(struct folder *f, struct up_store *s)
{
    up_store_close(s);
    return folder_open(f);
}

static void what_is_held_stays(void **state)
{
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    struct up_digest a = put_text(s, "a"), b = put_text(s, "b"), c = put_text(s, "c");
    struct up_sweep *w = NULL, *second = NULL;
    struct up_lease before, during;
    struct up_err err = {""};
    assert_int_equal(up_sweep_begin(&w, s, &err), UP_OK);
    assert_false(take_away(w, a, look_up(s, a).written)); /* this handle holds it */
    up_sweep_end(w);
    s = reopen(&f, s);
    up_lease_init(&before, &(struct up_waiter){.dir = f.path});
    assert_int_equal(up_lease_hold(&before, a, &err), UP_OK);
    assert_int_equal(up_sweep_begin(&w, s, &err), UP_OK);
    up_lease_init(&during, &(struct up_waiter){.dir = f.path});
    assert_int_equal(up_lease_hold(&during, b, &err), UP_OK);
    assert_false(take_away(w, a, look_up(s, a).written));
    up_lease_release(&during); /* a run that ends meanwhile: what it named may hang on it */
    assert_false(take_away(w, b, look_up(s, b).written));
    assert_true(take_away(w, c, look_up(s, c).written));
    assert_int_equal(look_up(s, c).n, 0);
    assert_int_equal(up_sweep_begin(&second, s, &err), UP_EIO);
    assert_non_null(strstr(err.msg, "another gc"));
    up_lease_release(&before);
    up_sweep_end(w);
    assert_int_equal(up_sweep_begin(&w, s, &err), UP_OK); /* both have ended by now */
    assert_true(take_away(w, a, look_up(s, a).written));
    assert_true(take_away(w, b, look_up(s, b).written));
    up_sweep_end(w);
    up_store_close(s);
    folder_remove(&f);
}

static void what_was_written_anew_stays(void **state)
{
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    struct up_sweep *w = NULL;
    struct up_digest a = put_text(s, "a");
    uint64_t seen = look_up(s, a).written;
    struct timeval now;
    (void)gettimeofday(&now, NULL);
    assert_true(seen / 1000000 + 100 > (uint64_t)now.tv_sec); /* a time, in microseconds */
    s = reopen(&f, s);
    assert_int_equal(up_sweep_begin(&w, s, NULL), UP_OK);
    assert_false(take_away(w, a, seen - 1));
    assert_true(take_away(w, a, seen));
    up_sweep_end(w);
    up_store_close(s);
    folder_remove(&f);
}

static void chunks_go_with_their_object(void **state)
{
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    struct up_sweep *w = NULL;
    struct up_buf large = noise(3, (5u << 20) + 3);
    struct up_store_counts before, after;
    struct up_digest a = put_text(s, "small"), d;
    assert_int_equal(up_store_put(s, up_buf_view(&large), &d, NULL, NULL), UP_OK);
    s = reopen(&f, s);
    assert_int_equal(up_store_count(s, &before, NULL), UP_OK);
    assert_int_equal(up_sweep_begin(&w, s, NULL), UP_OK);
    assert_true(take_away(w, d, look_up(s, d).written));
    up_sweep_end(w);
    assert_int_equal(up_store_compact(s, NULL), UP_OK);
    assert_int_equal(up_store_count(s, &after, NULL), UP_OK);
    assert_true(before.file > (5u << 20) && after.file < 100000);
    assert_int_equal(after.objects, 1);
    assert_stored(s, a, (struct up_buf){(uint8_t *)(uintptr_t) "small", 5, 5});
    assert_int_equal(up_store_put(s, up_buf_view(&large), &d, NULL, NULL), UP_OK);
    s = reopen(&f, s);
    assert_stored(s, d, large);
    assert_int_equal(f.damages, 0);
    up_store_close(s);
    up_buf_release(&large);
    folder_remove(&f);
}

/* Damage whose time of change is put back is not seen at the opening, but by every read. */
static void the_seal(void **state)
{
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    struct up_err err = {""};
    struct up_buf out = UP_BUF_INIT;
    struct up_seal seal;
    struct stat st;
    assert_int_equal(up_store_result_put(s, V("key"), V("the one value"), &err), UP_OK);
    up_store_close(s);
    assert_true(up_seal_take(&seal, f.path, true));
    struct up_buf data = file_read(folder_file(&f, "data.mdb"));
    uint8_t *at = memmem(data.data, data.len, "the one value", 13);
    assert_non_null(at);
    at[2] ^= 1;
    assert_int_equal(stat(folder_file(&f, "data.mdb"), &st), 0);
    file_write(folder_file(&f, "data.mdb"), data.data, data.len);
    assert_false(up_seal_take(&seal, f.path, true)); /* as the program would see it */
    struct timespec t[2] = {st.st_atim, st.st_mtim};
    assert_int_equal(utimensat(AT_FDCWD, folder_file(&f, "data.mdb"), t, 0), 0);
    assert_true(up_seal_take(&seal, f.path, true));
    s = folder_open(&f);
    assert_int_equal(f.damages, 0);
    assert_int_equal(up_store_result_get(s, V("key"), &out, &err), UP_ECORRUPT);
    assert_int_equal(f.damages, 1);
    up_store_close(s);
    assert_int_equal(unlink(folder_file(&f, "seal")), 0); /* as after a kill */
    assert_false(up_seal_take(&seal, f.path, true));
    up_buf_release(&data);
    up_buf_release(&out);
    folder_remove(&f);
}

static void pins(void **state)
{
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    struct up_err err = {""};
    struct up_buf what = UP_BUF_INIT;
    assert_int_equal(up_store_pin_put(s, "paper", "run 1", &err), UP_OK);
    assert_int_equal(up_store_pin_get(s, "paper", &what, &err), UP_OK);
    assert_string_equal(up_buf_str(&what), "run 1");
    s = reopen(&f, s); /* a pin is no damage in meta */
    assert_int_equal(f.damages, 0);
    assert_int_equal(up_store_pin_remove(s, "paper", &err), UP_OK);
    assert_int_equal(up_store_pin_remove(s, "paper", &err), UP_ENOTFOUND);
    assert_int_equal(up_store_pin_put(s, "", "run 1", &err), UP_EUSAGE);
    up_store_close(s);
    up_buf_release(&what);
    folder_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_held_stays),
                                       cmocka_unit_test(what_was_written_anew_stays),
                                       cmocka_unit_test(chunks_go_with_their_object),
                                       cmocka_unit_test(the_seal), cmocka_unit_test(pins)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
