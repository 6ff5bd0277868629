/* Stages that count how often they run, for the tests of dag/.
 *
 *   src   (n, file, folder, kind, names, weights, seed)  -> {n, seed, ...}
 *   opt   only with opt.file                             -> {bytes}
 *   half  src                                            -> {half: n / 2}: odd n is cut off
 *   sum   half, src with sum.with=both, opt if any       -> {...}                        */
#ifndef UP_TEST_DAG_FAKE_H
#define UP_TEST_DAG_FAKE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dag/config/config.h"
#include "store/base/pack.h"
#include "store/store.h"

static int ran_src, ran_opt, ran_half, ran_sum, memo_hits;
static volatile sig_atomic_t fake_cancel;
static int cancel_after = -1; /* parts of src after which the user interrupts */
static int src_version_salt;  /* not in the key: makes src non-deterministic */

static int fake_parts(struct up_job *j, int64_t n, struct up_err *err)
{
    for (int64_t i = 0; i < n; i++) {
        struct up_buf key = UP_BUF_INIT, value = UP_BUF_INIT;
        up_pack_int(&key, i);
        int rc = up_job_memo_get(j, up_buf_view(&key), &value, err);
        if (!rc) {
            memo_hits++;
        } else if (rc == UP_ENOTFOUND) {
            up_pack_int(&value, i * i);
            struct up_memo_item item = {up_buf_view(&key), up_buf_view(&value)};
            rc = up_job_memo_put(j, &item, 1, err);
            if (cancel_after >= 0 && i + 1 == cancel_after)
                fake_cancel = 1;
        }
        up_buf_release(&key);
        up_buf_release(&value);
        if (rc)
            return rc;
        up_job_progress(j, (uint64_t)i + 1, (uint64_t)n, "parts");
        if (up_job_canceled(j))
            return UP_ECANCELED;
    }
    return UP_OK;
}

static int fake_src(struct up_job *j, struct up_err *err)
{
    ran_src++;
    int64_t n = up_job_int(j, "n");
    int rc = fake_parts(j, n < 8 ? n : 8, err);
    if (rc)
        return rc;
    const struct up_file *f;
    size_t nf = up_job_files(j, "file", &f), bytes = nf ? f[0].bytes.len : 0;
    size_t nd = up_job_files(j, "folder", &f);
    struct up_buf *o = up_job_out(j);
    up_pack_map(o, 5);
    up_pack_str(o, "bytes");
    up_pack_uint(o, bytes);
    up_pack_str(o, "files");
    up_pack_uint(o, nd);
    up_pack_str(o, "n");
    up_pack_int(o, n);
    up_pack_str(o, "salt");
    up_pack_int(o, src_version_salt);
    up_pack_str(o, "seed");
    up_pack_uint(o, up_job_seed(j, "seed"));
    up_job_note(j, "%d parts", (int)n);
    return UP_OK;
}

static int fake_opt(struct up_job *j, struct up_err *err)
{
    (void)err;
    ran_opt++;
    const struct up_file *f;
    up_pack_map(up_job_out(j), 1);
    up_pack_str(up_job_out(j), "bytes");
    up_pack_uint(up_job_out(j), up_job_files(j, "file", &f) ? f->bytes.len : 0);
    return UP_OK;
}

static int fake_half(struct up_job *j, struct up_err *err)
{
    ran_half++;
    struct up_view doc;
    int64_t n = 0;
    if (!up_job_input(j, "src", &doc))
        return up_fail(err, UP_EINVAL, "no src");
    int rc = up_job_read(j, "src", up_doc_int(doc, "n", &n, err), err);
    if (n == 99)
        return up_fail(err, UP_EINVAL, "99 cannot be halved; choose another n");
    up_pack_map(up_job_out(j), 1);
    up_pack_str(up_job_out(j), "half");
    up_pack_int(up_job_out(j), n / 2);
    return rc;
}

static int fake_sum(struct up_job *j, struct up_err *err)
{
    ran_sum++;
    struct up_view doc;
    int64_t half = 0, n = 0;
    int rc = up_job_input(j, "half", &doc) ? up_doc_int(doc, "half", &half, err) : UP_EINVAL;
    if (!rc && up_job_input(j, "src", &doc))
        rc = up_doc_int(doc, "n", &n, err);
    up_pack_map(up_job_out(j), 2);
    up_pack_str(up_job_out(j), "opt");
    up_pack_bool(up_job_out(j), up_job_input(j, "opt", &doc));
    up_pack_str(up_job_out(j), "sum");
    up_pack_int(up_job_out(j), half + n);
    return rc;
}

