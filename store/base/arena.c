#include "store/base/arena.h"
#include "store/base/err.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 64, BLOCK = 1 << 16 };

struct up_arena_block {
    struct up_arena_block *next;
    size_t used, cap; /* bytes behind the header, which itself takes ALIGN */
};

static _Noreturn void out_of_memory(size_t size)
{
    fprintf(stderr, "upnas: out of memory asking for %zu bytes\n", size);
    abort();
}

static size_t round_up(size_t n)
{
    if (n > SIZE_MAX - 2 * ALIGN)
        out_of_memory(n);
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

static struct up_arena_block *block_new(size_t cap)
{
    struct up_arena_block *b = aligned_alloc(ALIGN, ALIGN + cap);
    if (!b)
        out_of_memory(cap);
    b->next = NULL;
    b->used = 0;
    b->cap = cap;
    return b;
}

void *up_arena_alloc(struct up_arena *a, size_t size)
{
    size_t need = round_up(size ? size : 1);
    struct up_arena_block *b = a->head;
    if (!b || b->cap - b->used < need) {
        b = block_new(need > BLOCK ? need : BLOCK);
        if (a->head && need > BLOCK) { /* a big one must not hide a half-full block */
            b->next = a->head->next;
            a->head->next = b;
        } else {
            b->next = a->head;
            a->head = b;
        }
    }
    void *p = (char *)b + ALIGN + b->used;
    b->used += need;
    return memset(p, 0, need);
}

void *up_arena_array(struct up_arena *a, size_t n, size_t size)
{
    if (size && n > SIZE_MAX / size)
        out_of_memory(SIZE_MAX);
    return up_arena_alloc(a, n * size);
}

char *up_arena_strndup(struct up_arena *a, const char *s, size_t n)
{
    char *p = up_arena_alloc(a, n + 1);
    memcpy(p, s, n);
    return p;
}

char *up_arena_strdup(struct up_arena *a, const char *s)
{
    return up_arena_strndup(a, s, strlen(s));
}

char *up_arena_printf(struct up_arena *a, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    UP_CHECK(n >= 0);
    char *p = up_arena_alloc(a, (size_t)n + 1);
    (void)vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return p;
}

void up_arena_release(struct up_arena *a)
{
    struct up_arena_block *b = a->head;
    while (b) {
        struct up_arena_block *next = b->next;
        free(b);
        b = next;
    }
    a->head = NULL;
}

void *up_alloc(size_t size)
{
    void *p = calloc(1, size ? size : 1);
    if (!p)
        out_of_memory(size);
    return p;
}

void *up_realloc(void *p, size_t size)
{
    void *q = realloc(p, size ? size : 1);
    if (!q)
        out_of_memory(size);
    return q;
}

char *up_strdup(const char *s)
{
    size_t n = strlen(s) + 1;
    return memcpy(up_alloc(n), s, n);
}
