/* "did you mean": the candidate nearest to a misspelt word. */
#ifndef UP_DAG_CONFIG_SUGGEST_H
#define UP_DAG_CONFIG_SUGGEST_H
#include <stddef.h>

/* Offer candidates one by one; `best` is NULL while none is near enough. */
struct up_suggest {
    const char *word;
    const char *best;
    size_t distance;
};
struct up_suggest up_suggest_for(const char *word);
void up_suggest_offer(struct up_suggest *s, const char *candidate);

#endif
