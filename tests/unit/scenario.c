/* The scenario language: each fault has its code and place, merging gives what was meant, and the effective
 * text says the same as the file. The large and the malicious are in tests/validation/hostile_xml.py. */
#include "scenarios/catalog.h"
#include "scenarios/scenario.h"
#include "scenarios/scenario_estimate.h"
#include "scenarios/scenario_schema.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD "<scenario xmlns='urn:datahall:scenario:1' name='t'>\n"
#define PARTS                                                                                                \
    "<horizon duration='1 d'/>\n<device id='g' idle='60 W' tdp='700 W'/>\n"                                  \
    "<node id='n' device='g' gpus='8'/>\n<rack-type id='rt' node='n' nodes='4' rated='40 kW'/>\n"
#define SITE(racks)                                                                                          \
    "<site id='s'><power><utility id='u' rated='2 MW'/><pdu id='p1' feed='u' rated='1 MW'/></power>"         \
    "<hall id='h'>\n" racks "\n</hall></site>\n"
#define ROW  "<row id='r' rack='rt' count='4' feed='p1'/>"
#define TAIL "</scenario>"
#define GOOD                                                                                                 \
    HEAD PARTS SITE(ROW)                                                                                     \
    TAIL

static struct dh_scenario_file file;
static struct dh_diag diag;

static enum dh_err read_with(const char *text, const struct dh_scenario_options *options) {
    return dh_scenario_read_memory(&file, text, strlen(text), "t.xml", ".", options, &diag);
}

static void forget(void) {
    dh_scenario_free(&file);
    dh_diag_free(&diag);
}

static void expect(const char *text, enum dh_err err, int line) {
    enum dh_err got = read_with(text, NULL);
    if (got != err || diag.n_error != (err != DH_OK))
        fail_msg("%s, %d errors, the first: %s\n%s", dh_err_code(got), (int)diag.n_error,
                 diag.n_message ? diag.messages[0].text : "", text);
    if (line > 0)
        assert_int_equal(diag.messages[0].place.line, line);
    forget();
}

void scenario_faults_have_their_code_and_line(void **state) {
    (void)state;
    expect(GOOD, DH_OK, 0);
    expect("", DH_ERR_XML, 0);
    expect("<scenario", DH_ERR_XML, 0);
    expect("<?xml version='1.0' encoding='latin1'?>" GOOD, DH_ERR_XML_ENCODING, 1);
    expect("<?xml version='1.1'?>" GOOD, DH_ERR_XML, 1);
    expect("\n<!DOCTYPE scenario [<!ENTITY a 'b'>]>" GOOD, DH_ERR_XML_DOCTYPE, 2);
    expect(HEAD PARTS "\xC0\xAF" SITE(ROW) TAIL, DH_ERR_XML, 6);
    expect("<racks/>", DH_ERR_ROOT, 1);
    expect("<scenario name='t'/>", DH_ERR_NAMESPACE, 1);
    expect(HEAD PARTS SITE(ROW "<Row/>") TAIL, DH_ERR_UNKNOWN_ELEMENT, 7);
    expect(HEAD PARTS SITE("<row id='r' rak='rt' feed='p1'/>") TAIL, DH_ERR_UNKNOWN_ATTRIBUTE, 7);
    expect(HEAD PARTS SITE("<row id='r' rack='rt'/>") TAIL, DH_ERR_MISSING, 7);
    expect(HEAD PARTS SITE("oops" ROW) TAIL, DH_ERR_TEXT, 7);
    expect(HEAD PARTS SITE("<row id='r' rack='rt' feed='p1' count='4x'/>") TAIL, DH_ERR_NUMBER, 7);
    expect(HEAD PARTS SITE("<row id='r' rack='rt' feed='p1' count='0'/>") TAIL, DH_ERR_RANGE, 7);
    expect(HEAD PARTS SITE("<row id='r' rack='rt' feed='p1' count='2147483648'/>") TAIL, DH_ERR_LIMIT_MEMORY,
           7);
    expect(HEAD PARTS SITE("<row id='a/b' rack='rt' feed='p1'/>") TAIL, DH_ERR_ID, 7);
    expect(HEAD PARTS SITE(ROW "\n" ROW) TAIL, DH_ERR_DUPLICATE_ID, 8);
    expect(HEAD PARTS SITE("<row id='r' rack='rt' feed='p2'/>") TAIL, DH_ERR_DANGLING_REF, 7);
    expect(HEAD PARTS SITE("<row id='r' rack='rt' feed='h'/>") TAIL, DH_ERR_REF_KIND, 7);
    expect(HEAD PARTS SITE("") TAIL, DH_ERR_EMPTY, 0);
    expect(HEAD PARTS SITE(ROW) "<workload><log href='/etc/passwd'/></workload>" TAIL, DH_ERR_PATH, 9);
    expect(HEAD PARTS SITE(ROW) "<workload><log href='no-such-file.csv'/></workload>" TAIL, DH_ERR_NOT_FOUND,
           9);
    expect(HEAD PARTS SITE(ROW) "<scheduler policy='best'/>" TAIL, DH_ERR_VALUE, 9);
    expect(HEAD PARTS SITE(ROW) "<record interval='5'/>" TAIL, DH_ERR_UNIT, 9);
}

