#include "dag/plan/key.h"

#include <stdlib.h>
#include <string.h>

#include "dag/config/value.h"
#include "store/base/pack.h"

static void pack_digest(struct up_buf *out, struct up_digest d)
{
    if (up_digest_zero(d))
        up_pack_nil(out);
    else
        up_pack_bin(out, d.b, sizeof d.b);
}

static void pack_param(struct up_buf *out, const struct up_entry *e,
                       const struct up_sources *sources)
{
    const struct up_source *s = up_sources_of(sources, e->param);
    if (!s) {
        up_value_pack(out, e->param, &e->value);
        return;
    }
    if (e->param->kind == UP_P_FILE) {
        pack_digest(out, s->digests[0]);
        return;
    }
    up_pack_list(out, s->n);
    for (size_t i = 0; i < s->n; i++) {
        up_pack_list(out, 2);
        up_pack_str(out, s->files[i].name);
        pack_digest(out, s->digests[i]);
    }
}

static int by_key(const void *a, const void *b)
{
    const struct up_entry *x = *(const struct up_entry *const *)a;
    const struct up_entry *y = *(const struct up_entry *const *)b;
    return strcmp(x->param->name, y->param->name);
}

static void pack_params(struct up_buf *out, const struct up_config *c,
                        const struct up_stage *stage, const struct up_sources *sources)
{
    struct up_arena arena = UP_ARENA_INIT;
    const struct up_entry **list = UP_NEW(&arena, c->n, const struct up_entry *);
    size_t n = 0;
    for (size_t i = 0; i < c->n; i++)
        if (c->entries[i].stage == stage && up_entry_relevant(c, &c->entries[i]))
            list[n++] = &c->entries[i];
    qsort(list, n, sizeof *list, by_key);
    up_pack_map(out, n);
    for (size_t i = 0; i < n; i++) {
        up_pack_str(out, list[i]->param->name);
        pack_param(out, list[i], sources);
    }
    up_arena_release(&arena);
}

void up_key_float(struct up_buf *out, const struct up_config *c, const struct up_float *mode)
{
    if (!c->native) {
        up_pack_str(out, "portable");
        return;
    }
    UP_CHECK(mode && mode->blas && mode->isa);
    up_pack_list(out, 3);
    up_pack_str(out, "native");
    up_pack_str(out, mode->blas);
    up_pack_str(out, mode->isa);
}

void up_key_doc(struct up_buf *out, const struct up_config *c, const struct up_stage *stage,
                const struct up_sources *sources, const struct up_digest *inputs,
                const struct up_float *mode)
{
    size_t n = 0;
    while (stage->inputs && stage->inputs[n].stage)
        n++;
    up_pack_map(out, 6);
    up_pack_str(out, "float");
    up_key_float(out, c, mode);
    up_pack_str(out, "format");
    up_pack_int(out, UP_KEY_FORMAT);
    up_pack_str(out, "inputs");
    up_pack_list(out, n);
    for (size_t i = 0; i < n; i++)
        pack_digest(out, inputs[i]);
    up_pack_str(out, "params");
    pack_params(out, c, stage, sources);
    up_pack_str(out, "stage");
    up_pack_str(out, stage->name);
    up_pack_str(out, "version");
    up_pack_int(out, stage->version);
}
