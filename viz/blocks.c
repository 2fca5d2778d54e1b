#include "viz/blocks.h"

#include <stdlib.h>

/* One that was read, if there is one: its memory is there already, where new memory is a page fault every 4
 * kB, on the run's time. */
static struct dh_block *new_block(struct dh_blocks *b) {
    struct dh_block *block = atomic_load_explicit(&b->spare, memory_order_acquire);
    while (block && !atomic_compare_exchange_weak_explicit(&b->spare, &block, block->next,
                                                           memory_order_acquire, memory_order_acquire))
        ; /* only the writer takes them, so that the first one's next stays what it is */
    if (!block)
        block = malloc(sizeof *block + (size_t)b->rows * b->width * sizeof(double));
    if (block)
        block->next = NULL;
    return block;
}

bool dh_blocks_init(struct dh_blocks *b, size_t width, size_t bytes, int64_t most) {
    int64_t rows = (int64_t)(bytes / sizeof(double) / width);
    b->width = width;
    b->rows = rows < 16 ? 16 : rows;
    b->most = most;
    b->last = b->reading = new_block(b);
    return b->last != NULL;
}

static void free_all(struct dh_block *block) {
    while (block) {
        struct dh_block *next = block->next;
        free(block);
        block = next;
    }
}

void dh_blocks_free(struct dh_blocks *b) {
    free_all(b->reading);
    free_all(atomic_load_explicit(&b->spare, memory_order_acquire));
    b->reading = b->last = NULL;
    atomic_store_explicit(&b->spare, NULL, memory_order_relaxed);
}

static void give_back(struct dh_blocks *b, struct dh_block *block) {
    block->next = atomic_load_explicit(&b->spare, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&b->spare, &block->next, block, memory_order_release,
                                                  memory_order_relaxed))
        ;
}

double *dh_blocks_next(struct dh_blocks *b) {
    if (b->full)
        return NULL;
    if (b->most > 0 && b->written - atomic_load_explicit(&b->taken, memory_order_relaxed) >= b->most)
        return NULL;
    if (b->written % b->rows == 0 && b->written > 0) {
        struct dh_block *block = new_block(b);
        if (!block) {
            b->full = true;
            return NULL;
        }
        b->last->next = block; /* seen by the reader once it counts */
        b->last = block;
    }
    return b->last->values + (size_t)(b->written % b->rows) * b->width;
}

void dh_blocks_publish(struct dh_blocks *b) {
    atomic_store_explicit(&b->count, ++b->written, memory_order_release);
}

const double *dh_blocks_take(struct dh_blocks *b) {
    if (b->read >= atomic_load_explicit(&b->count, memory_order_acquire))
        return NULL;
    if (b->read % b->rows == 0 && b->read > 0) { /* a row counts in the next one: the writer has left this */
        struct dh_block *read = b->reading;
        b->reading = read->next;
        give_back(b, read);
        atomic_store_explicit(&b->taken, b->read, memory_order_relaxed);
    }
    return b->reading->values + (size_t)(b->read++ % b->rows) * b->width;
}
