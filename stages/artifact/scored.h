/* The scored architectures beside their unified score and their accuracies:
 * what decode looks entries up in and what report measures. */
#ifndef UP_ARTIFACT_SCORED_H
#define UP_ARTIFACT_SCORED_H
#include "stages/space/space.h"
#include "dag/stage.h"
#include "store/base/reader.h"

/* Rows of an archs array, to be found by genes. */
struct up_scored_index {
    size_t n, genes;
    const uint8_t *row;    /* [n][genes] */
    const uint32_t *order; /* [n] rows by ascending genes */
};
void up_scored_index_make(struct up_scored_index *x, const uint8_t *rows, size_t n,
                          size_t genes, struct up_arena *arena);
bool up_scored_index_find(const struct up_scored_index *x, const struct up_arch *a,
                          size_t *row);

/* Accuracies of a benchmark artifact. */
struct up_truth {
    const struct up_space *space;
    size_t n, columns; /* 0 columns: no benchmark */
    const char *const *name;
    const double *value;              /* [n][columns], NaN = absent */
    struct up_scored_index spelled;   /* as the benchmark spells them */
    struct up_scored_index canonical; /* the same rows in canonical form */
};
/* Memory in the reader's arena; returns its end. */
int up_truth_load(struct up_truth *t, const struct up_space *space,
                  struct up_reader *benchmark);
/* Makes the two indexes; t holds the rest, archs[n][genes] is borrowed. */
void up_truth_index(struct up_truth *t, const uint8_t *archs, struct up_arena *arena);
/* out[columns]: the accuracy of exactly this spelling; where the benchmark has
 * none, the mean over its spellings of the same canonical form; else NaN. */
void up_truth_of(const struct up_truth *t, double *out, const struct up_arch *a);
/* Column so named, or -1. */
int up_truth_column(const struct up_truth *t, const char *name);

struct up_scored {
    const struct up_space *space;
    size_t n, m;
    const char *const *name;      /* [m] proxies */
    struct up_scored_index index; /* rows of scores: canonical, pool order */
    const double *raw;            /* [n][m], NaN where not valid */
    const double *calibrated;     /* [n][m] */
    const double *weights;        /* [m] lambda's */
    double *unified;              /* [n] weights . calibrated */
    struct up_truth truth;
    double *accuracy; /* [n][truth.columns] */
};
/* From the artifacts of the job's inputs scores, calibrate, lambda and, where a run has it,
 * benchmark; memory in the job's arena. UP_ECORRUPT when one cannot be read or does not
 * belong to the others. */
int up_scored_load(struct up_scored *s, const struct up_space *space, struct up_job *job,
                   struct up_err *err);
void up_scored_arch(const struct up_scored *s, struct up_arch *out, size_t row);

#endif
