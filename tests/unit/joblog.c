#include "scenarios/joblog.h"

#include <math.h>
#include <string.h>

static struct dh_diag diag; /* of the log read last */

static enum dh_err read_part(struct dh_job_list *list, enum dh_log_format format, const char *part,
                             const char *text) {
    struct dh_joblog_options options = {.format = format, .part = part, .node_gpus = 4};
    dh_diag_free(&diag);
    *list = (struct dh_job_list){0};
    return dh_joblog_read_memory(list, text, strlen(text), "log", &options, &diag);
}

static struct dh_job_list jobs_of(enum dh_log_format format, const char *part, const char *text) {
    struct dh_job_list list;
    enum dh_err err = read_part(&list, format, part, text);
    if (err != DH_OK)
        printf("# %s %d: %s\n", dh_err_code(err), diag.messages[0].place.line, diag.messages[0].text);
    assert_int_equal(err, DH_OK);
    return list;
}

/* Refuses with this code at this line and column, in one message. */
static void refuses(enum dh_log_format format, const char *text, enum dh_err code, int32_t line,
                    int32_t col) {
    struct dh_job_list list;
    assert_int_equal(read_part(&list, format, NULL, text), code);
    assert_int_equal(diag.n_error, 1);
    assert_int_equal(diag.messages[0].place.line, line);
    assert_int_equal(diag.messages[0].place.col, col);
    dh_job_list_free(&list);
    dh_diag_free(&diag);
}

void csv_log_reads_all_columns(void **state) {
    (void)state;
    struct dh_job_list list =
        jobs_of(DH_LOG_CSV, NULL,
                "id,submit_s,duration_s,gpus,requested_s,tenant,kind,cpu_util,gpu_util,start_s,priority\n"
                "a,0.5,60,8,120,red,batch,0.25,0.75,10,5\n"
                "b,1,0,1,,,,,,,\n");
    assert_int_equal(list.n_job, 2);
    const struct dh_job *a = &list.jobs[0], *b = &list.jobs[1];
    assert_string_equal(dh_job_id(&list, 0), "a");
    assert_true(a->submit == DH_NS_PER_S / 2 && a->work == 60 * DH_NS_PER_S &&
                a->requested == 120 * DH_NS_PER_S);
    assert_true(a->replay_start == 10 * DH_NS_PER_S);
    assert_int_equal(a->gpus, 8);
    assert_int_equal(a->work_kind, DH_WORK_BATCH);
    assert_int_equal(a->priority, 5);
    assert_true(a->cpu_util == 0.25 && a->gpu_util == 0.75);
    assert_string_equal(list.tenants[a->tenant], "red");
    assert_true(b->requested == DH_TIME_NONE && b->replay_start == DH_TIME_NONE && b->work == 0);
    assert_int_equal(b->tenant, -1);
    assert_int_equal(b->work_kind, DH_WORK_TRAINING);
    assert_int_equal(diag.n_warning, 0);
    dh_job_list_free(&list);
}

void csv_log_takes_aliases_and_any_order_of_columns(void **state) {
    (void)state;
    struct dh_job_list list =
        jobs_of(DH_LOG_CSV, NULL, "user,estimate_s,run_s,gpus,submit_s\nu1,7200,3600,8,0\n");
    assert_true(list.jobs[0].work == 3600 * DH_NS_PER_S && list.jobs[0].requested == 7200 * DH_NS_PER_S);
    assert_string_equal(list.tenants[0], "u1");
    assert_string_equal(dh_job_id(&list, 0), "0"); /* without ids they are numbered */
    dh_job_list_free(&list);
    refuses(DH_LOG_CSV, "submit_s,run_s,duration_s,gpus\n", DH_ERR_DATA, 1, 10);
}

