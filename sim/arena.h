/* Memory by lifetime: many allocations, one free. Zero-filled, 16-byte aligned. */
#ifndef DH_SIM_ARENA_H
#define DH_SIM_ARENA_H

#include <stddef.h>

struct dh_arena_block;

/* {0} is an empty arena. */
struct dh_arena {
    struct dh_arena_block *last;
    size_t used_bytes; /* handed out so far */
};

/* size bytes of zeros that live until dh_arena_free. NULL when memory is exhausted. */
void *dh_arena_alloc(struct dh_arena *arena, size_t size);

/* count elements of size bytes each; NULL also when the product overflows. */
void *dh_arena_array(struct dh_arena *arena, size_t count, size_t size);

/* Copies of text; n bytes and a terminator for the second. NULL when memory is exhausted. */
char *dh_arena_strdup(struct dh_arena *arena, const char *text);
char *dh_arena_strndup(struct dh_arena *arena, const char *text, size_t n);

/* Frees all and leaves an empty arena. Safe on {0}. */
void dh_arena_free(struct dh_arena *arena);

#endif
