/* How far the unified score can be believed, on architectures that nothing was
 * fitted on. A number that needs a benchmark is NaN without one. */
#ifndef UP_REPORT_EVIDENCE_H
#define UP_REPORT_EVIDENCE_H
#include "stages/artifact/entries.h"
#include "stages/artifact/models.h"

enum { UP_REGRETS = 3 };
extern const size_t up_regret_k[UP_REGRETS]; /* 1, 10, 100 */

struct up_evidence {
    const struct up_scored *scored;
    int target;               /* accuracy column of the benchmark, or -1 */
    float *forecast;          /* [n][m] predicted scores of every scored row */
    double *forecast_unified; /* [n] */
    uint8_t
        *used; /* [n] 1: lambda was fitted on it, 2: the estimator was trained on it, 3 both */
    size_t used_lambda, used_mpe;
    /* Rows with an accuracy: never used by lambda; by neither. */
    size_t n_unused, n_predicted;
    double tau_unused, rho_unused;       /* unified of measured scores against accuracy */
    double tau_predicted, rho_predicted; /* unified of predicted scores against accuracy */
    double regret_unused[UP_REGRETS], regret_predicted[UP_REGRETS]; /* of those rows */
    double *alone; /* [m] tau of one calibrated proxy against accuracy, unused rows */
    double
        *heldout; /* [m] tau of predicted against calibrated, rows the estimator has not seen */
    size_t n_heldout;
    double *correlation; /* [m + 1][m + 1] tau between proxies; last: accuracy (NaN) */
    double *best_all, *best_scored; /* [columns] upper bounds: whole benchmark, scored rows */
};

/* used, train: row numbers of the scores. Work is cut over `threads`. */
void up_evidence_make(struct up_evidence *e, const struct up_scored *s,
                      const struct up_models *models, int target, const uint32_t *used,
                      size_t n_used, const uint32_t *train, size_t n_train, int threads,
                      struct up_arena *arena);

/* Appends the table and the lines printed at the end of a run. */
struct up_report_names {
    const char *preset, *calibration, *objective;
};
void up_evidence_text(struct up_buf *out, const struct up_evidence *e,
                      const struct up_entries *x, const struct up_report_names *names);

#endif