void csv_log_refuses_what_is_no_job(void **state) {
    (void)state;
    refuses(DH_LOG_CSV, "submit_s,run_s\n0,1\n", DH_ERR_MISSING, 1, 1);
    refuses(DH_LOG_CSV, "submit_s,gpus,run_s\n0,eight,30\n", DH_ERR_NUMBER, 2, 3);
    refuses(DH_LOG_CSV, "submit_s,gpus,run_s\n0,8,nan\n", DH_ERR_NUMBER, 2, 5);
    refuses(DH_LOG_CSV, "submit_s,gpus,run_s\n0,8,inf\n", DH_ERR_NUMBER, 2, 5);
    refuses(DH_LOG_CSV, "submit_s,gpus,run_s\n0,8,-1\n", DH_ERR_RANGE, 2, 5);
    refuses(DH_LOG_CSV, "submit_s,gpus,run_s\n0,8,\n", DH_ERR_NUMBER, 2, 5);
    refuses(DH_LOG_CSV, "submit_s,gpus,run_s\n0,-8,1\n", DH_ERR_RANGE, 2, 3);
    refuses(DH_LOG_CSV, "submit_s,gpus,run_s\n0,1.5,1\n", DH_ERR_NUMBER, 2, 3);
    refuses(DH_LOG_CSV, "submit_s,gpus,run_s\n0,4294967304,1\n", DH_ERR_RANGE, 2, 3); /* 2^32 + 8 */
    refuses(DH_LOG_CSV, "submit_s,gpus,run_s\n0,18446744073709551624,1\n", DH_ERR_RANGE, 2, 3);
    refuses(DH_LOG_CSV, "submit_s,gpus,run_s\n1700000000000,8,1\n", DH_ERR_RANGE, 2, 1);
    refuses(DH_LOG_CSV, "submit_s,gpus,run_s,kind\n0,8,1,trainng\n", DH_ERR_VALUE, 2, 7);
    refuses(DH_LOG_CSV, "submit_s,gpus,run_s,gpu_util\n0,8,1,1.5\n", DH_ERR_RANGE, 2, 7);
}

void csv_log_counts_what_is_doubtful(void **state) {
    (void)state;
    struct dh_job_list list = jobs_of(DH_LOG_CSV, NULL,
                                      "submit_s,gpus,run_s,estimate_s,colour\n"
                                      "100,0,30,60,x\n100,8,30,60,x\n0,8,90,60,x\n");
    assert_int_equal(list.n_row, 3);
    assert_int_equal(list.n_job, 2);
    assert_int_equal(list.n_skipped_gpus, 1);
    assert_int_equal(list.n_unsorted, 1);
    assert_int_equal(list.n_over_estimate, 1);
    assert_int_equal(diag.n_warning, 4);                   /* with the column that is not used */
    assert_true(list.jobs[0].submit == 100 * DH_NS_PER_S); /* the order of the file stays */
    dh_job_list_free(&list);
}

void csv_log_in_epoch_seconds_starts_at_zero(void **state) {
    (void)state;
    struct dh_job_list list = jobs_of(DH_LOG_CSV, NULL,
                                      "submit_s,gpus,run_s,start_s\n1700000060.000000001,8,30,1700000061\n"
                                      "1700000000,8,30,\n");
    assert_true(list.jobs[0].submit == 60 * DH_NS_PER_S + 1);
    assert_true(list.jobs[0].replay_start == 61 * DH_NS_PER_S);
    assert_true(list.jobs[1].submit == 0 && list.jobs[1].replay_start == DH_TIME_NONE);
    assert_int_equal(diag.n_warning, 2); /* and not sorted */
    dh_job_list_free(&list);
}

void log_names_cannot_steer_a_terminal(void **state) {
    (void)state;
    struct dh_job_list list =
        jobs_of(DH_LOG_CSV, NULL, "id,submit_s,gpus,run_s\n\x1b[2J,0,1,1\nJ\xC3\xBCrgen,0,1,1\n");
    assert_string_equal(dh_job_id(&list, 0), "\\u{1B}[2J");
    assert_string_equal(dh_job_id(&list, 1), "J\xC3\xBCrgen");
    dh_job_list_free(&list);
}

