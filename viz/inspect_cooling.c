/* Halls, CDU groups and plants: heat against what they can take, temperatures against set-points, history,
 * and who gives heat to whom. */
#include "viz/inspect.h"
#include "viz/near.h"

#include <math.h>
#include <stdio.h>

/* "24.1 °C", with the set-point; ▲ where it is more than a kelvin above. */
static void draw_degc(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, const char *name,
                      double degc, double set_degc) {
    char now[DH_FORMAT_ROOM], set[DH_FORMAT_ROOM], text[112];
    bool warm = degc > set_degc + 1;
    if (isnan(set_degc))
        snprintf(text, sizeof text, "%s", dh_format(now, degc, "degC"));
    else
        snprintf(text, sizeof text, "%s%s, set %s", warm ? "\u25b2 " : "", dh_format(now, degc, "degC"),
                 dh_format(set, set_degc, "degC"));
    dh_row_text(v, scene, in, name, text);
}

static void draw_water(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, const char *name,
                       double kg_per_s) {
    char text[48];
    if (!(kg_per_s > 0))
        return;
    snprintf(text, sizeof text, "%.2f m\u00b3/h", kg_per_s * 3.6);
    dh_row_text(v, scene, in, name, text);
}

static void draw_watts(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, const char *name,
                       double w) {
    if (w != 0 && !isnan(w))
        dh_row(v, scene, in, name, w, "W");
}

/* ---- halls and CDU groups
 * ----------------------------------------------------------------------------------
 */

static void draw_rows(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t hall,
                      int32_t cdu) {
    const struct dh_power_map *map = &v->power_map;
    int32_t n = 0;
    for (int32_t i = 0; i < map->n_node; i++) {
        const struct dh_power_node *node = &map->nodes[i];
        char room[DH_FORMAT_ROOM], name[112];
        if (node->part != DH_POWER_RACKS || (hall >= 0 && v->facility->rack_hall[node->row] != hall) ||
            (cdu >= 0 && v->facility->rack_cdu[node->row] != cdu))
            continue;
        if (n++ == 0 && !dh_inspect_section(v, scene, in, "Racks"))
            return;
        if (n > 12)
            return;
        snprintf(name, sizeof name, "%s, %d racks", node->name, (int)node->racks);
        dh_inspect_link(v, scene, in, (struct dh_view_thing){DH_A_RACK, node->row},
                        node->racks == 1 ? node->name : name, dh_format(room, map->now[i].in_w, "W"));
    }
}

static void draw_plant_link(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t cplant,
                            int32_t lplant) {
    const struct dh_facility *f = v->facility;
    char room[DH_FORMAT_ROOM];
    if (!dh_inspect_section(v, scene, in, "Gives its heat to"))
        return;
    if (cplant >= 0)
        dh_inspect_link(v, scene, in, (struct dh_view_thing){DH_A_CPLANT, cplant}, f->cplant_spec[cplant]->id,
                        dh_format(room, dh_view_value(v, DH_COLUMN_cplant_supply_degc, cplant), "degC"));
    else if (lplant >= 0)
        dh_inspect_link(v, scene, in, (struct dh_view_thing){DH_AN_LPLANT, lplant},
                        f->lplant_spec[lplant]->id,
                        dh_format(room, dh_view_value(v, DH_COLUMN_lplant_supply_degc, lplant), "degC"));
    else
        dh_row_text(v, scene, in, "no plant", "it leaves the model here");
}

