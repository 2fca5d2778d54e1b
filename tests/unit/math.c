/* sim/math.c against answers of 60 digits (tests/data/math_reference.py writes them). */
#include "tests/tests.h"

#include "sim/math.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double pow_of_one(double x) {
    return dh_pow(x, 1.0);
}

static const struct {
    const char *name;
    double (*fn)(double);
    double limit_ulp;
} functions[] = {
    {"exp",      dh_exp,      1.0},
    {"expm1",    dh_expm1,    1.0},
    {"log",      dh_log,      1.0},
    {"log1p",    dh_log1p,    1.0},
    {"log2",     dh_log2,     1.0},
    {"log10",    dh_log10,    1.0},
    {"sin",      dh_sin,      1.0},
    {"cos",      dh_cos,      1.0},
    {"tanh",     dh_tanh,     1.0},
    {"cbrt",     dh_cbrt,     1.0},
    {"pow",      NULL,        1.0},
    {"norm_inv", dh_norm_inv, 4.5}, /* 4.5 ulp is at most 1e-15 */
};
enum { N_FUNCTION = sizeof functions / sizeof *functions };

static double ulp(double x) {
    x = fabs(x);
    return x < 0x1p-1022 ? 0x1p-1074 : nextafter(x, INFINITY) - x;
}

/* Distance of got from answer + rest in units of the answer's last place; special values must be equal,
 * the sign of zero included. */
static double error_ulp(double got, double answer, double rest) {
    if (isnan(answer))
        return isnan(got) ? 0 : INFINITY;
    if (isinf(answer) || answer == 0)
        return got == answer && signbit(got) == signbit(answer) ? 0 : INFINITY;
    return isfinite(got) ? fabs((got - answer) - rest) / ulp(answer) : INFINITY;
}

void functions_are_within_one_ulp_of_known_answers(void **state) {
    (void)state;
    FILE *f = fopen("tests/data/math_known_answers.csv", "r");
    assert_non_null(f);
    char line[256];
    int n[N_FUNCTION] = {0}, n_bad = 0;
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#' || strncmp(line, "function,", 9) == 0)
            continue;
        char *p = strchr(line, ',');
        assert_non_null(p);
        *p++ = '\0';
        double v[4];
        for (int i = 0; i < 4; i++) {
            char *end;
            v[i] = strtod(p, &end);
            assert_true(end > p && (*end == ',' || *end == '\n'));
            p = end + 1;
        }
        int k = 0;
        while (k < N_FUNCTION && strcmp(functions[k].name, line) != 0)
            k++;
        assert_true(k < N_FUNCTION);
        n[k]++;
        double got = functions[k].fn ? functions[k].fn(v[0]) : dh_pow(v[0], v[1]);
        double error = error_ulp(got, v[2], v[3]);
        if (!(error <= functions[k].limit_ulp) && n_bad++ < 10)
            print_error("# %s(%a, %a) is %a, not %a: %.3g ulp\n", line, v[0], v[1], got, v[2], error);
    }
    fclose(f);
    assert_int_equal(n_bad, 0);
    for (int k = 0; k < N_FUNCTION; k++)
        if (n[k] < 100)
            fail_msg("only %d answers for %s", n[k], functions[k].name);
}

/* log10(10^k) = k and log2(2^k) = k, cbrt(k^3) = k, pow(k, 2) = k^2: results that users take for granted. */
void functions_are_exact_where_the_answer_is_representable(void **state) {
    (void)state;
    double power = 1;
    for (int k = 0; k <= 22; k++, power *= 10) {
        assert_true(dh_log10(power) == k);
        assert_true(dh_pow(10.0, k) == power);
    }
    for (int k = -1074; k <= 1023; k++)
        assert_true(dh_log2(ldexp(1.0, k)) == k && dh_pow(2.0, k) == ldexp(1.0, k));
    for (int64_t k = -1000; k <= 1000; k++)
        assert_true(dh_cbrt((double)(k * k * k)) == k && dh_pow((double)k, 2.0) == (double)(k * k));
    assert_true(dh_exp(0.0) == 1 && dh_log(1.0) == 0 && dh_cos(0.0) == 1);
}

/* Neighbouring arguments across the table's borders never step the wrong way by more than the error. */
void functions_do_not_jump_between_table_entries(void **state) {
    (void)state;
    double (*rising[])(double) = {dh_exp, dh_expm1, dh_log, dh_log1p, dh_tanh, dh_cbrt, pow_of_one};
    for (size_t k = 0; k < sizeof rising / sizeof *rising; k++)
        for (int i = 1; i <= 4096; i++) {
            double x = i / 1024.0, below = rising[k](nextafter(x, 0)), at = rising[k](x);
            double above = rising[k](nextafter(x, 5));
            if (!(below <= at && at <= above))
                fail_msg("function %zu is not monotone at %a", k, x);
        }
}

/* A digest of a million results: the same number on every compiler, level of optimisation and processor. */
void functions_give_the_same_bits_everywhere(void **state) {
    (void)state;
    uint64_t digest = 0, seed = 1;
    for (int i = 0; i < 100000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        double u = (double)(seed >> 11) * 0x1p-53, x = (u - 0.5) * 200, y;
        double results[] = {
            dh_exp(x),      dh_expm1(x / 50), dh_log(u + 1e-9), dh_log1p(u), dh_pow(u * 9, x / 10),
            dh_sin(x * 50), dh_cos(x * 1e6),  dh_tanh(x / 20),  dh_cbrt(x),  dh_norm_inv(u)};
        for (size_t k = 0; k < sizeof results / sizeof *results; k++) {
            uint64_t bits;
            y = results[k];
            memcpy(&bits, &y, sizeof bits);
            digest = (digest ^ bits) * UINT64_C(0x100000001b3);
        }
    }
    assert_int_equal(digest, UINT64_C(0xeed356b921b5b13f));
}