void swf_log_follows_the_standard(void **state) {
    (void)state;
    struct dh_job_list list = jobs_of(DH_LOG_SWF, NULL,
                                      "; MaxProcs: 64\n"
                                      "  1 0 10 100.5 8 -1 -1 16 200 -1 1 7 1 -1 1 2 -1 -1\n"
                                      "2 5 -1 100 8 -1 -1 -1 -1 -1 1 -1 1 -1 1 2 -1 -1\n"
                                      "3 6 10 0 8 -1 -1 8 200 -1 5 7 1 -1 1 2 -1 -1\n"
                                      "4 7 10 -1 8 -1 -1 8 200 -1 5 7 1 -1 1 2 -1 -1\n");
    assert_int_equal(list.n_job, 2);
    assert_int_equal(list.n_skipped_time, 2);
    assert_int_equal(list.jobs[0].gpus, 16); /* what the scheduler was asked for */
    assert_true(list.jobs[0].work == 100500000000 && list.jobs[0].requested == 200 * DH_NS_PER_S);
    assert_true(list.jobs[0].replay_start == 10 * DH_NS_PER_S);
    assert_string_equal(list.tenants[list.jobs[0].tenant], "7");
    assert_int_equal(list.jobs[1].gpus, 8); /* which is unknown here: what it got */
    assert_true(list.jobs[1].requested == DH_TIME_NONE && list.jobs[1].replay_start == DH_TIME_NONE);
    assert_int_equal(list.jobs[1].tenant, -1);
    dh_job_list_free(&list);
    refuses(DH_LOG_SWF, "1 0 10 100 8 -1 -1 8 200 -1 1 1 1 -1 1 -1 -1\n", DH_ERR_DATA, 1, 0);
    refuses(DH_LOG_SWF, "1 0 10 100 8 -1 -1 8 200 -1 1 1 1 -1 1 -1 -1 -1 0\n", DH_ERR_DATA, 1, 0);
    refuses(DH_LOG_SWF, "1 0 10 100 8 -1 -1 8 200 -1 1 1 1 -1 1 -1 -1 x\n", DH_ERR_NUMBER, 1, 46);
    refuses(DH_LOG_SWF, "", DH_ERR_DATA, 1, 1);
    list = jobs_of(DH_LOG_SWF, NULL, "; MaxProcs: 64\n; MaxProcs: 32\n");
    assert_int_equal(list.n_job, 0);
    assert_int_equal(diag.n_warning, 2); /* they differ; no job */
    dh_job_list_free(&list);
}

void cluster_logs_pick_a_part_and_start_at_its_first_job(void **state) {
    (void)state;
    static const char itp[] =
        "cluster,job,submission_s,duration_s,num_gpu\n1,0,900,10,1\n2,0,1010,20,8\n2,1,1000,30,64\n";
    struct dh_job_list list = jobs_of(DH_LOG_ITP, "2", itp);
    assert_int_equal(list.n_job, 2);
    assert_int_equal(list.n_row, 3);
    assert_true(list.jobs[0].submit == 10 * DH_NS_PER_S && list.jobs[1].submit == 0);
    assert_true(list.jobs[1].requested == 30 * DH_NS_PER_S); /* the run time is the request */
    dh_job_list_free(&list);
    assert_int_equal(read_part(&list, DH_LOG_ITP, "7", itp), DH_ERR_DANGLING_REF);
    dh_job_list_free(&list);
    list = jobs_of(DH_LOG_PHILLY, "ee",
                   "vc,job,submit_utc,submit_s,duration_s,num_gpu\nb4,24,x,1,2,3\nee,27,x,5,6,7\n");
    assert_int_equal(list.n_job, 1);
    assert_string_equal(dh_job_id(&list, 0), "27");
    assert_int_equal(list.jobs[0].gpus, 7);
    dh_job_list_free(&list);
    dh_diag_free(&diag);
}

void muri_log_multiplies_iterations_exactly(void **state) {
    (void)state;
    struct dh_job_list list = jobs_of(DH_LOG_MURI, NULL,
                                      "job_id,num_gpu,submit_time,iterations,iteration_time\n"
                                      "0,4,1456000,1046811,886\n1,1,1,3,0.5\n");
    /* 1046811 * 886 ms * 1.015 = 941386664.19 ms */
    assert_true(list.jobs[0].work == 941386664190000);
    assert_true(list.jobs[0].submit == 1456 * DH_NS_PER_S);
    assert_true(list.jobs[1].work == 1522500 && list.jobs[1].submit == 1000000);
    dh_job_list_free(&list);
}

