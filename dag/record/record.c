/* Formats. Both are canonical MessagePack maps; digests are bin 16, zero is nil.
 *
 * result  {"digest", "files": [[param, path, digest, size]], "finished", "inputs":
 *         [[stage, digest]], "params": {name: text}, "provenance": {name: text}, "run",
 *         "schema": "upnas.result/1", "seconds", "sha256": bin 32, "size", "stage",
 *         "started", "version"}, and "from" (whence.h), which is the store's own
 * run     {"cached", "command": [text], "config": {name: [value, origin]}, "error": text
 *         or nil, "executed", "finished", "id", "mode", "nodes": [{"digest", "inputs":
 *         [stage], "key", "key_doc": bin, "seconds", "size", "stage", "status", "why"}],
 *         "provenance", "schema": "upnas.run/1", "seconds", "started", "status"} */
#include "dag/record/record.h"

#include <stdlib.h>
#include <string.h>

#include "dag/record/wire.h"
#include "dag/record/origin.h"

static const char *const done_names[] = {"cached", "ran", "cutoff", "failed", "not run"};

const char *up_done_name(enum up_done d) { return done_names[d]; }

static enum up_done done_of(const char *name)
{
    for (int i = 0; i < UP_DONE_NOT; i++)
        if (!strcmp(done_names[i], name))
            return (enum up_done)i;
    return UP_DONE_NOT;
}

/* ---- result ---- */

static void pack_files(struct up_buf *out, const struct up_file_ref *f, size_t n)
{
    up_pack_list(out, n);
    for (size_t i = 0; i < n; i++) {
        up_pack_list(out, 4);
        up_pack_str(out, f[i].param);
        up_pack_str(out, f[i].path);
        up_wire_digest(out, f[i].digest);
        up_pack_uint(out, f[i].size);
    }
}

static void pack_inputs(struct up_buf *out, const struct up_input_ref *in, size_t n)
{
    up_pack_list(out, n);
    for (size_t i = 0; i < n; i++) {
        up_pack_list(out, 2);
        up_pack_str(out, in[i].stage);
        up_wire_digest(out, in[i].digest);
    }
}

void up_result_pack(struct up_buf *out, const struct up_result *r)
{
    up_pack_map(out, 14);
    up_pack_str(out, "digest");
    up_wire_digest(out, r->digest);
    up_pack_str(out, "files");
    pack_files(out, r->files, r->nfiles);
    up_wire_put_str(out, "finished", r->finished);
    up_pack_str(out, "inputs");
    pack_inputs(out, r->inputs, r->ninputs);
    up_pack_str(out, "params");
    up_wire_pairs(out, r->params, r->nparams);
    up_pack_str(out, "provenance");
    up_wire_pairs(out, r->provenance, r->nprovenance);
    up_wire_put_str(out, "run", r->run);
    up_wire_put_str(out, "schema", "upnas.result/1");
    up_pack_str(out, "seconds");
    up_pack_real(out, r->seconds);
    up_pack_str(out, "sha256");
    up_pack_bin(out, r->sha256.b, sizeof r->sha256.b);
    up_pack_str(out, "size");
    up_pack_uint(out, r->size);
    up_wire_put_str(out, "stage", r->stage);
    up_wire_put_str(out, "started", r->started);
    up_pack_str(out, "version");
    up_pack_int(out, r->version);
}

static void unpack_files(struct up_wire *w, struct up_result *r)
{
    struct up_cursor c = up_wire_list(w, "files", 4, &r->nfiles);
    struct up_file_ref *f = UP_NEW(w->arena, r->nfiles, struct up_file_ref);
    for (size_t i = 0; !w->rc && i < r->nfiles; i++) {
        size_t four = 0;
        up_wire_do(w, up_cur_list(&c, &four, w->err));
        f[i].param = up_wire_str_at(w, &c);
        f[i].path = up_wire_str_at(w, &c);
        f[i].digest = up_wire_digest_at(w, &c);
        up_wire_do(w, up_cur_uint(&c, &f[i].size, w->err));
    }
    r->files = f;
}

