/* What a file of unit tests needs: cmocka, the declaration of every test in tests.def, and a skip that says
 * why. */
#ifndef DH_TESTS_TESTS_H
#define DH_TESTS_TESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define TEST(name) void name(void **state);
#include "tests/tests.def"
#undef TEST

/* Leaves the test as skipped; tests/run prints the reason. */
#define SKIP(...)                                                                                            \
    do {                                                                                                     \
        printf("# skipped %s: ", __func__);                                                                  \
        printf(__VA_ARGS__);                                                                                 \
        printf("\n");                                                                                        \
        skip();                                                                                              \
    } while (0)

#endif
