/* The files that a stage's FILE and DIR parameters name: read once, hashed for the
 * key, and the same bytes handed to the stage. */
#ifndef UP_DAG_PLAN_SOURCE_H
#define UP_DAG_PLAN_SOURCE_H
#include "dag/config/config.h"
#include "store/base/hash.h"

struct up_source { /* one FILE or DIR parameter that is set and matters */
    const struct up_entry *entry;
    struct up_file *files; /* DIR: ascending by name */
    struct up_digest *digests;
    struct up_buf *bytes; /* owns what files[i].bytes points at */
    size_t n;
};
struct up_sources {
    struct up_source *list;
    size_t n;
};
/* Arrays come from the arena; the bytes are freed by up_sources_release, which is
 * right after a failure too. UP_EIO when a file is not there or a pattern matches
 * nothing; the sentence says where the path was given. */
int up_sources_read(struct up_sources *out, const struct up_config *c,
                    const struct up_stage *stage, struct up_arena *arena, struct up_err *err);
void up_sources_release(struct up_sources *s);
const struct up_source *up_sources_of(const struct up_sources *s, const struct up_param *p);

#endif
