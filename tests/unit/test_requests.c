#include "tests/tests.h"

#include "models/requests.h"
#include "scenarios/requestlog.h"
#include "sim/histogram.h"
#include "sim/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct dh_service_spec chat = {.id = "chat",
                                            .per_s = 5,
                                            .prompt_tokens = 1000,
                                            .output_tokens = 200,
                                            .prompt_sigma = 1,
                                            .output_sigma = 0.5,
                                            .context = 1000000};

void requests_have_the_means_they_were_given(void **state) {
    (void)state;
    /* a day: 432,000 requests; the mean of a lognormal of sigma 1 is known to sqrt(e - 1) / sqrt(n) = 0.2 %
     */
    struct dh_request_source source;
    struct dh_request r;
    double n = 0, prompt = 0, output = 0, first_half = 0;
    dh_time last = 0;
    assert_int_equal(dh_request_source_start(&source, &chat, NULL, 7, 0, 0, 86400 * DH_NS_PER_S, NULL),
                     DH_OK);
    for (; dh_request_next(&source, &r); n++) {
        assert_true(r.at >= last && r.at < 86400 * DH_NS_PER_S && r.prompt >= 1 && r.output >= 1);
        last = r.at;
        prompt += r.prompt;
        output += r.output;
        first_half += r.at < 43200 * DH_NS_PER_S;
    }
    assert_true(fabs(n - 432000) < 4 * sqrt(432000));
    assert_true(fabs(prompt / n - 1000) < 4 * 0.002 * 1000 && fabs(output / n - 200) < 4 * 0.001 * 200);
    assert_true(fabs(first_half / n - 0.5) < 4 * 0.5 / sqrt(n));
    /* all of them in one hour of the day, none longer than the context */
    double hourly[24] = {0, 0, 0, 1};
    struct dh_service_spec night = chat;
    night.hourly = hourly;
    night.n_hourly = 24;
    night.context = 1500;
    n = 0;
    assert_int_equal(dh_request_source_start(&source, &night, NULL, 7, 0, 0, 86400 * DH_NS_PER_S, NULL),
                     DH_OK);
    for (; dh_request_next(&source, &r); n++) {
        assert_true(r.at >= 3 * 3600 * DH_NS_PER_S && r.at <= 4 * 3600 * DH_NS_PER_S);
        assert_true(r.prompt + r.output <= 1500);
    }
    assert_true(fabs(n - 432000) < 4 * sqrt(432000));
}

static enum dh_err read_text(struct dh_request_list *list, const char *text, struct dh_diag *diag) {
    char path[] = "/tmp/dh-requests-XXXXXX";
    int file = mkstemp(path);
    FILE *out = fdopen(file, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
    enum dh_err err = dh_requestlog_read(list, path, diag);
    unlink(path);
    return err;
}

void logs_of_requests_come_in_two_forms(void **state) {
    (void)state;
    struct dh_request_list list = {0};
    struct dh_diag diag = {0};
    struct dh_request_source source;
    struct dh_request r;
    assert_int_equal(read_text(&list,
                               "TIMESTAMP,ContextTokens,GeneratedTokens\n"
                               "2023-11-16 18:17:03.9799600,4808,10\n2023-11-16 18:17:04.0319600,3180,0\n",
                               &diag),
                     DH_OK);
    assert_int_equal(list.n, 2);
    assert_true(list.rows[1].at == 52000000 && list.rows[1].prompt == 3180 && list.rows[1].output == 1);
    dh_request_list_free(&list);
    /* behind the horizon and before time 0 nothing arrives */
    assert_int_equal(
        read_text(&list, "submit_s,prompt_tokens,output_tokens\n-1,5,5\n2.5,7,8\n10,1,1\n", &diag), DH_OK);
    assert_int_equal(dh_request_source_start(&source, &chat, &list, 1, 0, 0, 10 * DH_NS_PER_S, NULL), DH_OK);
    assert_true(dh_request_next(&source, &r) && r.at == 2500000000 && r.prompt == 7 && r.output == 8);
    assert_false(dh_request_next(&source, &r));
    dh_request_list_free(&list);
    assert_int_equal(read_text(&list, "submit_s,prompt_tokens,output_tokens\n2,7,8\n1,1,1\n", &diag),
                     DH_ERR_DATA);
    dh_request_list_free(&list);
    assert_int_equal(read_text(&list, "submit_s,prompt_tokens,output_tokens\n2,-7,8\n", &diag), DH_ERR_RANGE);
    dh_request_list_free(&list);
    dh_diag_free(&diag);
}

void quantiles_are_within_a_percent(void **state) {
    (void)state;
    struct dh_histogram *h = calloc(1, sizeof *h);
    assert_non_null(h);
    assert_true(isnan(dh_histogram_quantile(h, 0.5)));
    dh_histogram_add(h, NAN, 1);
    dh_histogram_add(h, 3, 0);
    assert_true(isnan(dh_histogram_quantile(h, 0.5)));
    /* 1 to 10,000, each once, and each thousandth: quantiles are known */
    for (int i = 1; i <= 10000; i++)
        dh_histogram_add(h, i * 1e-3, 1);
    for (int percent = 1; percent < 100; percent++)
        assert_true(fabs(dh_histogram_quantile(h, percent / 100.0) / (percent * 0.1) - 1) < 0.0101);
    /* what lies outside counts at the ends */
    dh_histogram_add(h, 0, 1e6);
    assert_true(dh_histogram_quantile(h, 0.5) < 1.02e-6);
    dh_histogram_add(h, INFINITY, 1e8);
    assert_true(dh_histogram_quantile(h, 0.99) > 0.98e7 && isfinite(dh_histogram_quantile(h, 1)));
    free(h);
}

void rates_follow_the_local_week(void **state) {
    (void)state;
    double hourly[24] = {0}, weekly[7] = {0, 0, 0, 0, 0, 1, 1};
    hourly[7] = 1; /* 7 to 8 of Saturday and Sunday: 84 times the mean, then nothing */
    struct dh_arrivals_of of = {"service", "a", {0}, 2, hourly, weekly, 24, 7};
    struct dh_arrivals a;
    /* Monday 1970-01-05 00:00 UTC, two hours ahead of it */
    assert_int_equal(dh_arrivals_start(&a, &of, 4 * 86400, 2, INT64_C(1) << 60, NULL), DH_OK);
    dh_time saturday = 5 * 86400 * DH_NS_PER_S, hour = 3600 * DH_NS_PER_S;
    assert_true(fabs(dh_arrivals_per_s(&a, saturday + 5 * hour) - 168) < 1e-9);
    assert_true(fabs(dh_arrivals_per_s(&a, saturday + 6 * hour - 1) - 168) < 1e-9);
    assert_true(dh_arrivals_per_s(&a, saturday + 6 * hour) == 0);
    assert_true(dh_arrivals_per_s(&a, saturday + 5 * hour - 1) == 0);
    assert_true(dh_arrivals_per_s(&a, 5 * hour) == 0);
}
