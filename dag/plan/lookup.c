#include "dag/plan/lookup.h"

#include "store/store.h"

const char *const *up_node_inputs(const struct up_node *n, struct up_arena *arena)
{
    const char **names = UP_NEW(arena, n->ninputs, const char *);
    for (size_t i = 0; i < n->ninputs; i++)
        names[i] = n->stage->inputs[i].stage;
    return names;
}

static int look_here(struct up_look *l, struct up_store *store, struct up_arena *arena,
                     struct up_err *err)
{
    struct up_buf record = UP_BUF_INIT;
    struct up_err why = {0};
    int rc = up_store_result_get(store, up_buf_view(&l->key_doc), &record, &why);
    if (!rc) {
        l->hit = !up_result_unpack(&l->result, arena, up_buf_view(&record), NULL);
        l->bad = !l->hit;
    } else if (rc == UP_ECORRUPT) {
        l->bad = true;
        rc = UP_OK;
    } else if (rc == UP_ENOTFOUND) {
        rc = UP_OK;
    } else {
        rc = up_fail(err, (enum up_status)rc, "%s", why.msg);
    }
    up_buf_release(&record);
    return rc;
}

static int look_beyond(struct up_look *l, struct up_store *store, const struct up_reach *reach,
                       struct up_arena *arena, struct up_err *err)
{
    struct up_shared got;
    if (up_digest_equal(l->asked, l->key))
        return UP_OK;
    int rc = up_share_fetch(&got, reach, store, up_buf_view(&l->key_doc), NULL, arena, err);
    l->hit = rc == UP_OK;
    l->asked = l->hit ? (struct up_digest){{0}} : l->key;
    l->refused = got.why;
    if (l->hit) {
        l->result = got.result;
        l->from = got.from;
        l->fetched = got.bytes;
    }
    return rc == UP_ENOTFOUND ? UP_OK : rc;
}

int up_look(struct up_look *l, const struct up_config *c, const struct up_node *node,
            const struct up_sources *sources, const struct up_digest *inputs,
            const struct up_float *mode, struct up_store *store, const struct up_reach *reach,
            struct up_arena *arena, struct up_err *err)
{
    up_buf_clear(&l->key_doc);
    l->hit = l->bad = false;
    l->from = l->refused = NULL;
    l->fetched = 0;
    up_key_doc(&l->key_doc, c, node->stage, sources, inputs, mode);
    l->key = up_digest_of(l->key_doc.data, l->key_doc.len);
    int rc = store ? look_here(l, store, arena, err) : UP_OK;
    return rc == UP_OK && !l->hit && reach ? look_beyond(l, store, reach, arena, err) : rc;
}

bool up_look_restore(struct up_look *l, struct up_store *store, const struct up_reach *reach,
                     struct up_arena *arena)
{
    struct up_shared got;
    int rc = !reach || !reach->fetch
                 ? UP_ENOTFOUND
                 : up_share_fetch(&got, reach, store, up_buf_view(&l->key_doc),
                                  &l->result.digest, arena, NULL);
    if (rc == UP_OK) {
        l->from = got.from;
        l->fetched += got.bytes;
    }
    return rc == UP_OK;
}

void up_look_release(struct up_look *l) { up_buf_release(&l->key_doc); }

struct up_why up_why_of(const struct up_history *h, const struct up_graph *g, size_t node,
                        struct up_view key_doc, bool bad, struct up_arena *arena)
{
    struct up_why w = {.line = bad ? "its result record was damaged" : "never run before"};
    const struct up_node *n = &g->nodes[node];
    const struct up_past *p = up_history_nearest(h, g, node, key_doc);
    if (!p)
        return w;
    w.nearest = up_arena_strdup(arena, p->run);
    w.seconds = p->seconds;
    if (!bad && up_view_equal(p->key_doc, key_doc))
        w.line = "its result record was damaged or removed";
    if (bad || up_view_equal(p->key_doc, key_doc))
        return w;
    w.n = up_key_diff(p->key_doc, key_doc, n->stage->name, up_node_inputs(n, arena), n->ninputs,
                      arena, &w.reasons);
    w.line = up_reasons_line(w.reasons, w.n, arena);
    return w;
}
