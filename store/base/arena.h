/* Arena: many allocations, one release. A stage run owns one; what it hands
 * out lives until up_arena_release and is never freed alone. Never NULL:
 * running out of address space aborts with a sentence. Not thread-safe. */
#ifndef UP_STORE_BASE_ARENA_H
#define UP_STORE_BASE_ARENA_H
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct up_arena_block;
struct up_arena {
    struct up_arena_block *head;
};
#define UP_ARENA_INIT                                                                          \
    {                                                                                          \
        0                                                                                      \
    }

/* Zeroed, 64-byte aligned. size 0 gives a valid unique pointer. */
void *up_arena_alloc(struct up_arena *a, size_t size);
/* n * size, aborting on overflow. */
void *up_arena_array(struct up_arena *a, size_t n, size_t size);
#define UP_NEW(a, n, type) ((type *)up_arena_array((a), (size_t)(n), sizeof(type)))
char *up_arena_strndup(struct up_arena *a, const char *s, size_t n);
char *up_arena_strdup(struct up_arena *a, const char *s);
char *up_arena_printf(struct up_arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Frees everything; the arena is empty and usable again. */
void up_arena_release(struct up_arena *a);

/* Plain heap with the same promise: never NULL. free() releases. */
void *up_alloc(size_t size); /* zeroed */
void *up_realloc(void *p, size_t size);
char *up_strdup(const char *s);

#ifdef __cplusplus
}
#endif

#endif
