/* Bundles that are made to cost much: artifacts that deflate to gigabytes, records that claim
 * more than they may, and how much memory reading them takes.
 * links: up_dag up_store up_base */
#include "tests/unit/store_folder.h"

#include "dag/exchange/bundle.h"
#include "dag/exchange/bundle_parts.h"
#include "dag/record/record.h"
#include "store/file/record.h"
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

static void put_record(struct up_buf *out, enum up_record_type type, struct up_view name,
                       struct up_view doc, struct up_view value)
{
    size_t at = out->len;
    up_record_encode(out, type, name, doc, value);
    up_record_seal(out->data + at, out->len - at, 0);
}

static void begin(struct up_buf *out) { up_buf_append(out, up_bundle_magic, UP_BUNDLE_HEAD); }

/* `mib` MiB of zeros, and a last byte, as an artifact. */
static void put_zeros(struct up_buf *out, size_t mib, struct up_digest *d,
                      struct up_sha256 *sha)
{
    static uint8_t zeros[UP_CHUNK_BYTES];
    uint8_t name[UP_BUNDLE_CHUNK_NAME];
    uint64_t manifest[2] = {((uint64_t)mib << 20) + 1, UP_CHUNK_BYTES};
    struct up_hasher *h = up_hasher_new();
    for (size_t i = 0; i < mib; i++)
        up_hasher_add(h, zeros, sizeof zeros);
    up_hasher_add(h, zeros, 1);
    up_hasher_end(h, d, sha);
    put_record(out, UP_REC_LARGE, (struct up_view){d->b, sizeof d->b},
               (struct up_view){sha->b, sizeof sha->b},
               (struct up_view){(const uint8_t *)manifest, sizeof manifest});
    for (size_t i = 0; i <= mib; i++) {
        up_bundle_chunk_name(name, *d, (uint32_t)i);
        put_record(out, UP_REC_CHUNK, (struct up_view){name, sizeof name},
                   (struct up_view){NULL, 0},
                   (struct up_view){zeros, i < mib ? sizeof zeros : 1});
    }
}

/* A result of stage `fake` that names the artifact, and a run of it; returns the key. */
static void put_run(struct up_buf *out, struct up_digest d, struct up_sha256 sha, uint64_t size)
{
    struct up_buf key = UP_BUF_INIT, doc = UP_BUF_INIT;
    up_pack_map(&key, 1);
    up_pack_str(&key, "stage");
    up_pack_str(&key, "fake");
    struct up_digest k = up_digest_of(key.data, key.len);
    const struct up_result r = {.stage = "fake",
                                .version = 1,
                                .digest = d,
                                .sha256 = sha,
                                .size = size,
                                .run = "20250101-000000.000-aaaaaa",
                                .started = "2025-01-01T00:00:00.000Z",
                                .finished = "2025-01-01T00:00:00.000Z"};
    up_result_pack(&doc, &r);
    put_record(out, UP_REC_RESULT, (struct up_view){k.b, sizeof k.b}, up_buf_view(&key),
               up_buf_view(&doc));
    struct up_run_node n = {.stage = "fake",
                            .status = UP_DONE_RAN,
                            .has_key = true,
                            .key = k,
                            .digest = d,
                            .size = size,
                            .why = "",
                            .key_doc = up_buf_view(&key)};
    struct up_run_record run = {.id = (char *)(uintptr_t)r.run,
                                .status = "ok",
                                .started = r.started,
                                .finished = r.finished,
                                .mode = "portable",
                                .nodes = &n,
                                .nnodes = 1};
    up_buf_clear(&doc);
    up_run_record_pack(&doc, &run);
    put_record(out, UP_REC_RUN, up_view_str(r.run), (struct up_view){NULL, 0},
               up_buf_view(&doc));
    up_buf_release(&doc);
    up_buf_release(&key);
}

static struct up_keyring nobody;
static struct up_remotes no_remotes = {.keyring = &nobody};
static const struct up_admit admit = {UP_CAME_FILE, "f", &no_remotes, NULL, 0, false};

static long peak_kib(void)
{
    struct rusage u;
    assert_int_equal(getrusage(RUSAGE_SELF, &u), 0);
    return u.ru_maxrss;
}

/* In a process of its own, whose peak of memory nothing else has raised. */
static void is_taken_within(struct up_buf *bundle, const char *path, long mib)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct up_store *s = NULL;
        struct up_store_opts o = {.create = true};
        struct up_bundle_count c;
        struct up_err err = {""};
        long before = peak_kib();
        if (up_store_open(&s, path, &o, &err) ||
            up_bundle_take(s, up_buf_view(bundle), &admit, &c, &err)) {
            (void)fprintf(stderr, "%s\n", err.msg);
            _exit(1);
        }
        up_store_close(s);
        long took = peak_kib() - before;
        if (took > mib << 10)
            (void)fprintf(stderr, "took %ld KiB\n", took);
        _exit(took > mib << 10 ? 2 : 0);
    }
    int status = 0;
    assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
    assert_int_equal(status, 0);
}

