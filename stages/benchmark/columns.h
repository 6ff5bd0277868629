/* What a column of a benchmark file is, judged by its name. */
#ifndef UP_BENCHMARK_COLUMNS_H
#define UP_BENCHMARK_COLUMNS_H
#include "stages/format/table.h"

enum up_column_use {
    UP_USE_NUMBER,   /* a proxy in a scores file; in an accuracy file, see merge.h */
    UP_USE_ACCURACY, /* val, test, acc, accuracy, or a name that ends in _val, _valid, _test,
                        _train, _acc, _accuracy */
    UP_USE_NEITHER   /* numbering, times, losses: never read */
};
enum up_column_use up_column_use(const char *name);

struct up_column_ignore { /* names a user lists under benchmark.ignore */
    size_t n;
    const char *const *name;
};
/* For struct up_table_wish: ctx is a struct up_column_ignore. */
bool up_column_wanted(void *ctx, const char *name);
bool up_column_is_proxy(void *ctx, const char *name); /* one that upnas computes itself */

#endif