static const char *const fake_kinds[] = {"gauss", "flat", NULL};
static const char *const fake_with[] = {"half", "both", NULL};
static const struct up_param fake_src_params[] = {
    {.name = "n", .kind = UP_P_INT, .def = "10", .min = 1, .max = 100},
    {.name = "seed", .kind = UP_P_INT, .seed = true},
    {.name = "kind", .kind = UP_P_ENUM, .def = "gauss", .choices = fake_kinds},
    {.name = "width",
     .kind = UP_P_REAL,
     .def = "0.5",
     .min = 0,
     .max = 1,
     .when = "src.kind=gauss"},
    {.name = "names", .kind = UP_P_LIST, .def = "[a, b]"},
    {.name = "weights", .kind = UP_P_MAP},
    {.name = "title", .kind = UP_P_STR},
    {.name = "fast", .kind = UP_P_BOOL, .def = "false"},
    {.name = "share", .kind = UP_P_STR, .def = "1/1", .when = "src.share!=1/1&src.n!=1"},
    {.name = "file", .kind = UP_P_FILE},
    {.name = "folder", .kind = UP_P_DIR, .glob = "*.bin"},
    {0},
};
static const struct up_param fake_opt_params[] = {
    {.name = "file", .kind = UP_P_FILE},
    {0},
};
static const struct up_param fake_sum_params[] = {
    {.name = "with", .kind = UP_P_ENUM, .def = "half", .choices = fake_with},
    {.name = "scale", .kind = UP_P_REAL, .def = "1"},
    {.name = "seed", .kind = UP_P_INT, .seed = true},
    {0},
};
static int fake_check(const struct up_config *c, struct up_err *err)
{
    if (up_setting_int(c, "src.n") == 77 && up_setting_is(c, "sum.with", "half"))
        return up_setting_fail(c, "src.n", err, "src.n is %d; choose another", 77);
    return UP_OK;
}
static const struct up_stage_input fake_half_in[] = {{"src", NULL}, {NULL, NULL}};
static const struct up_stage_input fake_sum_in[] = {
    {"half", NULL}, {"src", "sum.with=both"}, {"opt", NULL}, {NULL, NULL}};
static const struct up_stage fake_stage_src = {.name = "src",
                                               .version = 1,
                                               .params = fake_src_params,
                                               .run = fake_src,
                                               .check = fake_check};
static const struct up_stage fake_stage_opt = {.name = "opt",
                                               .version = 1,
                                               .params = fake_opt_params,
                                               .when = "opt.file",
                                               .run = fake_opt};
static const struct up_stage fake_stage_half = {
    .name = "half", .version = 3, .inputs = fake_half_in, .run = fake_half};
static const struct up_stage fake_stage_sum = {.name = "sum",
                                               .version = 1,
                                               .params = fake_sum_params,
                                               .inputs = fake_sum_in,
                                               .run = fake_sum};
static const struct up_stage *const fake_stages[] = {&fake_stage_src, &fake_stage_opt,
                                                     &fake_stage_half, &fake_stage_sum, NULL};

/* ---- surroundings ---- */

static char fake_dir[] = "/tmp/upnas-dag-XXXXXX";

static inline int fake_setup(void **state)
{
    (void)state;
    memcpy(fake_dir + sizeof fake_dir - 7, "XXXXXX", 6);
    return mkdtemp(fake_dir) ? 0 : -1;
}

static inline void fake_empty(const char *dir)
{
    DIR *d = opendir(dir);
    if (!d)
        return;
    struct up_arena a = UP_ARENA_INIT;
    for (struct dirent *e; (e = readdir(d));) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        const char *path = up_arena_printf(&a, "%s/%s", dir, e->d_name);
        if (unlink(path)) {
            fake_empty(path);
            (void)rmdir(path);
        }
    }
    up_arena_release(&a);
    (void)closedir(d);
}

static inline int fake_teardown(void **state)
{
    (void)state;
    fake_empty(fake_dir);
    return rmdir(fake_dir);
}

static inline const char *fake_path(const char *name)
{
    static char path[4][600];
    static int turn;
    turn = (turn + 1) % 4;
    (void)snprintf(path[turn], sizeof path[turn], "%s/%s", fake_dir, name);
    return path[turn];
}

static inline void fake_write(const char *name, const char *text)
{
    FILE *f = fopen(fake_path(name), "wb");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static inline struct up_config *fake_config(const char *yaml, const char *const *sets, size_t n)
{
    struct up_config *c = NULL;
    struct up_err err = {0};
    int rc = up_config_parse(&c, fake_stages, "dir/t.yaml", up_view_str(yaml), sets, n, &err);
    if (rc)
        fail_msg("%s", err.msg);
    return c;
}

#endif
