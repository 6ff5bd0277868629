/* Draws that are averaged by rank: their values become normal scores, see table.h. */
#include "stages/scores/table.h"
#include "stages/learn/calibration.h"
#include <stdlib.h>

void up_scores_rank(double *value, const uint8_t *state, size_t n, size_t m)
{
    double *valid = up_alloc((n ? n : 1) * sizeof *valid);
    uint32_t *row = up_alloc((n ? n : 1) * sizeof *row);
    for (size_t i = 0; i < n; i++)
        row[i] = (uint32_t)i;
    for (size_t c = 0; c < m; c++) {
        struct up_arena arena = UP_ARENA_INIT;
        struct up_calibration fit;
        size_t k = 0;
        for (size_t i = 0; i < n; i++)
            if (state[i * m + c] == UP_SCORE_OK)
                valid[k++] = value[i * m + c];
        if (k)
            up_calibration_fit(&fit, "rank-gauss",
                               &(struct up_calibration_rows){NULL, 1, valid, row, k}, &arena);
        for (size_t i = 0; i < n; i++)
            if (state[i * m + c] == UP_SCORE_OK)
                value[i * m + c] = up_calibration_value(&fit, 0, value[i * m + c]);
        up_arena_release(&arena);
    }
    free(valid);
    free(row);
}