void scenario_meaning_is_checked(void **state) {
    (void)state;
    expect(HEAD PARTS SITE(ROW) "<tariff id='t'><period hours='22-6' energy='1 USD/kWh'/></tariff>" TAIL,
           DH_ERR_TABLE, 9);
    expect(
        HEAD PARTS SITE(
            ROW) "<climate id='c'><month n='1' mean='1 degC' high='2 degC' low='0 degC' dew-point='0 degC'/>"
                 "</climate>" TAIL,
        DH_ERR_TABLE, 9);
    expect(HEAD PARTS SITE(
               ROW) "<workload><jobs id='j' rate='1 1/h' median='1 h'><size gpus='1' share='0.7'/></jobs>"
                    "</workload>" TAIL,
           DH_ERR_RANGE, 9);
    expect(HEAD PARTS SITE(
               ROW) "<workload><jobs id='j' rate='1 1/h'><size gpus='1' share='1'/></jobs></workload>" TAIL,
           DH_ERR_MISSING, 9);
    expect(HEAD "<device id='g' idle='60 W' tdp='700 W'/>"
                "<node id='n' device='g' gpus='8'><loss efficiency='0.9' a='0.1'/></node>"
                "<rack-type id='rt' node='n' nodes='4' rated='40 kW'/><horizon duration='1 d'/>" SITE(ROW)
                    TAIL,
           DH_ERR_VALUE, 2);
    expect("<scenario xmlns='urn:datahall:scenario:1' name='t'><horizon duration='1 d' step='1 ns'/>"
           "<device id='g' idle='60 W' tdp='700 W'/><node id='n' device='g' gpus='8'/>"
           "<rack-type id='rt' node='n' nodes='4' rated='40 kW'/>" SITE(ROW) TAIL,
           DH_ERR_LIMIT_STEPS, 1);
    assert_int_equal(read_with(HEAD PARTS
                               "<site id='s'><power><utility id='u' rated='9 MW'/>"
                               "<pdu id='a' feed='c' rated='1 MW'/><pdu id='b' feed='a' rated='1 MW'/>"
                               "<pdu id='c' feed='b' rated='1 MW'/></power><hall id='h'>"
                               "<row id='r' rack='rt' feed='u'/></hall></site>" TAIL,
                               NULL),
                     DH_ERR_CYCLE);
    assert_non_null(strstr(diag.messages[0].text, "a <- c <- b <- a"));
    forget();
    assert_int_equal(read_with(HEAD PARTS SITE("<row id='r' rack='rt' count='40' feed='p1'/>") TAIL, NULL),
                     DH_OK);
    assert_int_equal(diag.n_warning, 1); /* 1.6 MW behind 1 MW: what-if, so only a warning */
    assert_int_equal(diag.messages[0].code, DH_ERR_W_OVERLOAD);
    forget();
}

void scenario_messages_point_at_the_value_and_suggest(void **state) {
    (void)state;
    assert_int_equal(read_with(HEAD PARTS SITE("<row id='r'\n  rack='rt' feed='p2'/>") TAIL, NULL),
                     DH_ERR_DANGLING_REF);
    assert_int_equal(diag.messages[0].place.line, 8);
    assert_int_equal(diag.messages[0].place.col, 19);
    assert_string_equal(diag.messages[0].source, "  rack='rt' feed='p2'/>");
    assert_string_equal(diag.messages[0].hint, "did you mean 'p1'?");
    forget();
    assert_int_equal(read_with(HEAD PARTS SITE("<row id='r' rack='rt' feed='p1' cuont='3'/>") TAIL, NULL),
                     DH_ERR_UNKNOWN_ATTRIBUTE);
    assert_string_equal(diag.messages[0].hint, "did you mean 'count'?");
    forget();
}

