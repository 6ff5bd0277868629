/* A node's inputs: the artifacts of the stages that it reads, behind readers that say in
 * every sentence whose artifact it is. */
#ifndef UP_ARTIFACT_INPUT_H
#define UP_ARTIFACT_INPUT_H
#include "dag/stage.h"
#include "stages/space/space.h"
#include "store/base/reader.h"

/* The artifact of an input that every run of this node has. */
struct up_reader up_artifact_read(struct up_job *job, const char *stage, struct up_err *err);
/* The same of one that a run may lack; false when it does. */
bool up_artifact_read_if(struct up_reader *r, struct up_job *job, const char *stage,
                         struct up_err *err);
/* The search space that the field "space" names; NULL after a failure. */
const struct up_space *up_artifact_space(struct up_reader *r);
/* The field "archs": *n architectures of the space, each of them one that the space has;
 * NULL and 0 after a failure, which a space of NULL is not by itself. */
const uint8_t *up_artifact_archs(struct up_reader *r, const struct up_space *space, size_t *n);
/* The same of exactly n. */
const uint8_t *up_artifact_archs_of(struct up_reader *r, const struct up_space *space,
                                    size_t n);

#endif
