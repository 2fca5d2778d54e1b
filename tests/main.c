/* Runs the unit tests of tests.def and prints TAP. `tests PATTERN` runs those whose name contains PATTERN. */
#include "tests/tests.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Weak, so that a row without a function is one failed test and not a build that fails for all. */
#define TEST(name) extern __typeof__(name) name __attribute__((weak));
#include "tests/tests.def"
#undef TEST

static void missing(void **state) {
    (void)state;
    fail_msg("listed in tests.def, but no such function");
}

int main(int argc, char **argv) {
    const char *pattern = argc > 1 ? argv[1] : "";
    const struct CMUnitTest all[] = {
#define TEST(name) {#name, name, NULL, NULL, NULL},
#include "tests/tests.def"
#undef TEST
    };
    size_t n_all = sizeof all / sizeof *all, n = 0;
    struct CMUnitTest *tests = calloc(n_all, sizeof *tests);
    if (!tests)
        return EXIT_FAILURE;
    for (size_t i = 0; i < n_all; i++)
        if (strstr(all[i].name, pattern)) {
            tests[n] = all[i];
            if (!tests[n].test_func)
                tests[n].test_func = missing;
            n++;
        }
    setvbuf(stdout, NULL, _IOLBF, 0);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    int failed = n ? _cmocka_run_group_tests("datahall", tests, n, NULL, NULL) : 0;
    free(tests);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
