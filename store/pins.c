/* Pins, claims and counts: what is told about a store beside its records. */
#include "store/base/err.h"
#include "store/state.h"
#include "store/file/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { PIN_MAX = 200 };

/* ---- pins ---- */

struct pin {
    struct up_buf key, rec;
    const char *name;
    struct up_buf *what;
    const char *why;
};

static int pin_begin(struct pin *p, const char *name, struct up_err *err)
{
    size_t n = strlen(name);
    *p = (struct pin){.name = name};
    if (n == 0 || n > PIN_MAX)
        return up_fail(err, UP_EUSAGE, "a pin's name must have 1 to %d bytes, this has %zu",
                       PIN_MAX, n);
    up_buf_printf(&p->key, "%s%s", UP_PIN_PREFIX, name);
    return UP_OK;
}

static void pin_end(struct pin *p)
{
    up_buf_release(&p->key);
    up_buf_release(&p->rec);
}

static int put_pin(struct up_txn *t, void *ctx, struct up_err *err)
{
    struct pin *p = ctx;
    return up_store_put_record(t, UP_DB_META, up_buf_view(&p->key), p->rec.data, p->rec.len,
                               err);
}

int up_store_pin_put(struct up_store *s, const char *name, const char *what, struct up_err *err)
{
    struct pin p;
    int rc = pin_begin(&p, name, err);
    if (rc == UP_OK) {
        up_record_encode(&p.rec, UP_REC_PIN, up_buf_view(&p.key), (struct up_view){NULL, 0},
                         up_view_str(what));
        rc = up_store_update(s, put_pin, &p, err);
    }
    pin_end(&p);
    return rc;
}

static int get_pin(struct up_txn *t, void *ctx, struct up_err *err)
{
    struct pin *p = ctx;
    struct up_view bytes;
    struct up_record r;
    int rc = up_txn_get(t, UP_DB_META, up_buf_view(&p->key), &bytes, err);
    if (rc != UP_OK)
        return rc;
    p->why = up_record_expect(bytes, UP_DB_META, up_buf_view(&p->key), &r);
    return p->why ? UP_ECORRUPT : up_record_value(&r, p->what, NULL);
}

int up_store_pin_get(struct up_store *s, const char *name, struct up_buf *what,
                     struct up_err *err)
{
    struct pin p;
    int rc = pin_begin(&p, name, err);
    p.what = what;
    if (rc == UP_OK)
        rc = up_lmdb_read(s->lmdb, get_pin, &p, err);
    if (rc == UP_ENOTFOUND)
        rc = up_fail(err, rc, "there is no pin \"%s\"; `upnas pin list` lists them", name);
    if (rc == UP_ECORRUPT) {
        (void)up_damage_aside(s, UP_DB_META, up_buf_view(&p.key), p.why);
        rc = up_fail(err, rc, "the pin \"%s\" is damaged: set it again", name);
    }
    pin_end(&p);
    return rc;
}

static int remove_pin(struct up_txn *t, void *ctx, struct up_err *err)
{
    struct pin *p = ctx;
    struct up_view bytes;
    int rc = up_txn_get(t, UP_DB_META, up_buf_view(&p->key), &bytes, err);
    if (rc == UP_ENOTFOUND)
        return up_fail(err, rc, "there is no pin \"%s\"; `upnas pin list` lists them", p->name);
    return rc == UP_OK ? up_txn_del(t, UP_DB_META, up_buf_view(&p->key), err) : rc;
}

int up_store_pin_remove(struct up_store *s, const char *name, struct up_err *err)
{
    struct pin p;
    int rc = pin_begin(&p, name, err);
    if (rc == UP_OK)
        rc = up_store_update(s, remove_pin, &p, err);
    pin_end(&p);
    return rc;
}

/* ---- claims: a lock on one byte of claim.lock, at the place that the key says ---- */

