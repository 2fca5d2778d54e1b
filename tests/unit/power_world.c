#include "tests/unit/power_world.h"

#include "sim/diag.h"

#include <stdio.h>
#include <string.h>

static void text_of(char *text, size_t room, const char *power, const char *rows) {
    int n = snprintf(
        text, room,
        "<scenario xmlns='urn:datahall:scenario:1' name='power'><device id='g' idle='1 W' tdp='2 W'/>"
        "<node id='n' device='g' gpus='0' other='100 kW'/><rack-type id='r' node='n' nodes='1' rated='100 "
        "kW'/>"
        "<horizon duration='1 h'/><site id='s'><power>%s</power><hall id='h'>%s</hall></site></scenario>",
        power, rows);
    assert_true(n > 0 && (size_t)n < room);
}

static enum dh_err read_text(struct power_world *w, const char *power, const char *rows,
                             char message[static 400]) {
    static char text[20000];
    struct dh_diag diag = {0};
    text_of(text, sizeof text, power, rows);
    enum dh_err err = dh_scenario_read_memory(&w->file, text, strlen(text), "power.xml", ".", NULL, &diag);
    snprintf(message, 400, "%s", diag.n_message > 0 ? diag.messages[0].text : "");
    dh_diag_free(&diag);
    return err;
}

enum dh_err power_world_read(const char *power, const char *rows, char message[static 400]) {
    struct power_world w = {0};
    enum dh_err err = read_text(&w, power, rows, message);
    dh_scenario_free(&w.file);
    return err;
}

void power_world_open(struct power_world *w, const char *power, const char *rows) {
    char message[400];
    *w = (struct power_world){0};
    if (read_text(w, power, rows, message) != DH_OK)
        fail_msg("%s", message);
    assert_int_equal(dh_facility_compile(&w->f, &w->file.spec, NULL), DH_OK);
    assert_int_equal(dh_power_init(&w->p, &w->f), DH_OK);
}

void power_world_close(struct power_world *w) {
    dh_power_free(&w->p);
    dh_facility_free(&w->f);
    dh_scenario_free(&w->file);
}

int32_t stage_of(const struct power_world *w, const char *id) {
    for (int32_t s = 0; s < w->f.n_stage; s++)
        if (strcmp(w->f.stage_name[s], id) == 0)
            return s;
    fail_msg("no stage %s", id);
    return -1;
}

double share_of(const struct power_world *w, const char *id) {
    int32_t s = stage_of(w, id);
    return dh_uw_to_w(w->p.stage_out[s]) / w->p.stage[s].rated_w;
}

dh_uw_ns imbalance_of(const struct power_world *w, dh_time now) {
    const struct dh_power *p = &w->p;
    dh_uw_ns sum = dh_meter_energy(&p->injected, now) - dh_meter_energy(&p->cooling, now) -
                   dh_meter_energy(&p->house, now);
    for (int32_t s = 0; s < w->f.n_stage; s++) {
        if (dh_stage_is_source(w->f.stage_kind[s]))
            sum += dh_meter_energy(&p->stage_in[s], now);
        sum -= dh_meter_energy(&p->stage_loss[s], now) + dh_meter_energy(&p->stage_stored[s], now);
    }
    for (int32_t r = 0; r < w->f.n_rack; r++)
        sum -= dh_meter_energy(&p->rack[r], now);
    return sum;
}
