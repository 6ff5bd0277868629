/* What a column of a benchmark file is, judged by its name, see columns.h. */
#include "stages/benchmark/columns.h"
#include "stages/proxy/proxy.h"
#include <string.h>
#include <strings.h>

static bool among(const char *name, const char *const *list)
{
    for (; *list; list++)
        if (!strcasecmp(name, *list))
            return true;
    return false;
}

static bool ends(const char *name, const char *const *list)
{
    size_t n = strlen(name);
    for (; *list; list++) {
        size_t k = strlen(*list);
        if (n > k && !strcasecmp(name + n - k, *list))
            return true;
    }
    return false;
}

enum up_column_use up_column_use(const char *name)
{
    static const char *const skip[] = {"",           "idx",     "index", "id",
                                       "unnamed: 0", "level_0", "seed",  "time",
                                       "hash",       "dataset", "epoch", NULL};
    static const char *const skip_end[] = {"_time", "_times", "_seconds",
                                           "_loss", "_seed",  NULL};
    static const char *const accuracy[] = {"val", "valid", "test", "acc", "accuracy", NULL};
    static const char *const accuracy_end[] = {"_val", "_valid",    "_test", "_train",
                                               "_acc", "_accuracy", NULL};
    if (among(name, skip) || ends(name, skip_end) || !strncasecmp(name, "time_", 5))
        return UP_USE_NEITHER;
    return among(name, accuracy) || ends(name, accuracy_end) ? UP_USE_ACCURACY : UP_USE_NUMBER;
}

bool up_column_wanted(void *ctx, const char *name)
{
    const struct up_column_ignore *ignore = ctx;
    for (size_t i = 0; i < ignore->n; i++)
        if (!strcmp(ignore->name[i], name))
            return false;
    return up_column_use(name) != UP_USE_NEITHER;
}

bool up_column_is_proxy(void *ctx, const char *name)
{
    (void)ctx;
    return up_proxy_find(name) >= 0;
}