static void unpack_inputs(struct up_wire *w, struct up_result *r)
{
    struct up_cursor c = up_wire_list(w, "inputs", 2, &r->ninputs);
    struct up_input_ref *in = UP_NEW(w->arena, r->ninputs, struct up_input_ref);
    for (size_t i = 0; !w->rc && i < r->ninputs; i++) {
        size_t two = 0;
        up_wire_do(w, up_cur_list(&c, &two, w->err));
        in[i].stage = up_wire_str_at(w, &c);
        in[i].digest = up_wire_digest_at(w, &c);
    }
    r->inputs = in;
}

int up_result_unpack(struct up_result *r, struct up_arena *arena, struct up_view doc,
                     struct up_err *err)
{
    struct up_wire w = {.doc = doc, .arena = arena, .err = err};
    *r = (struct up_result){0};
    up_wire_schema(&w, "upnas.result/1");
    struct up_cursor c = up_wire_at(&w, "digest");
    r->digest = up_wire_digest_at(&w, &c);
    unpack_files(&w, r);
    r->finished = up_wire_str(&w, "finished");
    unpack_inputs(&w, r);
    r->params = up_wire_get_pairs(&w, "params", &r->nparams);
    r->provenance = up_wire_get_pairs(&w, "provenance", &r->nprovenance);
    r->run = up_wire_str(&w, "run");
    r->seconds = up_wire_real(&w, "seconds");
    up_wire_sha256(&w, "sha256", &r->sha256);
    r->size = (uint64_t)up_wire_int(&w, "size");
    r->stage = up_wire_str(&w, "stage");
    r->started = up_wire_str(&w, "started");
    r->version = up_wire_int(&w, "version");
    struct up_whence o;
    if (!w.rc && up_whence_read(&o, doc, arena, NULL) == UP_OK) {
        r->from = o.from;
        r->source = up_whence_text(&o, arena);
    } else {
        r->source = "unknown origin";
    }
    return w.rc ? up_fail_in(err, UP_EINVAL, "a result record") : UP_OK;
}

/* ---- run ---- */

static void pack_node(struct up_buf *out, const struct up_run_node *n)
{
    up_pack_map(out, 9);
    up_pack_str(out, "digest");
    up_wire_digest(out, n->digest);
    up_pack_str(out, "inputs");
    up_wire_strs(out, n->inputs, n->ninputs);
    up_pack_str(out, "key");
    up_wire_digest(out, n->key);
    up_pack_str(out, "key_doc");
    up_pack_bin(out, n->key_doc.data, n->key_doc.len);
    up_pack_str(out, "seconds");
    up_pack_real(out, n->seconds);
    up_pack_str(out, "size");
    up_pack_uint(out, n->size);
    up_wire_put_str(out, "stage", n->stage);
    up_wire_put_str(out, "status", up_done_name(n->status));
    up_wire_put_str(out, "why", n->why);
}

static void pack_config(struct up_buf *out, const struct up_run_record *r)
{
    up_pack_map(out, r->nconfig);
    for (size_t i = 0; i < r->nconfig; i++) {
        up_pack_str(out, r->config[i].name);
        up_pack_list(out, 2);
        up_pack_str(out, r->config[i].value);
        up_pack_str(out, r->config[i].origin);
    }
}

void up_run_record_pack(struct up_buf *out, const struct up_run_record *r)
{
    up_pack_map(out, 14);
    up_pack_str(out, "cached");
    up_pack_int(out, r->cached);
    up_pack_str(out, "command");
    up_wire_strs(out, r->command, r->ncommand);
    up_pack_str(out, "config");
    pack_config(out, r);
    up_wire_put_str(out, "error", r->error);
    up_pack_str(out, "executed");
    up_pack_int(out, r->executed);
    up_wire_put_str(out, "finished", r->finished);
    up_wire_put_str(out, "id", r->id);
    up_wire_put_str(out, "mode", r->mode);
    up_pack_str(out, "nodes");
    up_pack_list(out, r->nnodes);
    for (size_t i = 0; i < r->nnodes; i++)
        pack_node(out, &r->nodes[i]);
    up_pack_str(out, "provenance");
    up_wire_pairs(out, r->provenance, r->nprovenance);
    up_wire_put_str(out, "schema", "upnas.run/1");
    up_pack_str(out, "seconds");
    up_pack_real(out, r->seconds);
    up_wire_put_str(out, "started", r->started);
    up_wire_put_str(out, "status", r->status);
}

