/* Runs the unit tests of tests.def and prints TAP. `tests [--list] [PATTERN]...`: those whose names contain
 * every PATTERN, and none that follows a '-'. */
#include "tests/tests.h"

#include <stdbool.h>
#include <stdio.h>
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

static bool is_meant(const char *name, int n, char **patterns) {
    for (int i = 0; i < n; i++) {
        bool without = patterns[i][0] == '-';
        if (without == (strstr(name, patterns[i] + without) != NULL))
            return false;
    }
    return true;
}

int main(int argc, char **argv) {
    bool list = argc > 1 && strcmp(argv[1], "--list") == 0;
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
        if (is_meant(all[i].name, argc - 1 - list, argv + 1 + list)) {
            tests[n] = all[i];
            if (!tests[n].test_func)
                tests[n].test_func = missing;
            n++;
        }
    for (size_t i = 0; i < n && list; i++)
        puts(tests[i].name);
    if (list)
        n = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    int failed = n ? _cmocka_run_group_tests("datahall", tests, n, NULL, NULL) : 0;
    free(tests);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
