/* Who is connected to `upnas serve`, and who has to leave.
 *
 * A page is asked for in one small request, yet anybody on the machine may open connections
 * and say nothing, or say it one byte at a time. Three rules keep the pages reachable:
 *   * at most UP_VISITORS connections stay, and UP_VISITORS_EACH of one address; whoever
 *     comes after that is let in, and the one that has waited longest is sent away;
 *   * a request and its answer together may take UP_VISIT_SECONDS;
 *   * everybody is sent away when the server ends.
 * All calls may come from any thread. */
#ifndef UP_CLI_COMMAND_SERVE_VISITORS_H
#define UP_CLI_COMMAND_SERVE_VISITORS_H
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { UP_VISITORS = 64, UP_VISITORS_EACH = 48, UP_VISIT_SECONDS = 8 };

struct up_visitor {
    int fd;           /* our duplicate of the connection's socket; -1: nobody */
    in_addr_t from;   /* the address it came from */
    uint64_t since;   /* milliseconds: when it came, or had its last answer */
    bool leaving;     /* sent away already */
    const void *name; /* the library's handle of the connection */
};

/* The library accepts more than stay, so that a newcomer is never left outside. */
enum { UP_VISITORS_ROOM = 2 * UP_VISITORS };

struct up_visitors {
    pthread_mutex_t lock;
    struct up_visitor at[UP_VISITORS_ROOM];
};

void up_visitors_init(struct up_visitors *v);
void up_visitors_release(struct up_visitors *v);

/* A connection `name` begins on socket fd, coming from an address. */
void up_visitors_enter(struct up_visitors *v, const void *name, int fd, in_addr_t from);
/* It has had an answer: its time begins anew. */
void up_visitors_answered(struct up_visitors *v, const void *name);
/* It ends. */
void up_visitors_leave(struct up_visitors *v, const void *name);

/* Sends those away whose time is up. */
void up_visitors_tidy(struct up_visitors *v);
/* Sends everybody away. */
void up_visitors_close(struct up_visitors *v);

#endif