static void unpack_config(struct up_wire *w, struct up_run_record *r)
{
    struct up_cursor c = up_wire_map(w, "config", &r->nconfig);
    struct up_config_line *l = UP_NEW(w->arena, r->nconfig, struct up_config_line);
    for (size_t i = 0; !w->rc && i < r->nconfig; i++) {
        size_t two = 0;
        l[i].name = up_wire_str_at(w, &c);
        up_wire_do(w, up_cur_list(&c, &two, w->err));
        l[i].value = up_wire_str_at(w, &c);
        l[i].origin = up_wire_str_at(w, &c);
    }
    r->config = l;
}

static void unpack_node(struct up_wire *run, struct up_view doc, struct up_run_node *n)
{
    struct up_wire w = {.doc = doc, .arena = run->arena, .err = run->err};
    struct up_cursor c = up_wire_at(&w, "digest");
    n->digest = up_wire_digest_at(&w, &c);
    n->inputs = up_wire_get_strs(&w, "inputs", &n->ninputs);
    c = up_wire_at(&w, "key");
    n->key = up_wire_digest_at(&w, &c);
    n->has_key = !up_digest_zero(n->key);
    c = up_wire_at(&w, "key_doc");
    struct up_view key = {0};
    up_wire_do(&w, up_cur_bin(&c, &key, w.err));
    n->key_doc = (struct up_view){(const uint8_t *)up_arena_strndup(
                                      w.arena, key.len ? (const char *)key.data : "", key.len),
                                  key.len};
    n->seconds = up_wire_real(&w, "seconds");
    n->size = (uint64_t)up_wire_int(&w, "size");
    n->stage = up_wire_str(&w, "stage");
    const char *status = up_wire_str(&w, "status");
    n->status = done_of(status);
    n->why = up_wire_str(&w, "why");
    run->rc = run->rc ? run->rc : w.rc;
}

static void unpack_nodes(struct up_wire *w, struct up_run_record *r)
{
    struct up_cursor c = up_wire_list(w, "nodes", 1, &r->nnodes);
    r->nodes = UP_NEW(w->arena, r->nnodes, struct up_run_node);
    for (size_t i = 0; !w->rc && i < r->nnodes; i++) {
        struct up_view node = {0};
        up_wire_do(w, up_cur_raw(&c, &node, w->err));
        if (!w->rc)
            unpack_node(w, node, &r->nodes[i]);
    }
}

int up_run_record_unpack(struct up_run_record **out, struct up_view doc, struct up_err *err)
{
    struct up_run_record *r = up_alloc(sizeof *r);
    struct up_wire w = {.doc = doc, .arena = &r->arena, .err = err};
    up_wire_schema(&w, "upnas.run/1");
    r->cached = up_wire_int(&w, "cached");
    r->command = up_wire_get_strs(&w, "command", &r->ncommand);
    unpack_config(&w, r);
    r->error = up_wire_str(&w, "error");
    if (!*r->error)
        r->error = NULL;
    r->executed = up_wire_int(&w, "executed");
    r->finished = up_wire_str(&w, "finished");
    r->id = up_wire_str(&w, "id");
    r->mode = up_wire_str(&w, "mode");
    unpack_nodes(&w, r);
    r->provenance = up_wire_get_pairs(&w, "provenance", &r->nprovenance);
    r->seconds = up_wire_real(&w, "seconds");
    r->started = up_wire_str(&w, "started");
    r->status = up_wire_str(&w, "status");
    int rc = w.rc ? up_fail_in(err, UP_EINVAL, "a run record") : UP_OK;
    if (rc) {
        up_run_record_free(r);
        r = NULL;
    }
    *out = r;
    return rc;
}

void up_run_record_free(struct up_run_record *r)
{
    if (!r)
        return;
    up_arena_release(&r->arena);
    free(r);
}

const struct up_run_node *up_run_record_node(const struct up_run_record *r, const char *stage)
{
    for (size_t i = 0; i < r->nnodes; i++)
        if (!strcmp(r->nodes[i].stage, stage))
            return &r->nodes[i];
    return NULL;
}
