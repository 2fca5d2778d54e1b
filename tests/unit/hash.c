#include "tests/tests.h"

#include "sim/hash.h"

#include <stdlib.h>
#include <string.h>

/* FIPS 180-4 examples and NIST's CAVS short messages (csrc.nist.gov, SHA256ShortMsg, SHA256LongMsg). */
void sha256_gives_the_published_digests(void **state) {
    (void)state;
    char hex[DH_SHA256_HEX];
    dh_sha256_hex("", 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    dh_sha256_hex("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    const char *two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    dh_sha256_hex(two_blocks, strlen(two_blocks), hex);
    assert_string_equal(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    dh_sha256_hex("\xd3", 1, hex);
    assert_string_equal(hex, "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1");
    char *million = malloc(1000000);
    assert_non_null(million);
    memset(million, 'a', 1000000);
    dh_sha256_hex(million, 1000000, hex);
    free(million);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

void sha256_does_not_depend_on_how_the_message_is_cut(void **state) {
    (void)state;
    uint8_t message[300];
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (uint8_t)(i * 7 + 1);
    for (size_t n = 0; n <= sizeof message; n += 13) {
        char whole[DH_SHA256_HEX], parts[DH_SHA256_HEX];
        dh_sha256_hex(message, n, whole);
        for (size_t cut = 1; cut < 130; cut += 3) {
            struct dh_sha256 h;
            dh_sha256_init(&h);
            for (size_t i = 0; i < n; i += cut)
                dh_sha256_add(&h, message + i, n - i < cut ? n - i : cut);
            dh_sha256_finish_hex(&h, parts);
            assert_string_equal(whole, parts);
        }
    }
}
