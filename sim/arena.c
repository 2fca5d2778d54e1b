#include "sim/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 64 * 1024, ALIGN = 16 };

struct dh_arena_block {
    struct dh_arena_block *previous;
    size_t used, size;
    _Alignas(ALIGN) unsigned char bytes[];
};

void *dh_arena_alloc(struct dh_arena *arena, size_t size) {
    if (size > SIZE_MAX - 2 * BLOCK_BYTES)
        return NULL;
    size = (size + ALIGN - 1) / ALIGN * ALIGN;
    if (size == 0)
        size = ALIGN;
    struct dh_arena_block *block = arena->last;
    if (!block || block->size - block->used < size) {
        size_t room = size > BLOCK_BYTES / 4 ? size : BLOCK_BYTES;
        block = calloc(1, sizeof *block + room);
        if (!block)
            return NULL;
        block->size = room;
        /* A large allocation gets its own block behind the current one, which keeps its room. */
        if (room == size && arena->last) {
            block->previous = arena->last->previous;
            arena->last->previous = block;
        } else {
            block->previous = arena->last;
            arena->last = block;
        }
    }
    void *start = block->bytes + block->used;
    block->used += size;
    arena->used_bytes += size;
    return start;
}

void *dh_arena_array(struct dh_arena *arena, size_t count, size_t size) {
    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    return dh_arena_alloc(arena, count * size);
}

char *dh_arena_strndup(struct dh_arena *arena, const char *text, size_t n) {
    char *copy = dh_arena_alloc(arena, n + 1);
    if (copy)
        memcpy(copy, text, n);
    return copy;
}

char *dh_arena_strdup(struct dh_arena *arena, const char *text) {
    return dh_arena_strndup(arena, text, strlen(text));
}

void dh_arena_free(struct dh_arena *arena) {
    for (struct dh_arena_block *block = arena->last; block;) {
        struct dh_arena_block *previous = block->previous;
        free(block);
        block = previous;
    }
    *arena = (struct dh_arena){0};
}
