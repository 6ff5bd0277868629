/* The list of connections behind `upnas serve`: see serve_visitors.h for its three rules.
 *
 * A visitor is sent away by shutting its socket down, which the HTTP library notices as the
 * end of the connection. The list holds a duplicate of the socket, so that it never shuts
 * down a descriptor whose number the library has closed and the system has given to
 * somebody else. */
#include "cli/command/serve_visitors.h"
#include "dag/run/clock.h"
#include "store/base/err.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

void up_visitors_init(struct up_visitors *v)
{
    UP_CHECK(pthread_mutex_init(&v->lock, NULL) == 0);
    for (int i = 0; i < UP_VISITORS_ROOM; i++)
        v->at[i] = (struct up_visitor){.fd = -1};
}

void up_visitors_release(struct up_visitors *v)
{
    for (int i = 0; i < UP_VISITORS_ROOM; i++)
        if (v->at[i].fd >= 0)
            (void)close(v->at[i].fd);
    (void)pthread_mutex_destroy(&v->lock);
}

static void send_away(struct up_visitor *who)
{
    if (who->fd >= 0 && !who->leaving)
        (void)shutdown(who->fd, SHUT_RDWR);
    who->leaving = true;
}

static bool present(const struct up_visitor *who) { return who->fd >= 0 && !who->leaving; }

/* Sends the one away that has waited longest, of one address or of all, once there are more
 * than `most` of them. */
static void keep_at_most(struct up_visitors *v, int most, bool of_one, in_addr_t from)
{
    struct up_visitor *oldest = NULL;
    int n = 0;
    for (int i = 0; i < UP_VISITORS_ROOM; i++) {
        struct up_visitor *who = &v->at[i];
        if (!present(who) || (of_one && who->from != from))
            continue;
        n++;
        if (!oldest || who->since < oldest->since)
            oldest = who;
    }
    if (n > most)
        send_away(oldest);
}

static struct up_visitor *find(struct up_visitors *v, const void *name)
{
    for (int i = 0; i < UP_VISITORS_ROOM; i++)
        if (v->at[i].fd >= 0 && v->at[i].name == name)
            return &v->at[i];
    return NULL;
}

void up_visitors_enter(struct up_visitors *v, const void *name, int fd, in_addr_t from)
{
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0), i = 0;
    (void)pthread_mutex_lock(&v->lock);
    while (i < UP_VISITORS_ROOM && v->at[i].fd >= 0)
        i++;
    if (own < 0 || i == UP_VISITORS_ROOM) { /* nothing left to watch it with */
        (void)shutdown(fd, SHUT_RDWR);
        if (own >= 0)
            (void)close(own);
        (void)pthread_mutex_unlock(&v->lock);
        return;
    }
    v->at[i] =
        (struct up_visitor){.fd = own, .from = from, .since = up_clock_ms(), .name = name};
    keep_at_most(v, UP_VISITORS_EACH, true, from);
    keep_at_most(v, UP_VISITORS, false, from);
    (void)pthread_mutex_unlock(&v->lock);
}

void up_visitors_answered(struct up_visitors *v, const void *name)
{
    (void)pthread_mutex_lock(&v->lock);
    struct up_visitor *who = find(v, name);
    if (who)
        who->since = up_clock_ms();
    (void)pthread_mutex_unlock(&v->lock);
}

void up_visitors_leave(struct up_visitors *v, const void *name)
{
    (void)pthread_mutex_lock(&v->lock);
    struct up_visitor *who = find(v, name);
    if (who) {
        (void)close(who->fd);
        *who = (struct up_visitor){.fd = -1};
    }
    (void)pthread_mutex_unlock(&v->lock);
}

static void send_away_if(struct up_visitors *v, bool everybody)
{
    uint64_t now = up_clock_ms();
    (void)pthread_mutex_lock(&v->lock);
    for (int i = 0; i < UP_VISITORS_ROOM; i++)
        if (everybody || v->at[i].since + UP_VISIT_SECONDS * 1000u < now)
            send_away(&v->at[i]);
    (void)pthread_mutex_unlock(&v->lock);
}

void up_visitors_tidy(struct up_visitors *v) { send_away_if(v, false); }

void up_visitors_close(struct up_visitors *v) { send_away_if(v, true); }
