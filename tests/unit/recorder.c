#include "tests/tests.h"

#include "output/export.h"
#include "output/recover.h"
#include "tests/tools/fake_run.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/datahall-recorder-XXXXXX";

static const char *in_folder(const char *name) {
    static char path[2][128];
    static int next;
    if (strstr(folder, "XXXXXX"))
        assert_non_null(mkdtemp(folder));
    next = !next;
    snprintf(path[next], sizeof path[next], "%s/%s", folder, name);
    return path[next];
}

void state_table_gives_the_rows_and_values_of_every_column(void **state) {
    (void)state;
    struct fake_run fake;
    fake_run_init(&fake, 7, 0);
    assert_true(dh_n_state_column > 20);
    bool found = false;
    for (int32_t i = 0; i < dh_n_state_column; i++)
        if (strcmp(dh_state_columns[i].name, "rack_inlet_degc") == 0) {
            found = true;
            assert_int_equal(dh_column_rows(&fake.facility, &dh_state_columns[i]), 7);
            assert_ptr_equal(dh_state_column(&fake.state, &dh_state_columns[i]), fake.state.rack_inlet_degc);
            assert_string_equal(dh_state_columns[i].unit, "degC");
        }
    assert_true(found);
    fake.state.rack_inlet_degc[6] = 1;
    fake_run_free(&fake);
    assert_null(fake.state.rack_inlet_degc);
}

void summary_keeps_order_and_leaves_out_what_is_not_modelled(void **state) {
    (void)state;
    struct dh_summary s = {0};
    char key[32];
    for (int i = 0; i < 300; i++) {
        snprintf(key, sizeof key, "a.%d", i);
        dh_summary_number(&s, key, "W", i % 2 ? NAN : i, "");
    }
    dh_summary_integer(&s, "n", NULL, INT64_C(9007199254740993), NULL);
    dh_summary_text(&s, "t", "text", "about");
    assert_int_equal(s.n_entry, 152);
    assert_string_equal(s.entries[149].key, "a.298");
    assert_null(dh_summary_find(&s, "a.1"));
    assert_true(isnan(dh_summary_value(&s, "a.1")) && isnan(dh_summary_value(&s, "t")));
    assert_true(dh_summary_value(&s, "a.298") == 298);
    assert_true(dh_summary_find(&s, "n")->integer == INT64_C(9007199254740993));
    dh_summary_free(&s);
    assert_int_equal(s.n_entry, 0);
}

void recorder_without_a_path_writes_nothing(void **state) {
    (void)state;
    struct fake_run fake;
    struct dh_diag diag = {0};
    int before = open(".", O_RDONLY | O_DIRECTORY); /* other tests read files of the repository */
    assert_true(before >= 0);
    fake_run_init(&fake, 3, 5);
    assert_int_equal(chdir(in_folder("")), 0);
    assert_int_equal(fake_run_record(&fake, NULL, 3600, 60, 900, DH_RECORDER_COMPLETE, &diag), DH_OK);
    assert_int_equal(rmdir(folder), 0); /* only an empty folder goes */
    assert_int_equal(fchdir(before), 0);
    close(before);
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    fake_run_free(&fake);
}

void result_reads_back_what_was_recorded(void **state) {
    (void)state;
    struct fake_run fake;
    struct dh_diag diag = {0};
    struct dh_result *result;
    fake_run_init(&fake, 1100, 20); /* wider than one chunk: three beside one another */
    const char *path = in_folder("a.h5");
    assert_int_equal(fake_run_record(&fake, path, 7200 * 20, 60, 900, DH_RECORDER_COMPLETE, &diag), DH_OK);
    assert_int_equal(dh_result_open(&result, path, &diag), DH_OK);
    const struct dh_result_info *info = dh_result_contents(result);
    assert_string_equal(info->status, "complete");
    assert_string_equal(info->start, "2026-01-01T00:00:00Z");
    assert_true(info->duration_s == 144000);

    const struct dh_result_dataset *power = dh_result_find(result, "racks", "rack_power_w");
    assert_non_null(power);
    assert_int_equal(power->rows, 160);
    assert_int_equal(power->columns, 1100);
    assert_string_equal(power->dimension[1], "rack");
    double *values = malloc(160 * 1100 * sizeof *values), once[2200];
    assert_int_equal(dh_result_numbers(result, power, 0, 160, values), DH_OK);
    for (int row = 0; row < 160; row += 53) {
        fake_run_state(&fake, (dh_time)row * 900 * DH_NS_PER_S);
        for (int r = 0; r < 1100; r++)
            assert_true(values[row * 1100 + r] == (double)(float)nearbyint(fake.state.rack_power_w[r]));
    }
    assert_int_equal(dh_result_numbers(result, power, 158, 2, once), DH_OK);
    assert_memory_equal(once, values + 158 * 1100, sizeof once);
    free(values);

    const struct dh_result_dataset *facility = dh_result_find(result, "facility", "facility_power_w");
    double last;
    assert_int_equal(facility->rows, 2400);
    assert_int_equal(dh_result_numbers(result, facility, 2399, 1, &last), DH_OK);
    fake_run_state(&fake, (dh_time)2399 * 60 * DH_NS_PER_S);
    assert_true(last == fake.state.facility_power_w[0]); /* bit for bit */

    struct dh_summary summary = {0};
    assert_int_equal(dh_result_summary(result, "summary", &summary), DH_OK);
    assert_true(dh_summary_value(&summary, "energy.it_kwh") == 1234.5);
    assert_string_equal(dh_summary_find(&summary, "energy.it_kwh")->unit, "kWh");
    struct dh_arena arena = {0};
    assert_string_equal(dh_result_provenance(result, "scenario_xml", &arena), "<scenario name=\"fake\"/>\n");
    assert_int_equal(dh_result_numbers(result, facility, 2399, 2, once), DH_ERR_RESULT);
    dh_arena_free(&arena);
    dh_summary_free(&summary);
    dh_result_close(result);
    unlink(path);
    rmdir(folder);
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    fake_run_free(&fake);
    dh_diag_free(&diag);
}

void result_of_another_kind_is_refused_with_a_reason(void **state) {
    (void)state;
    struct dh_diag diag = {0};
    struct dh_result *result;
    assert_int_equal(dh_result_open(&result, "/etc/hostname", &diag), DH_ERR_RESULT);
    assert_null(result);
    assert_int_equal(diag.n_error, 1);
    assert_int_equal(dh_result_open(&result, "/no/such.h5", &diag), DH_ERR_NOT_FOUND);
    assert_int_equal(dh_result_open(&result, "/dev/zero", &diag), DH_ERR_RESULT);
    assert_int_equal(dh_recover("/etc/hostname", in_folder("r.h5"), &diag), DH_ERR_RESULT);
    assert_int_equal(access(in_folder("r.h5"), F_OK), -1);
    rmdir(folder);
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    dh_diag_free(&diag);
}