static void a_large_artifact_passes_in_pieces(void **state)
{
    enum { MIB = 200, MOST = 80 };
    struct folder f = folder_make();
    struct up_buf b = UP_BUF_INIT;
    struct up_digest d;
    struct up_sha256 sha, got;
    uint64_t size = 0;
    begin(&b);
    put_zeros(&b, MIB, &d, &sha);
    put_run(&b, d, sha, ((uint64_t)MIB << 20) + 1);
    assert_true(b.len < 1 << 20);
    is_taken_within(&b, f.path, MOST);
    struct up_store *s = folder_open(&f);
    assert_true(up_store_has(s, d));
    assert_int_equal(up_store_stat(s, d, &got, &size, NULL), UP_OK);
    assert_int_equal(size, ((uint64_t)MIB << 20) + 1);
    assert_memory_equal(got.b, sha.b, sizeof sha.b);
    struct up_bundle_count c; /* a second time it is here already */
    assert_int_equal(up_bundle_take(s, up_buf_view(&b), &admit, &c, NULL), UP_OK);
    assert_int_equal(c.had_artifacts, 1);
    up_store_close(s);
    up_buf_release(&b);
    folder_remove(&f);
}

static void refused(const struct up_buf *b, const char *why)
{
    struct up_err err = {""};
    struct up_bundle_count c;
    assert_int_equal(up_bundle_check(up_buf_view(b), &c, &err), UP_EINVAL);
    if (!strstr(err.msg, why))
        fail_msg("'%s' does not say '%s'", err.msg, why);
}

static void records_hold_no_more_than_they_may(void **state)
{
    size_t most = (size_t)40 << 20;
    uint8_t *zeros = up_alloc(most);
    static const struct {
        enum up_record_type type;
        size_t bytes;
        const char *why;
    } cases[] = {
        {UP_REC_OBJECT, (1 << 20) + 1, "comes in chunks"},
        {UP_REC_LARGE, (1 << 20) + 1, "comes in chunks"},
        {UP_REC_RESULT, (size_t)17 << 20, "a result holds more than 16 MiB"},
        {UP_REC_RUN, (size_t)40 << 20, "a record holds more than 16 MiB"},
        {UP_REC_MEMO, (size_t)40 << 20, "a record holds more than 16 MiB"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct up_buf b = UP_BUF_INIT;
        begin(&b);
        put_record(&b, cases[i].type, up_view_str("0123456789abcdef"), up_view_str(""),
                   (struct up_view){zeros, cases[i].bytes});
        refused(&b, cases[i].why);
        up_buf_release(&b);
    }
    free(zeros);
}

/* Other bytes in a chunk than the digests say: nothing is taken. */
static void a_chunk_with_other_bytes(void **state)
{
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    struct up_buf b = UP_BUF_INIT;
    struct up_digest d;
    struct up_sha256 sha;
    uint8_t name[UP_BUNDLE_CHUNK_NAME];
    begin(&b);
    put_zeros(&b, 2, &d, &sha);
    struct up_view last = {(const uint8_t *)"x", 1};
    size_t len = UP_REC_HEAD + sizeof name + 1 + UP_REC_SUM;
    b.len -= len;
    up_bundle_chunk_name(name, d, 2);
    put_record(&b, UP_REC_CHUNK, (struct up_view){name, sizeof name}, up_view_str(""), last);
    put_run(&b, d, sha, (2 << 20) + 1);
    refused(&b, "does not match its digests");
    struct up_bundle_count c;
    assert_int_equal(up_bundle_take(s, up_buf_view(&b), &admit, &c, NULL), UP_EINVAL);
    assert_false(up_store_has(s, d));
    up_buf_release(&b);
    up_store_close(s);
    folder_remove(&f);
}

/* Seconds of work that a check of so many small artifacts and results takes. */
static double seconds_for(uint32_t many)
{
    struct up_buf b = UP_BUF_INIT, doc = UP_BUF_INIT, key = UP_BUF_INIT;
    struct up_result r = {.stage = "fake",
                          .version = 1,
                          .run = "20250101-000000.000-aaaaaa",
                          .started = "2025-01-01T00:00:00.000Z",
                          .finished = "2025-01-01T00:00:00.000Z"};
    begin(&b);
    for (uint32_t i = 0; i < 2 * many; i++) {
        uint32_t content = i % many;
        struct up_view bytes = {(const uint8_t *)&content, sizeof content};
        r.digest = up_digest_of(bytes.data, bytes.len);
        r.sha256 = up_sha256_of(bytes.data, bytes.len);
        if (i < many) {
            put_record(&b, UP_REC_OBJECT, (struct up_view){r.digest.b, sizeof r.digest.b},
                       (struct up_view){r.sha256.b, sizeof r.sha256.b}, bytes);
            continue;
        }
        up_buf_clear(&key);
        up_buf_clear(&doc);
        up_pack_int(&key, content);
        up_result_pack(&doc, &r);
        struct up_digest k = up_digest_of(key.data, key.len);
        put_record(&b, UP_REC_RESULT, (struct up_view){k.b, sizeof k.b}, up_buf_view(&key),
                   up_buf_view(&doc));
    }
    clock_t began = clock();
    refused(&b, "ends before the run's record");
    clock_t took = clock() - began;
    up_buf_release(&b);
    up_buf_release(&doc);
    up_buf_release(&key);
    return (double)took / CLOCKS_PER_SEC;
}

/* Eight times as many take eight times as long, or a little more, and not 64 times. */
static void many_results_take_no_square(void **state)
{
    double few = seconds_for(10000), many = seconds_for(80000);
    if (many > 24 * few)
        fail_msg("80,000 results take %.2f s, 10,000 %.2f s", many, few);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_artifact_passes_in_pieces),
        cmocka_unit_test(records_hold_no_more_than_they_may),
        cmocka_unit_test(a_chunk_with_other_bytes),
        cmocka_unit_test(many_results_take_no_square),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