void scenario_reading_stops_after_twenty_errors(void **state) {
    (void)state;
    char text[20000] = HEAD PARTS "<site id='s'><power><utility id='u' rated='2 MW'/></power><hall id='h'>";
    for (int i = 0; i < 100; i++)
        sprintf(text + strlen(text), "<row id='r%d' rack='rt' count='x' feed='u'/>\n", i);
    strcat(text, "</hall></site>" TAIL);
    assert_int_equal(read_with(text, NULL), DH_ERR_NUMBER);
    assert_int_equal(diag.n_message, DH_DIAG_MAX_MESSAGES + 1);
    assert_int_equal(diag.messages[diag.n_message - 1].code, DH_ERR_TOO_MANY);
    forget();
}

void scenario_parameters_are_replaced_everywhere(void **state) {
    (void)state;
    const char *text = HEAD "<parameter name='n' value='4'/><parameter name='m' value='${n}0'/>" PARTS SITE(
        "<row id='r' rack='rt' count='${m}' feed='p1'/>") TAIL;
    assert_int_equal(read_with(text, NULL), DH_OK);
    assert_int_equal(file.spec.sites[0].halls[0].rows[0].count, 40);
    forget();
    const char *params[] = {"n=7"};
    struct dh_scenario_options options = {.params = params, .n_param = 1};
    assert_int_equal(read_with(text, &options), DH_OK);
    assert_int_equal(file.spec.sites[0].halls[0].rows[0].count, 70);
    assert_string_equal(file.spec.parameters[0].value, "7");
    forget();
    params[0] = "x=7";
    assert_int_equal(read_with(text, &options), DH_ERR_USAGE);
    forget();
    expect(HEAD PARTS SITE("<row id='r' rack='rt' count='${k}' feed='p1'/>") TAIL, DH_ERR_DANGLING_REF, 7);
    expect(HEAD "<parameter name='a' value='${b}'/><parameter name='b' value='${a}'/>" PARTS SITE(ROW) TAIL,
           DH_ERR_CYCLE, 2);
}

void scenario_base_fills_in_what_is_absent(void **state) {
    (void)state;
    const char *text =
        HEAD PARTS "<device id='h' base='g' tdp='500 W'><power work='decode' board='300 W'/></device>\n"
                   "<node id='n2' base='n' device='h'/><rack-type id='rt2' base='rt' node='n2'/>" SITE(
                       "<row id='r' rack='rt2' feed='p1'/>") TAIL;
    assert_int_equal(read_with(text, NULL), DH_OK);
    const struct dh_device_spec *h = dh_scenario_device(&file.spec, "h");
    assert_non_null(h);
    assert_true(h->idle_w == 60 && h->tdp_w == 500 && h->n_power_classes == 1);
    assert_int_equal(dh_scenario_node(&file.spec, "n2")->gpus, 8);
    forget();
    /* An only child replaces the base's, whatever its first attribute says. */
    text =
        HEAD PARTS "<ups id='t' rated='1 MW'><loss a='0.01'/><ups-battery energy='9 kWh' c-rate='3'/></ups>"
                   "<site id='s'><power><utility id='u' rated='1 MW'/><ups id='v' base='t' feed='u'>"
                   "<ups-battery energy='5 kWh'/></ups></power><hall id='h'><row id='r' rack='rt' "
                   "feed='v'/></hall></site>" TAIL;
    assert_int_equal(read_with(text, NULL), DH_OK);
    const struct dh_ups_spec *v = &file.spec.sites[0].powers[0].upses[0];
    assert_int_equal(v->n_batteries, 1);
    assert_true(v->batteries[0].energy_j == 5 * 3.6e6 && v->batteries[0].c_rate == 6 && v->n_losses == 1);
    forget();
    expect(HEAD PARTS "<device id='a' base='b'/><device id='b' base='a'/>" SITE(ROW) TAIL, DH_ERR_CYCLE, 6);
    expect(HEAD PARTS "<device id='a' base='rt'/>" SITE(ROW) TAIL, DH_ERR_REF_KIND, 6);
    expect(HEAD PARTS "<device id='a' base='gg'/>" SITE(ROW) TAIL, DH_ERR_DANGLING_REF, 6);
}

