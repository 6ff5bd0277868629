/* links: up_dag
 * collect DIR ROUNDS: a collector against writers, with a model of what is reachable.
 *
 * Three processes write to one store as runs and imports do: they take artifacts and results
 * that may be there or not, rely on them, and record a run that names them; now and then one
 * is killed. Meanwhile rounds of gc without any grace are made. After each a fourth process,
 * here, checks that every run that is recorded has all its results and artifacts. The values
 * come from a small set, so that all processes meet each other's leavings. */
#include "dag/gc/gc.h"
#include "dag/record/record.h"
#include "dag/record/origin.h"
#include "store/base/err.h"
#include "store/base/pack.h"
#include "store/base/rng.h"
#include "store/base/set.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WRITERS = 3, VALUES = 40, NODES = 4, LARGE = 1400000, ROUND_US = 40000 };

static void damaged(void *ctx, const char *sentence)
{
    (void)ctx;
    fprintf(stderr, "damage: %s\n", sentence);
}

static struct up_store *open_store(const char *dir, bool read_only)
{
    struct up_store *s = NULL;
    struct up_err err = {""};
    struct up_store_opts o = {
        .create = !read_only, .read_only = read_only, .on_damage = damaged};
    if (up_store_open(&s, dir, &o, &err))
        fprintf(stderr, "%s\n", err.msg);
    return s;
}

static void value_of(struct up_buf *out, uint32_t v)
{
    up_buf_clear(out);
    up_pack_map(out, 1);
    up_pack_str(out, "value");
    if (v % 13) {
        up_pack_uint(out, v);
        return;
    }
    uint8_t *bytes = up_alloc(LARGE); /* one in chunks */
    for (size_t i = 0; i < LARGE; i++)
        bytes[i] = (uint8_t)(i * (v + 1) >> 7);
    up_pack_bin(out, bytes, LARGE);
    free(bytes);
}

static void key_of(struct up_buf *out, uint32_t v)
{
    up_buf_clear(out);
    up_pack_map(out, 1);
    up_pack_str(out, "value");
    up_pack_uint(out, v);
}

/* One node: a hit with sound bytes, or put anew, as dag/run/exec.c does it. */
static int node(struct up_store *s, uint32_t v, struct up_run_node *n, struct up_arena *a,
                struct up_err *err)
{
    struct up_buf key = UP_BUF_INIT, value = UP_BUF_INIT, record = UP_BUF_INIT;
    struct up_result r = {.stage = "node", .run = "", .started = "", .finished = ""};
    key_of(&key, v);
    value_of(&value, v);
    *n = (struct up_run_node){.stage = "node", .why = "", .has_key = true};
    n->key = up_digest_of(key.data, key.len);
    n->key_doc = (struct up_view){
        (uint8_t *)up_arena_strndup(a, (const char *)key.data, key.len), key.len};
    int rc = up_store_result_get(s, up_buf_view(&key), &record, err);
    if (!rc && !(rc = up_result_unpack(&r, a, up_buf_view(&record), err)) &&
        !up_store_has(s, r.digest))
        rc = UP_ENOTFOUND;
    if (rc == UP_ENOTFOUND &&
        !(rc = up_store_put(s, up_buf_view(&value), &r.digest, &r.sha256, err))) {
        r.stage = "node";
        r.run = r.started = r.finished = "";
        up_buf_clear(&record);
        const struct up_whence here = {.from = UP_CAME_HERE};
        struct up_buf plain = UP_BUF_INIT;
        up_result_pack(&plain, &r);
        rc = up_whence_put(&record, up_buf_view(&plain), &here, err);
        up_buf_release(&plain);
        if (!rc)
            rc = up_store_result_put(s, up_buf_view(&key), up_buf_view(&record), err);
    }
    n->digest = r.digest;
    up_buf_release(&key);
    up_buf_release(&value);
    up_buf_release(&record);
    return rc;
}

static int one_run(struct up_store *s, struct up_rng *rng, struct up_err *err)
{
    struct up_run_node nodes[NODES];
    struct up_arena a = UP_ARENA_INIT;
    struct up_buf doc = UP_BUF_INIT;
    char id[64];
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    (void)snprintf(id, sizeof id, "%lld.%09ld-%d", (long long)t.tv_sec, t.tv_nsec,
                   (int)getpid());
    int rc = UP_OK;
    for (int i = 0; !rc && i < NODES; i++)
        rc = node(s, (uint32_t)up_rng_below(rng, VALUES), &nodes[i], &a, err);
    struct up_run_record r = {.id = id,
                              .status = "ok",
                              .started = "2026-01-01T00:00:00.000Z",
                              .finished = "2026-01-01T00:00:00.000Z",
                              .mode = "portable",
                              .nodes = nodes,
                              .nnodes = NODES};
    up_run_record_pack(&doc, &r);
    if (!rc)
        rc = up_store_run_put(s, id, up_buf_view(&doc), err);
    up_buf_release(&doc);
    up_arena_release(&a);
    return rc;
}

