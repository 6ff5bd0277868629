/* Calibration: raw proxy scores, sixty orders of magnitude apart, on one scale.
 *
 * Fitted column by column on the training rows alone, stored in the calibrate
 * artifact, applied to any later architecture. An invalid score (NaN) takes the
 * column's worst value: the smallest one valid in the training rows, since every
 * proxy is meant to be the larger the better. Applying is monotone non-decreasing,
 * and beyond the training values every method but raw is clipped to their range.
 *
 *   rank-gauss  normal quantile of (mid-rank - 1/2) / n; between training values
 *               linear in the raw score
 *   signed-log  sign(x) log(1 + |x| / median|x|), cut at its 0.5 % and 99.5 %
 *               quantiles, minus mean, over standard deviation
 *   zscore      cut at its 0.5 % and 99.5 % quantiles, minus mean, over deviation
 *   minmax      (x - min) / (max - min)
 *   raw         x
 * A constant column becomes 0 (raw: itself). */
#ifndef UP_LEARN_CALIBRATION_H
#define UP_LEARN_CALIBRATION_H
#include "store/base/reader.h"
#include "store/base/writer.h"

struct up_calibration_method; /* a row of the table in calibration.c */
struct up_calibration {
    const struct up_calibration_method *method;
    size_t columns;          /* M */
    const char *const *name; /* [M] proxy names */
    const double *worst;     /* [M] what an invalid score counts as (raw) */
    const uint32_t *offset;  /* [M+1] column i owns param[offset[i]] .. param[offset[i+1]-1] */
    const double *param;     /* rank-gauss: k raw values ascending, then their k levels;
                              * signed-log: median, low, high, mean, deviation;
                              * zscore: low, high, mean, deviation; minmax: min, max; raw: none */
};

/* Names of the methods, NULL-terminated, the default first. */
extern const char *const up_calibration_names[];
const char *up_calibration_method_name(const struct up_calibration *c);

struct up_calibration_rows {  /* what is fitted on */
    const char *const *names; /* [columns] */
    size_t columns;
    const double *raw;     /* [][columns], NaN = invalid */
    const uint32_t *train; /* [n_train] rows of raw */
    size_t n_train;        /* > 0 */
};
/* `method` is one of the names. What *c points to is in the arena (names are borrowed).
 * A column without one valid training value has worst = 0. */
void up_calibration_fit(struct up_calibration *c, const char *method,
                        const struct up_calibration_rows *rows, struct up_arena *arena);

/* From the fields fit, method and names of a document, which must outlive *c unless copied;
 * names are copied into the reader's arena. Returns the reader's end. */
int up_calibration_load(struct up_calibration *c, struct up_reader *r);

/* Writes the map {offset, param, worst} under `key`; *c is borrowed. */
void up_calibration_write(struct up_writer *w, const char *key, const struct up_calibration *c);

/* One score of one column; NaN = invalid. */
double up_calibration_value(const struct up_calibration *c, size_t column, double raw);
/* One architecture: out[columns] from raw[columns]; in place is fine. */
void up_calibration_apply(const struct up_calibration *c, double *out, const double *raw);

#endif
