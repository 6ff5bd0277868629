/* A gate around all transactions of one environment: any number may be inside;
 * changing the map's size waits until none is, and lets none in meanwhile. */
#ifndef UP_STORE_FILE_GATE_H
#define UP_STORE_FILE_GATE_H
#include <pthread.h>
#include <stdbool.h>

struct up_gate {
    pthread_mutex_t lock;
    pthread_cond_t turn;
    unsigned inside;
    bool closed;
};

void up_gate_init(struct up_gate *g);
void up_gate_release(struct up_gate *g);
void up_gate_enter(struct up_gate *g);
void up_gate_leave(struct up_gate *g);
/* The caller must not be inside. */
void up_gate_close(struct up_gate *g);
void up_gate_open(struct up_gate *g);

#endif