void scenario_set_reaches_attributes_by_path(void **state) {
    (void)state;
    const char *sets[] = {"//row[@id='r']/@count=3", "/scenario/site/hall/@supply=20 degC",
                          "/scenario/horizon/@duration=2 h"};
    struct dh_scenario_options options = {.sets = sets, .n_set = 3};
    assert_int_equal(read_with(GOOD, &options), DH_OK);
    assert_int_equal(file.spec.sites[0].halls[0].rows[0].count, 3);
    assert_true(file.spec.sites[0].halls[0].supply_degc == 20);
    assert_true(file.spec.horizons[0].duration_s == 7200);
    forget();
    static const char *const bad[] = {"//rwo/@count=3", "//row/@cuont=3", "//row=3", "nothing",
                                      "//row[[/@count=3"};
    options.n_set = 1;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sets[0] = bad[i];
        assert_int_equal(read_with(GOOD, &options), DH_ERR_USAGE);
        forget();
    }
    sets[0] = "//row/@count=many"; /* a good path, a bad value */
    assert_int_equal(read_with(GOOD, &options), DH_ERR_NUMBER);
    forget();
}

void scenario_effective_text_is_a_fixed_point(void **state) {
    (void)state;
    for (int i = 0; dh_template_name(i); i++) {
        char name[64];
        snprintf(name, sizeof name, "%s", dh_template_name(i));
        size_t n = 0;
        const char *text = dh_template_text(name, &n);
        assert_non_null(text);
        char *copy = strdup(text), *log = strstr(copy, "<log ");
        if (log) /* the user's own file */
            memset(log, ' ', strcspn(log, ">") + 1);
        assert_int_equal(dh_scenario_read_memory(&file, copy, n, "t.xml", ".", NULL, &diag), DH_OK);
        assert_int_equal(diag.n_message, 0);
        struct dh_scenario_file again;
        assert_int_equal(dh_scenario_read_memory(&again, file.effective_xml, strlen(file.effective_xml),
                                                 "t.xml", ".", NULL, &diag),
                         DH_OK);
        assert_string_equal(again.effective_xml, file.effective_xml);
        assert_string_equal(again.effective_sha256, file.effective_sha256);
        dh_scenario_free(&again);
        free(copy);
        forget();
    }
}

void scenario_texts_keep_every_character(void **state) {
    (void)state;
    const char *text =
        "<scenario xmlns='urn:datahall:scenario:1' name='t' title='a &amp; b &amp;#38; &lt;c&gt; &quot;&#38;"
        "&#39; $${x} &#10;\xC3\xA9'>" PARTS SITE(ROW) TAIL;
    assert_int_equal(read_with(text, NULL), DH_OK);
    assert_string_equal(file.spec.title, "a & b &#38; <c> \"&' ${x} \n\xC3\xA9");
    char *effective = strdup(file.effective_xml);
    forget();
    assert_int_equal(read_with(effective, NULL), DH_OK);
    assert_string_equal(file.spec.title, "a & b &#38; <c> \"&' ${x} \n\xC3\xA9");
    assert_string_equal(file.effective_xml, effective);
    free(effective);
    forget();
}

void scenario_does_not_depend_on_the_order_in_the_file(void **state) {
    (void)state;
    assert_int_equal(
        read_with(HEAD PARTS SITE("<row id='r2' rack='rt' feed='p1'/><row id='r10' feed='p1' rack='rt'/>")
                      TAIL,
                  NULL),
        DH_OK);
    char *first = strdup(file.effective_xml);
    forget();
    assert_int_equal(
        read_with(HEAD SITE("<row feed='p1' rack='rt' id='r10'/><row id='r2' rack='rt' feed='p1'/>")
                      PARTS TAIL,
                  NULL),
        DH_OK);
    assert_string_equal(first, file.effective_xml);
    assert_string_equal(file.spec.sites[0].halls[0].rows[0].id, "r2");
    free(first);
    forget();
}

