/* SHA-256 (FIPS 180-4): names a scenario, a catalog entry, a result by its bytes. */
#ifndef DH_SIM_HASH_H
#define DH_SIM_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { DH_SHA256_BYTES = 32, DH_SHA256_HEX = 65 /* 64 digits and a terminator */ };

struct dh_sha256 {
    uint32_t state[8];
    uint64_t n_byte;
    uint8_t block[64];
};

void dh_sha256_init(struct dh_sha256 *h);
void dh_sha256_add(struct dh_sha256 *h, const void *bytes, size_t n);
/* Ends the message; h must be initialised again before further use. */
void dh_sha256_finish(struct dh_sha256 *h, uint8_t digest[static DH_SHA256_BYTES]);
void dh_sha256_finish_hex(struct dh_sha256 *h, char hex[static DH_SHA256_HEX]);

/* One message at once, as 64 lower-case hexadecimal digits. */
void dh_sha256_hex(const void *bytes, size_t n, char hex[static DH_SHA256_HEX]);

#endif
