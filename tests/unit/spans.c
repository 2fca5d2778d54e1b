#include "tests/tests.h"

#include "viz/spans.h"

#include <math.h>
#include <stdlib.h>

enum { N = 3000 };

static double draw(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 33) / (double)(1u << 31);
}

/* Every stretch that covers an instant is found, once, and of the others few. */
void stretches_of_time_are_found_by_an_instant(void **state) {
    (void)state;
    static double from[N], to[N];
    static int32_t rows[N], seen[N];
    struct dh_spans spans;
    uint64_t random = 7;
    int64_t found = 0, wanted = 0;
    for (int i = 0; i < N; i++) {
        from[i] = i % 97 == 0 ? (double)NAN : 1e6 * draw(&random);
        to[i] = i % 50 == 0 ? (double)NAN : from[i] + 2e3 * draw(&random) * (i % 10 == 0 ? 100 : 1);
        if (i % 211 == 0)
            to[i] = from[i] - 10; /* never */
    }
    assert_true(dh_spans_make(&spans, from, to, N));
    for (int k = 0; k < 500; k++) {
        double at = k == 0 ? from[1] : k == 1 ? to[1] : 1.2e6 * draw(&random) - 1e5;
        int32_t n = dh_spans_about(&spans, at, rows);
        assert_true(n <= N);
        for (int32_t i = 0; i < n; i++) {
            assert_in_range(rows[i], 0, N - 1);
            assert_int_not_equal(seen[rows[i]], k + 1);
            seen[rows[i]] = k + 1;
        }
        found += n;
        for (int i = 0; i < N; i++)
            if (from[i] <= at && !(to[i] <= at)) {
                wanted++;
                assert_int_equal(seen[i], k + 1);
            }
    }
    assert_true(found < 2 * wanted + 500);
    dh_spans_free(&spans);
    double none[1] = {NAN};
    assert_true(dh_spans_make(&spans, none, none, 1));
    assert_int_equal(dh_spans_about(&spans, 5, rows), 0);
    dh_spans_free(&spans);
}