void dh_inspect_hall(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t k) {
    const struct dh_facility *f = v->facility;
    char text[96];
    int32_t racks = 0;
    for (int32_t r = 0; r < f->n_rack; r++)
        racks += f->rack_hall[r] == k;
    snprintf(text, sizeof text, "hall   %d racks, %lld air handlers", (int)racks,
             (long long)f->hall_spec[k]->air_handlers);
    dh_inspect_heading(v, scene, in, text);
    dh_power_map_read(&v->power_map, v->source);
    draw_degc(v, scene, in, "Air at the inlets", dh_view_value(v, DH_COLUMN_zone_temp_degc, k), NAN);
    dh_row(v, scene, in, "Air supplied, set-point", dh_view_supply(v, (struct dh_view_thing){DH_A_HALL, k}),
           "degC");
    dh_row(v, scene, in, "Air returning", dh_view_value(v, DH_COLUMN_hall_return_degc, k), "degC");
    dh_inspect_load(v, scene, in, "Heat to the air", dh_view_value(v, DH_COLUMN_hall_heat_w, k),
                    dh_power_cools_w(&v->power_map, DH_POWER_HALL, k));
    draw_watts(v, scene, in, "Fans", dh_view_value(v, DH_COLUMN_hall_fan_w, k));
    draw_watts(v, scene, in, "Leaves with outdoor air", dh_view_value(v, DH_COLUMN_hall_outdoor_w, k));
    draw_water(v, scene, in, "Humidifiers, pads", dh_view_value(v, DH_COLUMN_hall_evaporation_kg_per_s, k));
    dh_inspect_day(v, scene, in, "Air at the inlets, last 24 h", DH_COLUMN_zone_temp_degc, k, NAN);
    dh_inspect_day(v, scene, in, "Heat, last 24 h", DH_COLUMN_hall_heat_w, k,
                   dh_power_cools_built_w(&v->power_map, DH_POWER_HALL, k));
    draw_plant_link(v, scene, in, f->hall_plant[k], -1);
    dh_inspect_fed_by(v, scene, in, DH_POWER_HALL, k);
    draw_rows(v, scene, in, k, -1);
    dh_inspect_events(v, scene, in, (struct dh_view_thing){DH_A_HALL, k});
}

void dh_inspect_cdu(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t k) {
    const struct dh_facility *f = v->facility;
    const struct dh_cdu_spec *spec = f->cdu_spec[k];
    char text[96];
    snprintf(text, sizeof text, "CDU group   %lld units", (long long)spec->count);
    dh_inspect_heading(v, scene, in, text);
    dh_power_map_read(&v->power_map, v->source);
    dh_inspect_load(v, scene, in, "Heat", dh_view_value(v, DH_COLUMN_cdu_heat_w, k),
                    dh_power_cools_w(&v->power_map, DH_POWER_CDU, k));
    draw_degc(v, scene, in, "Coolant supplied", dh_view_value(v, DH_COLUMN_cdu_supply_degc, k),
              dh_view_supply(v, (struct dh_view_thing){DH_A_CDU, k}));
    dh_inspect_load(v, scene, in, "Pumps", dh_view_value(v, DH_COLUMN_cdu_pump_w, k),
                    spec->pump_w * (double)spec->count);
    dh_inspect_day(v, scene, in, "Heat, last 24 h", DH_COLUMN_cdu_heat_w, k,
                   dh_power_cools_built_w(&v->power_map, DH_POWER_CDU, k));
    dh_inspect_day(v, scene, in, "Coolant supplied, last 24 h", DH_COLUMN_cdu_supply_degc, k, NAN);
    draw_plant_link(v, scene, in, f->cdu_cplant[k], f->cdu_plant[k]);
    dh_inspect_fed_by(v, scene, in, DH_POWER_CDU, k);
    draw_rows(v, scene, in, -1, k);
    dh_inspect_events(v, scene, in, (struct dh_view_thing){DH_A_CDU, k});
}

/* ---- plants
 * ------------------------------------------------------------------------------------------------
 */

static void draw_serves(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t cplant,
                        int32_t lplant) {
    const struct dh_facility *f = v->facility;
    char room[DH_FORMAT_ROOM];
    if (!dh_inspect_section(v, scene, in, "Takes heat from"))
        return;
    for (int32_t k = 0; k < f->n_hall && cplant >= 0; k++)
        if (f->hall_plant[k] == cplant)
            dh_inspect_link(v, scene, in, (struct dh_view_thing){DH_A_HALL, k}, f->hall_spec[k]->id,
                            dh_format(room, dh_view_value(v, DH_COLUMN_hall_heat_w, k), "W"));
    for (int32_t k = 0; k < f->n_cdu; k++)
        if ((cplant >= 0 && f->cdu_cplant[k] == cplant) || (lplant >= 0 && f->cdu_plant[k] == lplant))
            dh_inspect_link(v, scene, in, (struct dh_view_thing){DH_A_CDU, k}, f->cdu_spec[k]->id,
                            dh_format(room, dh_view_value(v, DH_COLUMN_cdu_heat_w, k), "W"));
}

