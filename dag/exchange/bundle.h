/* A run with all it made and read, in one file.
 *
 * The file is 8 bytes, 93 55 50 42 ("UPB" after 0x93) and the version 1 as u32 little-endian,
 * and then records as in store/file/record.h, one after the other, with sequence 0:
 *
 *   artifacts   O, or L with its chunks C behind it in order; each once
 *   results     R, each after the artifact that it names
 *   the run     N, once; the file ends with it
 *
 * The records of results and of the run say who computed them, as everywhere, and carry the
 * signatures that they have in the field "from" (dag/record/origin.h). Whoever reads a bundle
 * believes the signatures alone: anything else there is passed over, and what is taken is
 * marked as come from this file.
 *
 * A bundle is whole when every node of the run that has an output has its result and its
 * artifact in it. Everything is checked before anything is taken: checksums, names against
 * the digests of what they name, SHA-256 beside XXH3-128, results against artifacts, the run
 * against both. Equal runs with equal signatures have equal
 * bundles, for one release of zstd. */
#ifndef UP_DAG_EXCHANGE_BUNDLE_H
#define UP_DAG_EXCHANGE_BUNDLE_H
#include "dag/record/origin.h"
#include "store/store.h"

#ifdef __cplusplus
extern "C" {
#endif

struct up_bundle_count {
    uint64_t results, artifacts; /* in the bundle */
    uint64_t vouched;            /* taking: results that a trusted key has signed */
    uint64_t had_results, had_artifacts,
        differ;     /* taking: were here; with other bytes, which stay */
    uint64_t bytes; /* of the artifacts */
    char run[64];
};
typedef int up_bundle_sink(void *ctx, struct up_view bytes, struct up_err *err);

/* run: as in up_run_find. UP_ENOTFOUND, UP_ECORRUPT when something it made is not there. */
int up_bundle_write(struct up_store *s, const char *run, up_bundle_sink *sink, void *ctx,
                    struct up_bundle_count *c, struct up_err *err);
/* UP_OK when the bytes are a whole bundle, else UP_EINVAL, which names the offset. Allocates
 * some MiB, some bytes a record, and what the results hold, which may be 256 MiB: artifacts
 * pass in pieces. A result or a run's record may hold 16 MiB. */
int up_bundle_check(struct up_view file, struct up_bundle_count *c, struct up_err *err);
/* Checks, then puts artifacts, then all results at once, then the run. With admit->strict a
 * bundle in which a trusted key has not signed every result and the run is UP_EINVAL, and
 * nothing of it is taken. What is here under a key stays, and is counted when its bytes differ;
 * but what came by file or folder unsigned gives way to what a trusted key has signed. Killed
 * half way it goes on when repeated. */
int up_bundle_take(struct up_store *s, struct up_view file, const struct up_admit *admit,
                   struct up_bundle_count *c, struct up_err *err);

#ifdef __cplusplus
}
#endif

#endif
