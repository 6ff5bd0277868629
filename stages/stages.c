#include "stages/stages.h"

/* How to add one: write stages/NAME.c with its parameter and input tables and
 * its run function, declare it here, put it behind all it reads, and name its
 * artifact's fields in the comment at the top of its file. Raise `version`
 * whenever the same inputs may give other bytes. */
extern const struct up_stage up_stage_space, up_stage_data, up_stage_benchmark, up_stage_scores,
    up_stage_calibrate, up_stage_vgae, up_stage_mpe, up_stage_lambda, up_stage_search,
    up_stage_decode, up_stage_report;

const struct up_stage *const up_stages[] = {
    &up_stage_space,     &up_stage_data,   &up_stage_benchmark, &up_stage_scores,
    &up_stage_calibrate, &up_stage_vgae,   &up_stage_mpe,       &up_stage_lambda,
    &up_stage_search,    &up_stage_decode, &up_stage_report,    0,
};
