/* The voucher: "under this key, this record and these outputs", and who vouches for it. It is
 * the entry that a remote keeps in `ac` under the SHA-256 of a key document.
 *
 * The file is a Bazel ActionResult (protocol buffers): caches that check what is put into
 * `ac`, such as bazel-remote, take it, and see which objects of `cas` it needs.
 *   field 2 (output_files), one for each output: {1: path, its number in decimal,
 *           2: {1: SHA-256 in hex, 2: size}}, for such caches; not read here
 *   field 5 (stdout_raw): the document below; every other field is passed over
 * The document is a canonical MessagePack map (store/base/pack.h):
 *   {"key":        bin, the key document,
 *    "outputs":    [[XXH3-128 as bin 16, SHA-256 as bin 32, size], ...],
 *    "schema":     "upnas.voucher/1",
 *    "signatures": {name of the key: bin 64, ...}, Ed25519, of the statement,
 *    "value":      bin, the record under the key}
 * and the statement, which binds all that a reader acts on to the key it asked for:
 *   {"key":     SHA-256 of the key document as bin 32,
 *    "outputs": as above,
 *    "schema":  "upnas.statement/1",
 *    "value":   SHA-256 of the value as bin 32} */
#ifndef UP_STORE_REMOTE_VOUCHER_H
#define UP_STORE_REMOTE_VOUCHER_H
#include "store/base/hash.h"
#include "store/remote/key.h"

#ifdef __cplusplus
extern "C" {
#endif

struct up_arena;

enum {
    UP_VOUCHER_MAX = 16 << 20, /* bytes of the file */
    UP_VOUCHER_OUTPUTS = 64,
    UP_VOUCHER_SIGNATURES = 64
};

struct up_output {
    struct up_digest digest;
    struct up_sha256 sha;
    uint64_t size;
};
struct up_voucher { /* borrowed */
    struct up_view key, value;
    const struct up_output *outputs;
    size_t n;
    const struct up_signature *signatures; /* names ascending, each once */
    size_t nsignatures;
};

void up_voucher_pack(struct up_buf *out, const struct up_voucher *e);
/* Views point into bytes, arrays are the arena's. UP_EINVAL: no such entry. No signature
 * has been looked at. */
int up_voucher_unpack(struct up_voucher *e, struct up_arena *arena, struct up_view bytes,
                      struct up_err *err);
/* Appends what signatures are of. */
void up_voucher_statement(struct up_buf *out, const struct up_voucher *e);
/* e->signatures with one more, or with another of that name replaced; the arena's. */
void up_voucher_sign(struct up_voucher *e, struct up_arena *arena,
                     const struct up_secret_key *k);

bool up_output_equal(const struct up_output *a, const struct up_output *b);
bool up_outputs_equal(const struct up_voucher *a, const struct up_voucher *b);

#ifdef __cplusplus
}
#endif

#endif
