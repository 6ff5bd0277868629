#include "store/file/gate.h"
#include "store/base/err.h"

void up_gate_init(struct up_gate *g)
{
    *g = (struct up_gate){.inside = 0};
    UP_CHECK(pthread_mutex_init(&g->lock, NULL) == 0);
    UP_CHECK(pthread_cond_init(&g->turn, NULL) == 0);
}

void up_gate_release(struct up_gate *g)
{
    UP_CHECK(g->inside == 0);
    (void)pthread_cond_destroy(&g->turn);
    (void)pthread_mutex_destroy(&g->lock);
}

void up_gate_enter(struct up_gate *g)
{
    (void)pthread_mutex_lock(&g->lock);
    while (g->closed)
        (void)pthread_cond_wait(&g->turn, &g->lock);
    g->inside++;
    (void)pthread_mutex_unlock(&g->lock);
}

void up_gate_leave(struct up_gate *g)
{
    (void)pthread_mutex_lock(&g->lock);
    if (--g->inside == 0)
        (void)pthread_cond_broadcast(&g->turn);
    (void)pthread_mutex_unlock(&g->lock);
}

void up_gate_close(struct up_gate *g)
{
    (void)pthread_mutex_lock(&g->lock);
    while (g->closed)
        (void)pthread_cond_wait(&g->turn, &g->lock);
    g->closed = true;
    while (g->inside)
        (void)pthread_cond_wait(&g->turn, &g->lock);
    (void)pthread_mutex_unlock(&g->lock);
}

void up_gate_open(struct up_gate *g)
{
    (void)pthread_mutex_lock(&g->lock);
    g->closed = false;
    (void)pthread_cond_broadcast(&g->turn);
    (void)pthread_mutex_unlock(&g->lock);
}
