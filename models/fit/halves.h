/* Which measurements a model is fitted to, and which it is judged by: by a hash of a configuration's text, so
 * that the same rows fall into the same half whoever asks, and nothing is in both. */
#ifndef DH_FIT_HALVES_H
#define DH_FIT_HALVES_H

#include <stdint.h>

/* FNV-1a, 32 bits, stirred: its low bits alone repeat those of the text. Bit 0: judged; the bits from 8:
 * folds. */
static inline uint32_t dh_fit_hash(const char *text) {
    uint32_t h = 2166136261u;
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 16777619u;
    h ^= h >> 16;
    h *= 0x85ebca6bu;
    return h ^ h >> 13;
}

#endif