/* For ever: some runs under one handle, then another. */
static int write_for_ever(const char *dir, const char *seed)
{
    struct up_rng rng = up_rng_init((uint64_t)strtoull(seed, NULL, 10), "writer");
    struct up_err err = {""};
    for (;;) {
        struct up_store *s = open_store(dir, false);
        int rc = s ? UP_OK : UP_EIO;
        for (uint64_t n = 1 + up_rng_below(&rng, 3); !rc && n-- > 0;)
            rc = one_run(s, &rng, &err);
        up_store_close(s);
        (void)usleep(2000);
        if (rc) {
            fprintf(stderr, "a writer: %s\n", err.msg);
            return 1;
        }
    }
}

struct model {
    struct up_store *s;
    long runs, missing;
    struct up_digest_set sound; /* looked at in this round */
};

static int check_run(void *ctx, const struct up_run_record *r)
{
    struct model *m = ctx;
    m->runs++;
    for (size_t i = 0; i < r->nnodes; i++) {
        struct up_buf b = UP_BUF_INIT;
        if (!up_digest_set_add(&m->sound, r->nodes[i].key))
            continue;
        bool there = up_store_get(m->s, r->nodes[i].digest, &b, NULL) == UP_OK;
        up_buf_clear(&b);
        there = there && up_store_result_get(m->s, r->nodes[i].key_doc, &b, NULL) == UP_OK;
        up_buf_release(&b);
        m->missing += !there;
        if (!there)
            fprintf(stderr, "run %s lost a node\n", r->id);
    }
    return 0;
}

static pid_t start(const char *self, const char *dir, long seed)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%ld", seed);
    pid_t pid = fork();
    if (pid == 0) {
        execl(self, self, dir, "write", text, (char *)NULL);
        _exit(99);
    }
    return pid;
}

static int collect(const char *dir, long round, uint64_t *removed, struct model *m)
{
    struct up_err err = {""};
    struct up_gc_count c;
    struct up_gc_opts o = {.grace = 0, .keep = round % 3 ? 4 : 0};
    struct up_store *s = open_store(dir, false);
    int rc = s ? up_gc(s, &o, &c, &err) : UP_EIO;
    if (!rc)
        for (int k = 0; k < UP_GC_KINDS; k++)
            *removed += c.removed[k];
    up_store_close(s);
    if (rc)
        fprintf(stderr, "gc: %s\n", err.msg);
    if (rc || !(m->s = open_store(dir, true)))
        return 1;
    /* runs may go while they are looked at, by nobody but this process */
    rc = up_runs_walk(m->s, check_run, m, &err);
    up_store_close(m->s);
    up_digest_set_release(&m->sound);
    return rc != 0 || m->missing != 0;
}

int main(int argc, char **argv)
{
    if (argc == 4)
        return write_for_ever(argv[1], argv[3]);
    if (argc != 3)
        return fprintf(stderr, "usage: %s DIR ROUNDS\n", argv[0]) < 0 ? 1 : 2;
    long rounds = strtol(argv[2], NULL, 10), kills = 0, seed = 0;
    pid_t pid[WRITERS];
    struct model m = {.s = NULL};
    uint64_t removed = 0;
    int bad = 0;
    up_store_close(open_store(argv[1], false));
    for (int i = 0; i < WRITERS; i++)
        pid[i] = start(argv[0], argv[1], seed++);
    for (long round = 0; !bad && round < rounds; round++) {
        (void)usleep(ROUND_US); /* so that there is something to collect */
        bad = collect(argv[1], round, &removed, &m);
        int status = 0, w = (int)(round % WRITERS);
        if (waitpid(pid[w], &status, WNOHANG) == pid[w])
            bad = 1; /* a writer never ends by itself */
        else if (round % 5 == 4) {
            kill(pid[w], SIGKILL);
            (void)waitpid(pid[w], &status, 0);
            pid[w] = start(argv[0], argv[1], seed++);
            kills++;
        }
    }
    for (int i = 0; i < WRITERS; i++) {
        kill(pid[i], SIGKILL);
        (void)waitpid(pid[i], NULL, 0);
    }
    struct up_store_health h = {0};
    struct up_store *s = open_store(argv[1], false);
    bad |= !s || up_store_verify(s, &h, NULL) || h.bad;
    up_store_close(s);
    printf("%ld rounds of gc against %d writers, %ld of them killed: %llu records removed, %ld "
           "runs looked at, %ld nodes lost, %s\n",
           rounds, WRITERS, kills, (unsigned long long)removed, m.runs, m.missing,
           h.bad ? "damage" : "sound");
    return bad || removed == 0 || m.runs == 0;
}
