/* A scores file and an accuracy file become one benchmark. */
#ifndef UP_BENCHMARK_MERGE_H
#define UP_BENCHMARK_MERGE_H
#include "stages/format/table.h"
#include "stages/space/space.h"

enum up_bench_state { UP_BENCH_OK, UP_BENCH_INVALID, UP_BENCH_ABSENT };

struct up_benchmark { /* everything lives in the arena given */
    size_t n, proxies, accuracies;
    struct up_arch *arch;       /* [n] as spelled, ascending, unique */
    const char **proxy;         /* [proxies] */
    double *score;              /* [n][proxies], NaN where state is not OK */
    uint8_t *state;             /* [n][proxies] enum up_bench_state */
    const char **accuracy_name; /* [accuracies] */
    double *accuracy;           /* [n][accuracies], NaN = absent */
};

struct up_benchmark_tables { /* either may be NULL, not both */
    const struct up_table *scores, *accuracy;
    const char *dataset; /* or NULL */
};
/* Of the scores file every column that is
 * no accuracy is a proxy; -1e8, NaN and infinity are an invalid score. Its accuracies count
 * where the accuracy file has no column of that name. Of the accuracy file the columns with an
 * accuracy's name count, or, when there is none, all. `dataset` turns val_accuracy into
 * DATASET_val. UP_EINVAL: an architecture that is none, one listed twice with different
 * numbers, no column of the kind wanted. */
int up_benchmark_merge(struct up_benchmark *b, const struct up_space *space,
                       const struct up_benchmark_tables *tables, struct up_arena *arena,
                       struct up_err *err);

#endif
