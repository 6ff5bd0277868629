/* Times for records and progress. Nothing here enters a key. */
#ifndef UP_DAG_RUN_CLOCK_H
#define UP_DAG_RUN_CLOCK_H
#include "store/base/arena.h"
#include <stdbool.h>
#include <stdint.h>

uint64_t up_clock_ms(void);                      /* monotonic */
double up_clock_seconds(void);                   /* monotonic */
const char *up_clock_utc(struct up_arena *a);    /* 2025-01-31T12:00:00.123Z */
const char *up_clock_run_id(struct up_arena *a); /* 20250131-120000.123-9f3a1c */

/* Whether a time as up_clock_utc writes it is to come, by more than a minute. */
bool up_clock_ahead(const char *utc);

#endif
