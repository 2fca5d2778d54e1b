/* Profiles of devices in scenarios, and which kernels models consist of. */
#include "models/training_job.h"
#include "scenarios/scenario.h"

#include <math.h>
#include <string.h>

#define HEAD "<scenario xmlns='urn:datahall:scenario:1' name='t'>\n<horizon duration='1 d'/>\n"
#define DEVICE(more)                                                                                         \
    "<device id='g' aliases='G-80 Gee' idle='60 W' tdp='700 W' multiprocessors='100' cache='40 MB' "         \
    "memory-bandwidth='2 TB/s' " more                                                                        \
    ">\n<gemm format='bf16' peak='100 TFLOP/s' start='1 us' efficiency='0.5' memory='0.5'/>\n"               \
    "<gemm format='fp8' peak='200 TFLOP/s' start='2 us' efficiency='0.6' memory='0.6'/></device>\n"
#define REST                                                                                                 \
    "<node id='n' device='g' gpus='8'/>\n<rack-type id='rt' node='n' nodes='4' rated='40 kW'/>\n"            \
    "<site id='s'><power><utility id='u' rated='2 MW'/><pdu id='p1' feed='u' rated='1 MW'/></power>"         \
    "<hall id='h'><row id='r' rack='rt' count='4' feed='p1'/></hall></site></scenario>"
#define CATALOG(attributes)                                                                                  \
    "<catalog xmlns='urn:datahall:scenario:1'>\n<profile " attributes                                        \
    "><gemm format='bf16' origin='measured' peak='100 TFLOP/s' start='1 us' efficiency='0.25' "              \
    "memory='0.5' hull='64 4096 64 4096 64 4096'/></profile>\n</catalog>"

static struct dh_scenario_file file;
static struct dh_diag diag;

static enum dh_err read_with(const char *text, const char *profile, bool live_later) {
    struct dh_profile_text given = {"p.xml", profile, profile ? strlen(profile) : 0};
    struct dh_scenario_options options = {
        .profiles = &given, .n_profile = profile != NULL, .live_later = live_later};
    return dh_scenario_read_memory(&file, text, strlen(text), "t.xml", ".", &options, &diag);
}

static void forget(void) {
    dh_scenario_free(&file);
    dh_diag_free(&diag);
}

/* Device g with what it takes of a profile; efficiency of its bf16, and how many formats it has. */
static void expect(const char *text, const char *profile, double efficiency, int32_t n_gemm) {
    if (read_with(text, profile, false) != DH_OK)
        fail_msg("%s", diag.messages[0].text);
    const struct dh_device_spec *d = dh_scenario_device(&file.spec, "g");
    assert_int_equal(d->n_gemms, n_gemm);
    assert_true(d->gemms[0].format == DH_FORMAT_BF16 && d->gemms[0].efficiency == efficiency);
    /* the effective scenario says the same by itself */
    char text_again[16384];
    assert_true(strlen(file.effective_xml) < sizeof text_again);
    strcpy(text_again, file.effective_xml);
    struct dh_scenario_file again;
    assert_int_equal(
        dh_scenario_read_memory(&again, text_again, strlen(text_again), "e.xml", ".", NULL, &diag), DH_OK);
    assert_string_equal(again.effective_xml, text_again);
    dh_scenario_free(&again);
    forget();
}

void a_profile_replaces_what_it_measured(void **state) {
    (void)state;
    expect(HEAD DEVICE("") REST, NULL, 0.5, 2);
    /* by the device's id, by one of its names, and by the reference of the device */
    expect(HEAD DEVICE("") REST, CATALOG("id='p' aliases='x g'"), 0.25, 2);
    expect(HEAD DEVICE("") REST, CATALOG("id='p' aliases='Gee'"), 0.25, 2);
    expect(HEAD DEVICE("profile='p'") REST, CATALOG("id='p'"), 0.25, 2);
    /* the same basis keeps the other formats, another one drops them */
    expect(HEAD DEVICE("profile='p'") REST, CATALOG("id='p' multiprocessors='100' memory-bandwidth='2 TB/s'"),
           0.25, 2);
    expect(HEAD DEVICE("profile='p'") REST, CATALOG("id='p' multiprocessors='2'"), 0.25, 1);
    expect(HEAD DEVICE("profile='p'") REST, CATALOG("id='p' memory-bandwidth='10 GB/s'"), 0.25, 1);
    /* a reference of the device goes before its name */
    expect(HEAD DEVICE("profile='own'") "<profile id='own'/>" REST, CATALOG("id='p' follows='own' at='1 h'"),
           0.5, 2);
}

/* A profile that was measured during a run counts in shares of its own bandwidth, the device in shares of
 * its. */
