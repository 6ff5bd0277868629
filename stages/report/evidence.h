/* How far the unified score can be believed, on architectures that the weights were not
 * fitted on, and where scores are predicted, that the estimator has not seen either. A
 * number that needs a benchmark is NaN without one. */
#ifndef UP_REPORT_EVIDENCE_H
#define UP_REPORT_EVIDENCE_H
#include "stages/artifact/entries.h"
#include "stages/artifact/models.h"

enum { UP_REGRETS = 3 };
extern const size_t up_regret_k[UP_REGRETS]; /* 1, 10, 100 */

/* What was fitted on which rows of the scores, and what to compare with. */
struct up_evidence_rows {
    const uint32_t *lambda, *mpe; /* [n_lambda], [n_mpe] rows */
    size_t n_lambda, n_mpe;
    bool shipped; /* the weights are a preset fitted on this benchmark: no row is unused */
    int target;   /* accuracy column of the benchmark to compare with, or -1 */
};

struct up_evidence {
    const struct up_scored *scored;
    int target;               /* accuracy column of the benchmark, or -1 */
    float *forecast;          /* [n][m] predicted scores of every scored row */
    double *forecast_unified; /* [n] */
    uint8_t
        *used; /* [n] 1: lambda was fitted on it, 2: the estimator was trained on it, 3 both */
    size_t used_lambda, used_mpe;
    bool shipped; /* of the rows */
    /* Rows with an accuracy: never used by lambda; by neither. With `shipped` none, and
     * the numbers over them are NaN. */
    size_t n_unused, n_predicted;
    double tau_unused, rho_unused;       /* unified of measured scores against accuracy */
    double tau_predicted, rho_predicted; /* unified of predicted scores against accuracy */
    double regret_unused[UP_REGRETS], regret_predicted[UP_REGRETS]; /* of those rows */
    double *alone;   /* [m] tau of a calibrated proxy with accuracy, rows lambda left */
    double *heldout; /* [m] see learn/statistics/held_out.h, rows the estimator has not seen */
    double tau_heldout;  /* on those: of the predicted unified score with the measured one */
    uint32_t *heldout_n; /* [m] of those the rows counted */
    size_t n_heldout;    /* the largest of them */
    uint32_t *invalid;   /* [m] scored rows without a valid score */
    double *correlation; /* [m + 1][m + 1] tau between proxies; last: accuracy (NaN) */
    double *best_all, *best_scored; /* [columns] upper bounds: whole benchmark, scored rows */
};

/* Memory in the job's arena, work cut over its threads. */
void up_evidence_make(struct up_evidence *e, const struct up_scored *s,
                      const struct up_models *models, const struct up_evidence_rows *rows,
                      struct up_job *job);

/* Appends the table and the lines printed at the end of a run. */
struct up_report_names {
    const char *preset, *calibration, *objective;
    const char *made_for;                   /* the calibration the weights belong to */
    const char *fitted_space, *fitted_data; /* of a fitted preset, else NULL */
    const char *const *absent;              /* [n_absent] weighed by the preset, not scored */
    size_t n_absent;
};
void up_evidence_text(struct up_buf *out, const struct up_evidence *e,
                      const struct up_entries *x, const struct up_report_names *names);

#endif
