#include "tests/tests.h"

#include "models/requests.h"
#include "scenarios/requestlog.h"
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