void a_profile_that_follows_keeps_its_rates(void **state) {
    (void)state;
    assert_int_equal(read_with(HEAD DEVICE("profile='own'") "<profile id='own'/>" REST,
                               CATALOG("id='p' follows='own' at='1 h' memory-bandwidth='1 TB/s'"), false),
                     DH_OK);
    const struct dh_device_spec *d = dh_scenario_device(&file.spec, "g");
    const struct dh_profile_spec *p = dh_scenario_profile(&file.spec, "p");
    struct dh_device_spec alone = *d;
    alone.gemms = p->gemms;
    alone.memory_bytes_per_s = p->memory_bytes_per_s;
    double fp8_s = dh_kernel_gemm_s(d, dh_kernel_gemm_of(d, DH_FORMAT_FP8), 1, 8192, 8192);
    double want_s = dh_kernel_gemm_s(&alone, &p->gemms[0], 1, 8192, 8192);
    assert_int_equal(dh_scenario_follow_profile(&file, p), DH_OK);
    double bf16_s = dh_kernel_gemm_s(d, dh_kernel_gemm_of(d, DH_FORMAT_BF16), 1, 8192, 8192);
    assert_true(fabs(bf16_s / want_s - 1) < 1e-12);
    assert_true(dh_kernel_gemm_s(d, dh_kernel_gemm_of(d, DH_FORMAT_FP8), 1, 8192, 8192) == fp8_s);
    forget();
}

static void refuse(const char *text, const char *profile, enum dh_err err, const char *says) {
    assert_int_equal(read_with(text, profile, false), err);
    assert_int_equal(diag.n_error, 1);
    assert_non_null(strstr(diag.messages[0].text, says));
    assert_non_null(diag.messages[0].hint);
    forget();
}

void a_profile_that_fits_nothing_is_refused(void **state) {
    (void)state;
    refuse(HEAD DEVICE("") REST, CATALOG("id='p' aliases='other'"), DH_ERR_VALUE, "no device");
    refuse(HEAD DEVICE("profile='q'") REST, CATALOG("id='p'"), DH_ERR_DANGLING_REF, "'q'");
    refuse(HEAD DEVICE("profile='live'") REST, NULL, DH_ERR_DANGLING_REF, "'live'");
    refuse(HEAD DEVICE("") REST, "<catalog xmlns='urn:datahall:scenario:1'><site id='s'/></catalog>",
           DH_ERR_UNKNOWN_ELEMENT, "site");
    assert_int_equal(read_with(HEAD DEVICE("profile='live'") REST, NULL, true), DH_OK);
    assert_true(dh_scenario_device(&file.spec, "g")->gemms[0].efficiency == 0.5);
    forget();
}

void shapes_beyond_the_hull_are_told(void **state) {
    (void)state;
    const double hull[6] = {64, 4096, 128, 1024, 16, 16};
    const double inside[3] = {64, 1024, 16}, nearly[3] = {4800, 128, 16}, more[3] = {5000, 128, 16},
                 less[3] = {50, 128, 16};
    assert_false(dh_kernel_outside(hull, 6, inside, 3));
    assert_false(dh_kernel_outside(hull, 6, nearly, 3)); /* within a quarter of a doubling */
    assert_true(dh_kernel_outside(hull, 6, more, 3));
    assert_true(dh_kernel_outside(hull, 6, less, 3));
    assert_false(dh_kernel_outside(hull, 0, more, 3)); /* not known */
}

void kernels_of_a_use_add_up(void **state) {
    (void)state;
    const double hull[6] = {1, 100, 1, 100, 1, 100};
    struct dh_gemm_spec g = {.format = DH_FORMAT_BF16, .hull = (double *)hull, .n_hull = 6};
    struct dh_kernel_use use = {.weight = 2};
    double seconds, outside;
    dh_kernel_use_gemm(&use, &g, 10, 10, 10, 1.0);
    dh_kernel_use_gemm(&use, &g, 10, 10, 10, 0.5);
    dh_kernel_use_weigh(&use, 1);
    dh_kernel_use_gemm(&use, &g, 10, 1000, 10, 4.0);
    dh_kernel_use_gemm(NULL, &g, 10, 1000, 10, 4.0);
    assert_int_equal(use.n, 2);
    dh_kernel_use_sum(&use, DH_KERNEL_GEMM, DH_FORMAT_BF16, &seconds, &outside);
    assert_true(seconds == 7 && outside == 4);
    dh_kernel_use_sum(&use, DH_KERNEL_GEMM, DH_FORMAT_FP8, &seconds, &outside);
    assert_true(seconds == 0 && outside == 0);
    /* more shapes than room: no second is lost */
    for (int i = 0; i < 2 * DH_KERNEL_USES; i++)
        dh_kernel_use_gemm(&use, &g, 10, i + 1, 7, 1.0);
    dh_kernel_use_sum(&use, DH_KERNEL_GEMM, DH_FORMAT_BF16, &seconds, &outside);
    assert_int_equal(use.n, DH_KERNEL_USES);
    assert_true(seconds == 7 + 2 * DH_KERNEL_USES);
}
