/* One allocation per network: sized by a first layout, filled by a second.
 *
 * A layout is a function that takes every buffer from a cursor in turn. With
 * base NULL it only counts. */
#ifndef UP_ENGINE_PLAN_SLAB_H
#define UP_ENGINE_PLAN_SLAB_H
#include <stddef.h>
#include <stdint.h>

struct up_slab_cursor {
    uint8_t *base; /* NULL: count */
    size_t at;
};
/* n items of `size` bytes, 64-byte aligned; NULL while counting. Contents are undefined. */
void *up_slab_take(struct up_slab_cursor *p, size_t n, size_t size);
#define UP_SLAB_TAKE(p, n, type) ((type *)up_slab_take((p), (size_t)(n), sizeof(type)))

/* Lays n buffers over each other where no two are in use at once: buffer i, of size[i], is in
 * use from first[i] to last[i] (never, when last < first). Returns the size of all together. */
size_t up_slab_overlay(size_t *offset, const size_t *size, const int *first, const int *last,
                       int n);

/* Scratch memory of one thread: grows to the largest network seen, freed at the end. `bytes`
 * that are known to be needed are reserved at once, where the system has them, because
 * growing later allocates everything anew. */
struct up_slab;
struct up_slab *up_slab_new(size_t bytes);
void up_slab_free(struct up_slab *s);
/* At least `size` bytes, kept until the slab is freed or asked for more; NULL when the
 * system has no such memory. */
uint8_t *up_slab_reserve(struct up_slab *s, size_t size);

#endif