void scenario_keeps_only_catalog_entries_that_are_used(void **state) {
    (void)state;
    assert_int_equal(read_with(HEAD "<import href='catalog:racks.xml'/><horizon duration='1 d'/>" SITE(
                                   "<row id='r' rack='dgx-h100-air' feed='p1'/>") TAIL,
                               NULL),
                     DH_OK);
    assert_int_equal(file.spec.n_devices, 1);
    assert_int_equal(file.spec.n_nodes, 1);
    assert_int_equal(file.spec.n_rack_types, 1);
    assert_string_equal(file.inputs[0].path, "t.xml");
    bool named = false;
    for (int32_t i = 0; i < file.n_input; i++)
        named = named || strcmp(file.inputs[i].path, "catalog:racks.xml") == 0;
    assert_true(named);
    struct dh_run_size estimate;
    dh_scenario_estimate(&file.spec, -1, &estimate);
    assert_int_equal(estimate.racks, 1);
    assert_int_equal(estimate.gpus, 32);
    forget();
    expect(HEAD "<import href='catalog:rack.xml'/>" PARTS SITE(ROW) TAIL, DH_ERR_PATH, 2);
    expect(HEAD "<import href='../x.xml'/>" PARTS SITE(ROW) TAIL, DH_ERR_PATH, 2);
}

static void put(const char *path, const char *text) {
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

void scenario_imports_files_of_its_folder_only(void **state) {
    (void)state;
    char folder[] = "/tmp/datahall-test-XXXXXX", path[128];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/lib", folder);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/lib/parts.xml", folder);
    put(path, "<catalog xmlns='urn:datahall:scenario:1'>\n<import href='more.xml'/>\n"
              "<node id='n' device='g' gpus='8'/>\n<rack-type id='rt' node='n' nodes='4' rated='40 "
              "kW'/></catalog>");
    snprintf(path, sizeof path, "%s/lib/more.xml", folder);
    put(path,
        "<catalog xmlns='urn:datahall:scenario:1'>\n\n<device id='g' idle='60 W' tdp='700 W'/></catalog>");
    snprintf(path, sizeof path, "%s/out", folder);
    assert_int_equal(symlink("/etc", path), 0);
    const char *good = HEAD "<import href='lib/parts.xml'/><horizon duration='1 d'/>" SITE(ROW) TAIL;
    assert_int_equal(dh_scenario_read_memory(&file, good, strlen(good), "t.xml", folder, NULL, &diag), DH_OK);
    assert_int_equal(file.n_input, 3);
    assert_string_equal(file.inputs[2].path, "lib/more.xml");
    forget();
    const char *outside = HEAD "<import href='out/passwd'/>" PARTS SITE(ROW) TAIL;
    assert_int_equal(dh_scenario_read_memory(&file, outside, strlen(outside), "t.xml", folder, NULL, &diag),
                     DH_ERR_PATH);
    forget();
    snprintf(path, sizeof path, "%s/lib/more.xml", folder); /* a fault there is told with that file's name */
    put(path,
        "<catalog xmlns='urn:datahall:scenario:1'>\n\n<device id='g' idle='60 V' tdp='700 W'/></catalog>");
    assert_int_equal(dh_scenario_read_memory(&file, good, strlen(good), "t.xml", folder, NULL, &diag),
                     DH_ERR_UNIT);
    assert_non_null(strstr(diag.messages[0].place.file, "lib/more.xml"));
    assert_int_equal(diag.messages[0].place.line, 3);
    forget();
    put(path, "<catalog xmlns='urn:datahall:scenario:1'>\n<import href='parts.xml'/></catalog>");
    assert_int_equal(dh_scenario_read_memory(&file, good, strlen(good), "t.xml", folder, NULL, &diag),
                     DH_ERR_CYCLE);
    forget();
    snprintf(path, sizeof path, "rm -r %s", folder);
    assert_int_equal(system(path), 0);
}

void shipped_schema_is_the_one_in_use(void **state) {
    (void)state;
    FILE *in = fopen("scenarios/scenario.xsd", "rb");
    assert_non_null(in); /* tests run from the repository's root */
    struct dh_text text = {0};
    dh_schema_text(&text);
    char *shipped = calloc(1, text.n + 2);
    size_t n = fread(shipped, 1, text.n + 1, in);
    fclose(in);
    if (n != text.n || memcmp(shipped, text.at, n) != 0)
        fail_msg("scenarios/scenario.xsd is out of date: run `make xsd`");
    free(shipped);
    dh_text_free(&text);
}