void raps_log_asks_for_whole_nodes(void **state) {
    (void)state;
    struct dh_job_list list = jobs_of(
        DH_LOG_RAPS, NULL,
        "id,submit_s,planned_start_s,nodes,cpu_util,gpu_util,runtime_s,time_limit_s,actual_start_s,state\n"
        "0,-100,0,103,0.25,1,21600,21600,44,JobState.COMPLETED\n"
        "1,5,0,2,nan,nan,0,60,,JobState.PENDING\n");
    assert_true(list.jobs[0].submit == -100 * DH_NS_PER_S);
    assert_int_equal(list.jobs[0].nodes, 103);
    assert_int_equal(list.jobs[0].gpus, 412);
    assert_true(list.jobs[0].gpu_util == 0.25); /* one of four */
    assert_true(list.jobs[0].replay_start == 44 * DH_NS_PER_S);
    assert_int_equal(list.jobs[0].work_kind, DH_WORK_HPC);
    assert_true(list.jobs[1].gpu_util == 0 && list.jobs[1].cpu_util == 0);
    assert_true(list.jobs[1].replay_start == DH_TIME_NONE);
    dh_job_list_free(&list);
    struct dh_joblog_options options = {.format = DH_LOG_RAPS};
    static const char text[] = "submit_s,nodes,runtime_s\n0,1,1\n";
    assert_int_equal(dh_joblog_read_memory(&list, text, sizeof text - 1, "log", &options, NULL),
                     DH_ERR_VALUE);
    dh_job_list_free(&list);
}

void openb_log_shares_a_gpu(void **state) {
    (void)state;
    struct dh_job_list list = jobs_of(DH_LOG_OPENB, NULL,
                                      "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,"
                                      "creation_time,deletion_time,scheduled_time\n"
                                      "p0,6000,12288,1,460,,LS,Running,427061,12902960,427071\n"
                                      "p1,6000,12288,0,0,,BE,Running,0,10,0\n"
                                      "p2,6000,12288,1,1000,,BE,Pending,5,10,\n");
    assert_int_equal(list.n_job, 1);
    assert_int_equal(list.n_skipped_gpus, 1);
    assert_int_equal(list.n_skipped_time, 1);
    assert_true(list.jobs[0].gpu_util == 0.46);
    assert_true(list.jobs[0].work == (12902960 - 427071) * DH_NS_PER_S);
    assert_true(list.jobs[0].submit == 427061 * DH_NS_PER_S);
    dh_job_list_free(&list);
    dh_diag_free(&diag);
}

static void spec_is(const char *text, const char *file, enum dh_log_format format, const char *part) {
    struct dh_joblog_spec spec;
    assert_int_equal(dh_joblog_spec_parse(text, &spec), DH_OK);
    assert_int_equal(spec.n_file, strlen(file));
    assert_memory_equal(spec.file, file, spec.n_file);
    assert_int_equal(spec.format, format);
    assert_string_equal(spec.part ? spec.part : "", part);
}

void log_file_format_and_part_are_told_apart(void **state) {
    (void)state;
    spec_is("a.csv", "a.csv", DH_LOG_CSV, "");
    spec_is("a.swf.gz", "a.swf.gz", DH_LOG_SWF, "");
    spec_is("a.swf:csv", "a.swf", DH_LOG_CSV, "");
    spec_is("a.csv.gz:itp:2", "a.csv.gz", DH_LOG_ITP, "2");
    spec_is("a:philly:ee9e8c", "a", DH_LOG_PHILLY, "ee9e8c");
    spec_is("12:30.csv", "12:30.csv", DH_LOG_CSV, "");
    spec_is("12:30.csv:muri", "12:30.csv", DH_LOG_MURI, "");
    struct dh_joblog_spec spec;
    assert_int_equal(dh_joblog_spec_parse("", &spec), DH_ERR_USAGE);
    assert_int_equal(dh_joblog_spec_parse(":swf", &spec), DH_ERR_USAGE);
}

void job_list_finds_tenants_among_many(void **state) {
    (void)state;
    struct dh_job_list list = {0};
    char name[16];
    for (int i = 0; i < 3000; i++) {
        snprintf(name, sizeof name, "t%d", i % 1000);
        assert_int_equal(dh_job_list_tenant(&list, name, strlen(name)), i % 1000);
    }
    assert_int_equal(list.n_tenant, 1000);
    assert_int_equal(dh_job_list_tenant(&list, "", 0), -1);
    dh_job_list_free(&list);
}
