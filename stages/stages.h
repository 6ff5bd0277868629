/* The table of stages; see stages.c for how to add one. */
#ifndef UP_STAGES_H
#define UP_STAGES_H
#include "dag/stage.h"

#ifdef __cplusplus
extern "C" {
#endif
extern const struct up_stage *const up_stages[]; /* NULL-terminated, producers first */
#ifdef __cplusplus
}
#endif

#endif