static struct flock byte_of(struct up_digest key, short how)
{
    struct flock l = {.l_type = how, .l_whence = SEEK_SET, .l_len = 1};
    uint64_t at;
    memcpy(&at, key.b, sizeof at);
    l.l_start = (off_t)(at >> 2); /* the largest offset has 63 bits */
    return l;
}

/* Notes of claims stand in claim.lock in a table, each after its key; one that another claim
 * has overwritten is missed. */
enum { NOTES = 128, KEY = sizeof(struct up_digest) };

static off_t note_of(struct up_digest key)
{
    return (off_t)(key.b[KEY - 1] % NOTES) * (KEY + UP_NOTE_BYTES);
}

static void claim_note(const struct up_store *s, struct up_digest key)
{
    if (pwrite(s->claim_fd, key.b, KEY, note_of(key)) == KEY)
        up_note_put(s->claim_fd, (long)note_of(key) + KEY);
}

void up_store_claim_tell(struct up_store *s, struct up_digest key)
{
    struct up_digest there;
    struct up_blocked who = {.note_fd = -1, .note_at = (long)note_of(key) + KEY};
    if (s->claim_fd >= 0 && pread(s->claim_fd, there.b, KEY, note_of(key)) == KEY &&
        up_digest_equal(there, key))
        who.note_fd = s->claim_fd;
    up_wait_tell(&s->waiter, "computing what is needed next, in", &who);
}

int up_store_claim(struct up_store *s, struct up_digest key, bool *mine, struct up_err *err)
{
    struct flock l = byte_of(key, F_WRLCK);
    int rc = UP_OK;
    (void)pthread_mutex_lock(&s->write);
    if (s->claim_fd < 0) {
        struct up_buf path = UP_BUF_INIT;
        up_buf_printf(&path, "%s/claim.lock", s->dir);
        s->claim_fd = open(up_buf_str(&path), O_RDWR | O_CLOEXEC);
        if (s->claim_fd < 0 && errno == ENOENT) {
            s->claim_fd = open(up_buf_str(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
            if (s->claim_fd >= 0)
                up_owner_join(s->claim_fd, s->dir);
        }
        if (s->claim_fd < 0)
            rc = up_fail_errno(err, "cannot open the store's lock file %s", up_buf_str(&path));
        up_buf_release(&path);
    }
    *mine = rc == UP_OK && fcntl(s->claim_fd, F_OFD_SETLK, &l) == 0;
    if (*mine)
        claim_note(s, key);
    if (rc == UP_OK && !*mine && errno != EAGAIN && errno != EACCES && errno != EINTR)
        rc = up_fail_errno(err, "cannot lock the store %s", s->dir);
    (void)pthread_mutex_unlock(&s->write);
    return rc;
}

void up_store_unclaim(struct up_store *s, struct up_digest key)
{
    struct flock l = byte_of(key, F_UNLCK);
    if (s->claim_fd >= 0)
        (void)fcntl(s->claim_fd, F_OFD_SETLK, &l);
}

int up_claims_still(const struct up_store *s, struct up_err *err)
{
    return up_lock_file_still(s->dir, "claim.lock", s->claim_fd, err);
}

void up_claims_release(struct up_store *s)
{
    if (s->claim_fd >= 0)
        (void)close(s->claim_fd);
    s->claim_fd = -1;
}

/* ---- counts ---- */

int up_store_count(struct up_store *s, struct up_store_counts *out, struct up_err *err)
{
    struct up_lmdb_size z;
    int rc = up_lmdb_size(s->lmdb, &z, err);
    *out = (struct up_store_counts){.results = z.entries[UP_DB_RESULTS],
                                    .objects = z.entries[UP_DB_OBJECTS],
                                    .runs = z.entries[UP_DB_RUNS],
                                    .memo = z.entries[UP_DB_MEMO],
                                    .used = z.used,
                                    .file = z.file};
    /* beside the format record, which is made with the file */
    out->pins = z.entries[UP_DB_META] ? z.entries[UP_DB_META] - 1 : 0;
    return rc;
}
