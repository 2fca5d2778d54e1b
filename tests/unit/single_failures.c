/* Single failures of the power graph: the table of topologies (FACILITY A8), by hand. */
#include "models/redundancy.h"
#include "models/world.h"

#include <math.h>
#include <string.h>

#define HEAD                                                                                                 \
    "<scenario xmlns='urn:datahall:scenario:1' name='r'><device id='g' idle='1 W' tdp='2 W'/>"               \
    "<node id='n' device='g' gpus='0' other='100 kW'/><rack-type id='r' node='n' nodes='1' rated='100 kW'/>" \
    "<horizon duration='1 h'/><site id='s'><power><utility id='u' rated='10 MW'/>"
#define UPS(id, kw, more) "<ups id='" id "' feed='u' rated='" kw "' " more "><loss efficiency='1'/></ups>"
#define ROW(id, feed)     "<row id='" id "' rack='r' count='2' feed='" feed "'/>"
#define TAIL              "</hall></site></scenario>"
#define HALL              "</power><hall id='h'>"

struct looked {
    struct dh_scenario_file file;
    struct dh_facility f;
    struct dh_plant plant;
    struct dh_redundancy r;
};

static void look(struct looked *x, const char *text) {
    struct dh_diag diag = {0};
    *x = (struct looked){0};
    if (dh_scenario_read_memory(&x->file, text, strlen(text), "r.xml", ".", NULL, &diag) != DH_OK)
        fail_msg("%s", diag.messages[0].text);
    dh_diag_free(&diag);
    assert_int_equal(dh_facility_compile(&x->f, &x->file.spec, NULL), DH_OK);
    assert_int_equal(dh_plant_init(&x->plant, &x->f, NULL), DH_OK);
    assert_int_equal(dh_redundancy_init(&x->r, &x->f, &x->plant), DH_OK);
}

static void forget(struct looked *x) {
    dh_redundancy_free(&x->r);
    dh_plant_free(&x->plant);
    dh_facility_free(&x->f);
    dh_scenario_free(&x->file);
}

/* The failure of a stage, or of one of its units; NULL: the state before. */
static const struct dh_single_failure *of(const struct looked *x, const char *stage, bool whole) {
    for (int32_t i = 0; i < x->r.n; i++) {
        int32_t s = x->r.failures[i].stage;
        if (!stage ? s < 0
                   : s >= 0 && strcmp(x->f.stage_name[s], stage) == 0 && x->r.failures[i].whole == whole)
            return &x->r.failures[i];
    }
    fail_msg("no failure of %s", stage ? stage : "nothing");
    return NULL;
}

static void carries(const struct looked *x, const char *stage, bool whole, double share, int32_t dark) {
    const struct dh_single_failure *failure = of(x, stage, whole);
    if (fabs(failure->share - share) > 1e-12 || failure->racks_dark != dark)
        fail_msg("%s: %.15g and %d dark instead of %.15g and %d", stage ? stage : "nothing", failure->share,
                 failure->racks_dark, share, dark);
}

void topologies_carry_what_the_table_says(void **state) {
    (void)state;
    static struct looked x;
    look(&x, HEAD UPS("a", "400 kW", "") HALL ROW("1", "a") ROW("2", "a") TAIL); /* N */
    carries(&x, NULL, false, 1, 0);
    carries(&x, "a", true, 0, 4);
    carries(&x, "u", true, 0, 4);
    forget(&x);
    /* N+1: the usable rating leaves the redundant module out, so it is full before and after */
    look(&x, HEAD UPS("a", "100 kW", "count='5' redundant='1'") HALL ROW("1", "a") ROW("2", "a") TAIL);
    carries(&x, NULL, false, 1, 0);
    carries(&x, "a", false, 1, 0);
    assert_int_equal(of(&x, "a", false)->n_over, 0);
    carries(&x, "a", true, 0, 4);
    forget(&x);
    look(&x, HEAD UPS("a", "400 kW", "") UPS("b", "400 kW", "") HALL ROW("1", "a b") ROW("2", "b a")
                 TAIL); /* 2N */
    carries(&x, NULL, false, 0.5, 0);
    carries(&x, "a", true, 1, 0);
    forget(&x);
    look(&x, HEAD UPS("a", "300 kW", "") UPS("b", "300 kW", "") UPS("c", "300 kW", "") HALL ROW("1", "a b")
                 ROW("2", "b c") ROW("3", "c a") TAIL); /* 3N/2 */
    carries(&x, NULL, false, 2. / 3, 0);
    carries(&x, "b", true, 1, 0);
    forget(&x);
    look(&x, HEAD UPS("a", "400 kW", "") UPS("b", "400 kW", "") UPS("c", "400 kW", "") UPS("d", "400 kW", "")
                 HALL ROW("1", "a b") ROW("2", "a c") ROW("3", "a d") ROW("4", "b c") ROW("5", "b d")
                     ROW("6", "c d") TAIL); /* 4N/3 */
    carries(&x, NULL, false, 0.75, 0);
    carries(&x, "d", true, 1, 0);
    forget(&x);
    /* block redundant, each block behind a switch to the catcher */
#define BLOCK(x) "<pdu id='" x "' feed='u" x " z' transfer='first' rated='1 MW'><loss efficiency='1'/></pdu>"
    look(&x,
         HEAD UPS("u1", "200 kW", "") UPS("u2", "200 kW", "") UPS("u3", "200 kW", "") UPS("z", "200 kW", "")
             BLOCK("1") BLOCK("2") BLOCK("3") HALL ROW("1r", "1") ROW("2r", "2") ROW("3r", "3") TAIL);
    carries(&x, NULL, false, 1, 0);
    carries(&x, "u2", true, 1, 0);
    assert_int_equal(of(&x, "u2", true)->n_over, 0);
    carries(&x, "z", true, 0, 0);
    carries(&x, "1", true, 0, 2);
    forget(&x);
}

/* A stage that is too small for both sides is named; a generator stands in for its utility; one unit of four
 * without a spare overloads the others by a third. */
void single_failures_name_what_they_overload(void **state) {
    (void)state;
    static struct looked x;
    look(&x, HEAD
         "<generator id='gen' rated='250 kW' count='2'/>"
         "<pdu id='a' feed='u gen' transfer='first' rated='100 kW' count='4'><loss efficiency='1'/></pdu>"
         "<ups id='b' feed='u' rated='300 kW'><loss efficiency='1'/></ups>" HALL ROW("1", "a b")
             ROW("2", "a b") TAIL);
    carries(&x, "b", true, 1, 0);
    carries(&x, "a", true, 400. / 300, 0);
    assert_int_equal(of(&x, "a", true)->n_over, 1);
    carries(&x, "a", false, 2. / 3, 0); /* 200 kW on three of 100, and on b */
    carries(&x, "u", true, 1, 0);       /* 400 kW: b is dead, a is full, the sets carry 80 % */
    carries(&x, "gen", true, 0, 0);
    forget(&x);
    /* Above its rating as built: a failure that adds to it is not held, one that does not is. */
    look(&x, HEAD UPS("a", "150 kW", "") UPS("b", "150 kW", "") UPS("c", "1 MW", "") HALL ROW("1", "a b")
                 ROW("2", "a b") ROW("3", "c") TAIL);
    carries(&x, NULL, false, 4. / 3, 0);
    assert_int_equal(of(&x, NULL, false)->n_over, 0);
    assert_int_equal(of(&x, "a", true)->n_over, 1);
    assert_int_equal(of(&x, "c", true)->n_over, 0);
    forget(&x);
}
