/* Threads that walk through one computation together: each runs the same function, does
 * its own share of every step, and meets the others where it reads what they made.
 *
 * Shares are whole columns, graphs or rows, never a part of one sum, so that bits do not
 * depend on how many walk. */
#ifndef UP_KERNELS_CREW_H
#define UP_KERNELS_CREW_H

struct up_crew;
struct up_seat {
    struct up_crew *crew; /* may be NULL where of is 1 */
    int id, of;           /* 0 <= id < of */
};
struct up_span {
    int from, to; /* [from, to) */
};

/* Calls fn(ctx, seat) on up to `threads` threads, fewer when the system has no more;
 * returns when all have returned. All must meet equally often. */
void up_crew_run(int threads, void (*fn)(void *ctx, const struct up_seat *seat), void *ctx);
/* Returns when every seat has called it; what was written before is then visible. */
void up_crew_meet(const struct up_seat *s);
/* The seat's part of [0, count), cut at multiples of `unit`; may be empty. */
struct up_span up_crew_share(const struct up_seat *s, int count, int unit);

#endif
