/* The table of stages; see stages.c for how to add one. */
#ifndef UP_STAGES_H
#define UP_STAGES_H
#include "dag/stage.h"
extern const struct up_stage *const up_stages[]; /* NULL-terminated, producers first */
#endif