static const char *mode_of(double mode) {
    return isnan(mode)  ? "\u2013"
           : mode < 0.5 ? "free cooling"
           : mode < 1.5 ? "partly free"
                        : "chillers alone";
}

/* Heat against what is in service, and whether one chiller or cooler fewer would do. */
static void draw_plant_load(struct dh_view *v, struct dh_scene *scene, struct dh_box *in,
                            enum dh_power_part part, int32_t k, double heat_w) {
    const struct dh_facility *f = v->facility;
    bool chilled = part == DH_POWER_CPLANT;
    double all_w = dh_power_cools_built_w(&v->power_map, part, k);
    int64_t units = chilled ? f->cplant_spec[k]->chillers : f->lplant_spec[k]->coolers;
    char text[96], name[96], room[DH_FORMAT_ROOM];
    dh_power_map_read(&v->power_map, v->source);
    double up_w = dh_power_cools_w(&v->power_map, part, k), one_w = all_w / (double)units,
           less_w = fmax(up_w - one_w, 0);
    dh_inspect_load(v, scene, in, "Heat", heat_w, up_w);
    if (up_w < all_w * (1 - 1e-6)) {
        snprintf(text, sizeof text, "\u25b3 %.0f %% of %s", 100 * up_w / all_w, dh_format(room, all_w, "W"));
        dh_row_text(v, scene, in, "In service", text);
    }
    if (units < 2 || !(heat_w > 0))
        return;
    snprintf(name, sizeof name, "With one %s fewer", chilled ? "chiller" : "cooler");
    snprintf(text, sizeof text, "%stakes %s", heat_w > DH_BEYOND * less_w ? "\u25b3 " : "",
             dh_format(room, less_w, "W"));
    dh_row_text(v, scene, in, name, text);
}

void dh_inspect_cplant(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t k) {
    const struct dh_chiller_plant_spec *spec = v->facility->cplant_spec[k];
    char text[112], room[DH_FORMAT_ROOM];
    double heat_w = dh_view_value(v, DH_COLUMN_cplant_heat_w, k),
           chiller_w = dh_view_value(v, DH_COLUMN_cplant_chiller_w, k),
           free_share = dh_view_value(v, DH_COLUMN_cplant_free_frac, k);
    snprintf(text, sizeof text, "chilled-water plant   %lld chillers, %s", (long long)spec->chillers,
             spec->rejection == DH_REJECTION_DRY ? "dry coolers" : "tower");
    dh_inspect_heading(v, scene, in, text);
    dh_row_text(v, scene, in, "Mode", mode_of(dh_view_value(v, DH_COLUMN_cplant_mode, k)));
    draw_plant_load(v, scene, in, DH_POWER_CPLANT, k, heat_w);
    draw_degc(v, scene, in, "Chilled water", dh_view_value(v, DH_COLUMN_cplant_supply_degc, k),
              isnan(spec->highest_degc) ? spec->supply_degc : spec->highest_degc);
    dh_row(v, scene, in, "Condenser water", dh_view_value(v, DH_COLUMN_cplant_condenser_degc, k), "degC");
    snprintf(text, sizeof text, "%.0f of %lld", dh_view_value(v, DH_COLUMN_cplant_chillers_on, k),
             (long long)spec->chillers);
    dh_row_text(v, scene, in, "Chillers that run", text);
    if (chiller_w > 0) {
        double by_chillers_w = heat_w * (isnan(free_share) ? 1 : 1 - free_share);
        snprintf(text, sizeof text, "%s, COP %.1f", dh_format(room, chiller_w, "W"),
                 by_chillers_w / chiller_w);
        dh_row_text(v, scene, in, "Chillers", text);
    }
    draw_watts(v, scene, in, "Pumps", dh_view_value(v, DH_COLUMN_cplant_pump_w, k));
    draw_watts(v, scene, in, "Fans", dh_view_value(v, DH_COLUMN_cplant_fan_w, k));
    if (!isnan(free_share))
        dh_row(v, scene, in, "Taken by the economizer", 100 * free_share, "%");
    draw_watts(v, scene, in, "Dry coolers ahead", dh_view_value(v, DH_COLUMN_cplant_dry_w, k));
    draw_watts(v, scene, in, "Used elsewhere", dh_view_value(v, DH_COLUMN_cplant_reuse_w, k));
    draw_water(v, scene, in, "Water evaporated", dh_view_value(v, DH_COLUMN_cplant_evaporation_kg_per_s, k));
    draw_water(v, scene, in, "Water blown down", dh_view_value(v, DH_COLUMN_cplant_blowdown_kg_per_s, k));
    if (spec->tank_m3 > 0) {
        snprintf(text, sizeof text, "%.0f m\u00b3 of chilled water", spec->tank_m3);
        dh_row_text(v, scene, in, "Tank", text);
    }
    dh_inspect_day(v, scene, in, "Heat, last 24 h", DH_COLUMN_cplant_heat_w, k,
                   dh_power_cools_built_w(&v->power_map, DH_POWER_CPLANT, k));
    dh_inspect_day(v, scene, in, "Chilled water, last 24 h", DH_COLUMN_cplant_supply_degc, k, NAN);
    draw_serves(v, scene, in, k, -1);
    dh_inspect_fed_by(v, scene, in, DH_POWER_CPLANT, k);
    dh_inspect_events(v, scene, in, (struct dh_view_thing){DH_A_CPLANT, k});
}

