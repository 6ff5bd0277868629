#include "cli/answer/archs_csv.h"
#include "stages/format/csv.h"
#include "stages/scores/table.h"
#include "stages/space/space.h"
#include "store/base/arena.h"
#include "store/base/pack.h"
#include <math.h>
#include <string.h>

struct columns { /* one matrix of the artifact; m = 0: it has none */
    size_t m;
    const char *const *names; /* [m] */
    const double *value;      /* [n][m] */
    const uint8_t *state;     /* [n][m] 0 good, absent, or invalid; NULL: NaN is absent */
    uint8_t absent;
};

/* Where scores and benchmark keep theirs. */
static const struct place {
    const char *names, *values, *state;
    uint8_t absent;
} places[] = {
    {"names", "scores", "status", UP_ROW_ABSENT},
    {"scores/names", "scores/values", "scores/state", 2},
    {"accuracy/names", "accuracy/values", NULL, 0},
};
enum { PLACES = sizeof places / sizeof *places };

static int load(struct columns *c, const struct place *p, struct up_view doc, uint64_t n,
                struct up_arena *arena, struct up_err *err)
{
    const void *value, *state;
    struct up_cursor at;
    uint64_t d[4], ds[4] = {0};
    *c = (struct columns){.absent = p->absent};
    if (up_doc_at(doc, p->names, &at, NULL))
        return UP_OK;
    int rc = up_doc_names(doc, p->names, arena, &c->names, &c->m, err);
    if (!rc)
        rc = up_doc_array(doc, p->values, UP_F64, 2, arena, &value, d, err);
    if (!rc && p->state)
        rc = up_doc_array(doc, p->state, UP_U8, 2, arena, &state, ds, err);
    if (rc)
        return rc;
    if (d[0] != n || d[1] != c->m || (p->state && (ds[0] != n || ds[1] != c->m)))
        return up_fail(err, UP_EINVAL, "the columns %s do not fit the architectures", p->names);
    c->value = value;
    c->state = p->state ? state : NULL;
    return UP_OK;
}

static void field(struct up_csvw *w, const struct columns *c, size_t at)
{
    if (c->state && c->state[at])
        up_csvw_str(w, c->state[at] == c->absent ? "" : "nan");
    else
        up_csvw_real(w, c->value[at]);
}

static void write_table(struct up_buf *out, const struct up_space *space, const uint8_t *archs,
                        size_t n, const struct columns *c)
{
    struct up_csvw w;
    up_csvw_init(&w, out);
    up_csvw_str(&w, "arch");
    for (size_t k = 0; k < PLACES; k++)
        for (size_t j = 0; j < c[k].m; j++)
            up_csvw_str(&w, c[k].names[j]);
    up_csvw_end(&w);
    for (size_t i = 0; i < n; i++) {
        struct up_arch a = {.len = (uint8_t)space->genes};
        char text[UP_ARCH_TEXT];
        memcpy(a.gene, archs + i * a.len, a.len);
        space->print(text, &a, UP_SPELL_OFFICIAL);
        up_csvw_str(&w, text);
        for (size_t k = 0; k < PLACES; k++)
            for (size_t j = 0; j < c[k].m; j++)
                field(&w, &c[k], i * c[k].m + j);
        up_csvw_end(&w);
    }
}

int up_archs_csv(struct up_buf *out, const char *stage, struct up_view doc, struct up_err *err)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct columns columns[PLACES];
    const struct up_space *space;
    const char *name;
    const void *archs;
    uint64_t d[4];
    int rc;

    if (strcmp(stage, "space") && strcmp(stage, "scores") && strcmp(stage, "benchmark"))
        return up_fail(err, UP_EUSAGE,
                       "--csv is for the architectures of space, scores or benchmark; %s is "
                       "printed by --json",
                       stage);
    rc = up_doc_str(doc, "space", &arena, &name, err);
    if (!rc)
        rc = up_space_find(&space, name, err);
    if (!rc)
        rc = up_doc_array(doc, "archs", UP_U8, 2, &arena, &archs, d, err);
    if (!rc && d[1] != (uint64_t)space->genes)
        rc = up_fail(err, UP_EINVAL, "the architectures are not of space %s", name);
    for (size_t k = 0; k < PLACES && !rc; k++)
        rc = load(&columns[k], &places[k], doc, d[0], &arena, err);
    if (!rc)
        write_table(out, space, archs, (size_t)d[0], columns);
    up_arena_release(&arena);
    return rc;
}
