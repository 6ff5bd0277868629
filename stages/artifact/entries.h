/* Everything known about each architecture found, and the files made of it. */
#ifndef UP_ARTIFACT_ENTRIES_H
#define UP_ARTIFACT_ENTRIES_H
#include "stages/artifact/scored.h"

struct up_entry {                   /* one found architecture; rank = its place, from 1 */
    struct up_arch arch;            /* canonical */
    double unified;                 /* of the re-encoded architecture: what it was ranked by */
    double flops, params;           /* millions, exact */
    const double *predicted;        /* [m] calibrated scale */
    bool scored;                    /* it is among the scored rows: then */
    const double *raw, *calibrated; /* [m]; raw is NaN where the score is invalid */
    double unified_scored;          /* weights . calibrated */
    double *accuracy;               /* [columns], NaN = absent */
};
struct up_entries {
    const struct up_scored *scored;
    const char *method;
    int64_t queries;
    size_t n;
    struct up_entry *e; /* [n] best first */
};
int up_entries_load(struct up_entries *x, const struct up_scored *s, struct up_view search,
                    struct up_arena *arena, struct up_err *err);

/* Whether an artifact has the "files" that run --out writes: a map of names and bytes. */
int up_files_sound(struct up_view artifact, struct up_err *err);

/* Appends one line per entry: numbers read back equal, absent ones are empty. */
void up_entries_csv(struct up_buf *out, const struct up_entries *x);
/* Appends the same as JSON, with where each kind of number comes from. */
void up_entries_json(struct up_buf *out, const struct up_entries *x, const char *preset,
                     const char *calibration);
/* Appends the scored entries as NASLib's zc_*.json; false when there are none. */
bool up_entries_naslib(struct up_buf *out, const struct up_entries *x, struct up_arena *arena);

#endif