void dh_inspect_lplant(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, int32_t k) {
    const struct dh_liquid_plant_spec *spec = v->facility->lplant_spec[k];
    char text[112];
    snprintf(text, sizeof text, "facility-water plant   %lld %s coolers, %lld pumps",
             (long long)spec->coolers, spec->adiabatic > 0 ? "adiabatic" : "dry", (long long)spec->pumps);
    dh_inspect_heading(v, scene, in, text);
    draw_plant_load(v, scene, in, DH_POWER_LPLANT, k, dh_view_value(v, DH_COLUMN_lplant_heat_w, k));
    dh_row(v, scene, in, "Water to the CDUs", dh_view_value(v, DH_COLUMN_lplant_supply_degc, k), "degC");
    dh_row(v, scene, in, "Coolant, set-point", dh_view_supply(v, (struct dh_view_thing){DH_AN_LPLANT, k}),
           "degC");
    dh_row(v, scene, in, "Water returning", dh_view_value(v, DH_COLUMN_lplant_return_degc, k), "degC");
    dh_inspect_load(v, scene, in, "Fans", dh_view_value(v, DH_COLUMN_lplant_fan_w, k),
                    spec->fan_share * spec->capacity_w);
    dh_inspect_load(v, scene, in, "Pumps", dh_view_value(v, DH_COLUMN_lplant_pump_w, k),
                    spec->pump_share * spec->capacity_w);
    draw_watts(v, scene, in, "Used elsewhere", dh_view_value(v, DH_COLUMN_lplant_reuse_w, k));
    draw_watts(v, scene, in, "Given to the air", dh_view_value(v, DH_COLUMN_lplant_rejected_w, k));
    draw_water(v, scene, in, "Water evaporated", dh_view_value(v, DH_COLUMN_lplant_evaporation_kg_per_s, k));
    dh_inspect_day(v, scene, in, "Heat, last 24 h", DH_COLUMN_lplant_heat_w, k,
                   dh_power_cools_built_w(&v->power_map, DH_POWER_LPLANT, k));
    dh_inspect_day(v, scene, in, "Water to the CDUs, last 24 h", DH_COLUMN_lplant_supply_degc, k, NAN);
    draw_serves(v, scene, in, -1, k);
    dh_inspect_fed_by(v, scene, in, DH_POWER_LPLANT, k);
    dh_inspect_events(v, scene, in, (struct dh_view_thing){DH_AN_LPLANT, k});
}
