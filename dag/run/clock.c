#include "dag/run/clock.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

static struct timespec now(clockid_t id)
{
    struct timespec t = {0};
    (void)clock_gettime(id, &t);
    return t;
}

uint64_t up_clock_ms(void)
{
    struct timespec t = now(CLOCK_MONOTONIC);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

double up_clock_seconds(void)
{
    struct timespec t = now(CLOCK_MONOTONIC);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

bool up_clock_ahead(const char *utc)
{
    enum { SLACK = 60 };
    struct timespec t = now(CLOCK_REALTIME);
    struct tm tm;
    char limit[32];
    t.tv_sec += SLACK;
    (void)gmtime_r(&t.tv_sec, &tm);
    return strftime(limit, sizeof limit, "%Y-%m-%dT%H:%M:%S", &tm) && strcmp(utc, limit) > 0;
}

const char *up_clock_utc(struct up_arena *a)
{
    struct timespec t = now(CLOCK_REALTIME);
    struct tm tm;
    (void)gmtime_r(&t.tv_sec, &tm);
    return up_arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ", tm.tm_year + 1900,
                           tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                           t.tv_nsec / 1000000);
}

const char *up_clock_run_id(struct up_arena *a)
{
    struct timespec t = now(CLOCK_REALTIME);
    struct tm tm;
    uint8_t r[3] = {0};
    (void)gmtime_r(&t.tv_sec, &tm);
    if (getrandom(r, sizeof r, 0) != (ssize_t)sizeof r) /* early boot: the clock must do */
        r[0] = (uint8_t)(t.tv_nsec & 0xff);
    return up_arena_printf(a, "%04d%02d%02d-%02d%02d%02d.%03ld-%02x%02x%02x", tm.tm_year + 1900,
                           tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                           t.tv_nsec / 1000000, r[0], r[1], r[2]);
}
