/* Machines of catalog:chillers.xml behind a chiller plant. */
#include "models/chiller.h"
#include "models/facility.h"
#include "scenarios/scenario.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct dh_scenario_file file;
static struct dh_diag diag;

static enum dh_err read_plant(const char *import, const char *attributes, const char *entries) {
    static char text[8192];
    snprintf(
        text, sizeof text,
        "<scenario xmlns='urn:datahall:scenario:1' name='t'>%s\n<import href='catalog:climates.xml'/>"
        "<horizon duration='1 d'/><device id='g' idle='60 W' tdp='700 W'/><node id='n' device='g' gpus='8'/>"
        "<rack-type id='rt' node='n' nodes='4' rated='40 kW'/>%s\n"
        "<site id='s' climate='ashburn'><power><utility id='u' rated='2 MW'/></power>\n"
        "<cooling><chiller-plant id='cw' feed='u' capacity='1 MW' %s/></cooling>"
        "<hall id='h' plant='cw'><row id='r' rack='rt' feed='u'/></hall></site></scenario>",
        import, entries, attributes);
    return dh_scenario_read_memory(&file, text, strlen(text), "t.xml", ".", NULL, &diag);
}

static void forget(void) {
    dh_scenario_free(&file);
    dh_diag_free(&diag);
}

static void refused(const char *attributes, const char *entries, enum dh_err err, const char *says) {
    enum dh_err got = read_plant("<import href='catalog:chillers.xml'/>", attributes, entries);
    if (got != err || diag.n_error != 1 || !strstr(diag.messages[0].text, says))
        fail_msg("%s, %d errors: %s", dh_err_code(got), (int)diag.n_error,
                 diag.n_message ? diag.messages[0].text : "");
    forget();
}

void plant_takes_a_machine_of_the_catalog(void **state) {
    (void)state;
    enum dh_err err =
        read_plant("<import href='catalog:chillers.xml'/>", "machine='york-yk-2771kw-6.84cop-vsd'", "");
    if (err)
        fail_msg("%s", diag.messages[0].text);
    assert_int_equal(file.spec.n_chillers, 1); /* of 316, what is used */
    struct dh_facility f;
    assert_int_equal(dh_facility_compile(&f, &file.spec, &diag), DH_OK);
    const struct dh_chiller_curves *c = f.cplant_curves[0];
    assert_true(c->cop_ref == 6.84 && c->ref_w == 2771100 && c->form == DH_CHILLER_EIR);
    /* the figures of chiller_equations_reproduce_reference_values, read from the catalog */
    assert_true(fabs(dh_chiller_published_power_w(c, c->ref_w, 5.56, 29.44, 2202253.222) / 383777.8875 - 1) <
                1e-9);
    dh_facility_free(&f);
    forget();
    assert_int_equal(read_plant("", "", ""), DH_OK); /* without: the usual one */
    assert_int_equal(dh_facility_compile(&f, &file.spec, &diag), DH_OK);
    assert_true(f.cplant_curves[0] == &dh_chiller_centrifugal_vsd);
    dh_facility_free(&f);
    forget();
}

void machines_that_a_plant_cannot_have_are_refused(void **state) {
    (void)state;
    refused("machine='york-yk'", "", DH_ERR_DANGLING_REF, "there is no chiller called 'york-yk'");
    refused("machine='carrier-19xr-1350kw-7.90cop-vsd-reformulated'", "", DH_ERR_RANGE,
            "part load curve is not positive");
    refused(
        "machine='m'",
        "<chiller id='m' capacity='1 MW' cop='6' evaporator='7 degC' condenser='29 degC' condenser-flow='50 "
        "kg/s' "
        "evaporator-range='5 10' condenser-range='20 35' part-load='0.1 0.1 1' capacity-curve='1 0 0 0 0 0' "
        "efficiency-curve='1 0 0 0 0 0' part-load-curve='0.2 0.3 0.4 0.1'/>",
        DH_ERR_VALUE, "3 coefficients here, not 4");
    refused(
        "machine='m'",
        "<chiller id='m' capacity='1 MW' cop='14' evaporator='7 degC' condenser='29 degC' condenser-flow='50 "
        "kg/s' "
        "evaporator-range='5 10' condenser-range='20 35' part-load='0.1 0.1 1' capacity-curve='1 0 0 0 0 0' "
        "efficiency-curve='1 0 0 0 0 0' part-load-curve='0.2 0.3 0.5'/>",
        DH_ERR_RANGE, "better than Carnot");
    refused("machine='m'",
            "<chiller id='m' capacity='1 MW' cop='6' evaporator='7 degC' condenser='29 degC' "
            "condenser-flow='50 kg/s' "
            "evaporator-range='5 10' condenser-range='20 35' part-load='0.1 0.1 1' capacity-curve='1 0 0' "
            "efficiency-curve='1 0 0 0 0 0' part-load-curve='0.2 0.3 0.5'/>",
            DH_ERR_TABLE, "6 are meant");
}
