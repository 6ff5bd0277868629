/* The table of search spaces, and what all of them share. */
#include "stages/space/space.h"
#include "stages/space/darts/darts.h"
#include "stages/space/nb201/nb201.h"
#include "stages/space/arch_text.h"
#include "store/base/arena.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* How to add one: write its row in stages/space/NAME.c with every slot of
 * struct up_space, declare it in a NAME.h of this folder, and list it here.
 * Pools, stages, commands and files follow from the row; a space that cannot be
 * enumerated has count 0 and leaves `at` and `index` NULL. */
const struct up_space *const up_spaces[] = {&up_space_nb201, &up_space_darts, NULL};

int up_arch_cmp(const struct up_arch *a, const struct up_arch *b)
{
    return a->len != b->len ? (a->len < b->len ? -1 : 1) : memcmp(a->gene, b->gene, a->len);
}

int up_space_find(const struct up_space **out, const char *name, struct up_err *err)
{
    const char *names[16];
    size_t n = 0;
    struct up_buf list = UP_BUF_INIT;
    for (const struct up_space *const *s = up_spaces; *s && n < 16; s++) {
        if (!strcmp((*s)->name, name)) {
            *out = *s;
            up_buf_release(&list);
            return UP_OK;
        }
        up_buf_printf(&list, "%s%s", n ? ", " : "", (*s)->name);
        names[n++] = (*s)->name;
    }
    const char *near = up_arch_text_nearest(up_view_str(name), names, n);
    int rc = up_fail(err, UP_EUSAGE, "unknown search space '%s'%s%s%s; there is %s", name,
                     near ? ", did you mean " : "", near ? near : "", near ? "?" : "",
                     up_buf_str(&list));
    up_buf_release(&list);
    return rc;
}

/* All canonical forms in order of index, then shuffled whole: a prefix of the
 * permutation is the pool, whatever its size. */
static size_t enumerate(struct up_arch *out, const struct up_space *s, uint64_t seed)
{
    size_t n = 0;
    uint32_t *order = up_alloc((size_t)s->count * sizeof *order);
    struct up_arch *all = up_alloc((size_t)s->count * sizeof *all);
    for (uint64_t i = 0; i < s->count; i++) {
        struct up_arch a;
        s->at(&a, i);
        s->canonical(&all[n], &a);
        if (s->index(&all[n]) != i)
            continue; /* another index spells this canonical form */
        order[n] = (uint32_t)n;
        n++;
    }
    struct up_rng r = up_rng_init(seed, "pool");
    up_rng_shuffle(&r, order, n);
    for (size_t i = 0; i < n; i++)
        out[i] = all[order[i]];
    free(order);
    free(all);
    return n;
}

struct seen {
    const struct up_arch **slot;
    size_t mask;
};

/* Adds a to the set; false when it is there already. */
int up_space_check(const struct up_space *s, const uint8_t *archs, uint64_t n, uint64_t genes,
                   struct up_err *err)
{
    if (genes != (uint64_t)s->genes)
        return up_fail(err, UP_EINVAL, "its architectures are not of space %s", s->name);
    for (uint64_t i = 0; i < n; i++) {
        struct up_arch a = {.len = (uint8_t)genes};
        memcpy(a.gene, archs + i * genes, (size_t)genes);
        if (!s->valid(&a))
            return up_fail(err, UP_EINVAL, "row %llu is no architecture of space %s",
                           (unsigned long long)i, s->name);
    }
    return UP_OK;
}

static bool add_unseen(struct seen *s, const struct up_arch *a)
{
    uint64_t h = 1469598103934665603u;
    for (unsigned i = 0; i < a->len; i++)
        h = (h ^ a->gene[i]) * 1099511628211u;
    for (size_t i = (h ^ h >> 29) & s->mask;; i = (i + 1) & s->mask) {
        if (!s->slot[i]) {
            s->slot[i] = a;
            return true;
        }
        if (!up_arch_cmp(s->slot[i], a))
            return false;
    }
}

static struct seen seen_new(size_t most)
{
    size_t slots = 16;
    while (slots < 2 * most)
        slots *= 2;
    return (struct seen){up_alloc(slots * sizeof(struct up_arch *)), slots - 1};
}

size_t up_space_distinct(struct up_arch *a, size_t n, const struct up_space *s)
{
    struct seen seen = seen_new(n);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        struct up_arch c;
        s->canonical(&c, &a[i]);
        a[kept] = c;
        kept += add_unseen(&seen, &a[kept]);
    }
    free(seen.slot);
    return kept;
}

/* Draws until `want` distinct canonical forms are there. */
static int draw(struct up_arch *out, const struct up_space *s, size_t want, uint64_t seed,
                struct up_err *err)
{
    size_t n = 0, vain = 0;
    struct seen seen = seen_new(want);
    struct up_rng r = up_rng_init(seed, "pool");
    while (n < want && vain < 1000000) {
        struct up_arch a;
        s->sample(&a, &r);
        s->canonical(&out[n], &a);
        bool fresh = add_unseen(&seen, &out[n]);
        n += fresh;
        vain = fresh ? 0 : vain + 1;
    }
    free(seen.slot);
    if (n < want)
        return up_fail(
            err, UP_EUSAGE,
            "a pool of %zu architectures is more than %s has; ask for fewer than %zu", want,
            s->name, n + 1);
    return UP_OK;
}

int up_space_pool(struct up_arch **out, size_t *n, const struct up_space *s, size_t want,
                  uint64_t seed, struct up_err *err)
{
    *out = NULL;
    *n = 0;
    if (!s->count && (!want || want > 100000000))
        return up_fail(err, UP_EUSAGE,
                       "space.pool must say how many architectures of %s to draw (1 to "
                       "100000000): it cannot be enumerated",
                       s->name);
    struct up_arch *pool = up_alloc((s->count ? (size_t)s->count : want) * sizeof *pool);
    int rc = UP_OK;
    size_t have = want;
    if (s->count) {
        have = enumerate(pool, s, seed);
        if (want > have)
            rc = up_fail(err, UP_EUSAGE,
                         "space.pool is %zu, but %s has %zu distinct architectures; "
                         "set it to at most that, or to 0 for all",
                         want, s->name, have);
    } else {
        rc = draw(pool, s, want, seed, err);
    }
    if (rc) {
        free(pool);
        return rc;
    }
    *out = pool;
    *n = want ? want : have;
    return UP_OK;
}
