#include "viz/cooling_words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const part_words[DH_N_COOLING_PART] = {
    [DH_COOLING_OUTDOORS] = "outdoors",    [DH_COOLING_NOWHERE] = "no plant",
    [DH_COOLING_TOWER] = "cooling tower",  [DH_COOLING_COOLERS] = "dry coolers",
    [DH_COOLING_REUSE] = "heat reuse",     [DH_COOLING_CHILLERS] = "chilled water",
    [DH_COOLING_PUMPS] = "facility water", [DH_COOLING_AIR] = "air handlers",
    [DH_COOLING_CDU] = "CDU group",        [DH_COOLING_HALL] = "hall air",
    [DH_COOLING_PLATES] = "cold plates",
};

const char *dh_cooling_part_word(const struct dh_view *v, const struct dh_cooling_node *n) {
    const struct dh_facility *f = v->facility;
    if (n->part == DH_COOLING_TOWER && f->cplant_spec[n->row]->rejection == DH_REJECTION_DRY)
        return "dry coolers";
    if (n->part == DH_COOLING_COOLERS && f->lplant_spec[n->row]->adiabatic > 0)
        return "adiabatic coolers";
    if (n->part == DH_COOLING_CHILLERS && f->cplant_spec[n->row]->chillers == 0)
        return "economizer alone";
    return part_words[n->part];
}

static void add(struct dh_cooling_lines *l, const char *text) {
    if (l->n < DH_COOLING_LINES && *text)
        snprintf(l->text[l->n++], DH_COOLING_LINE, "%s", text);
}

/* "24.3 °C dry bulb", or with the short word: "24.3 °C dry". */
static void add_degc(struct dh_cooling_lines *l, const char *name, const char *shorter, double degc) {
    char room[DH_FORMAT_ROOM], text[DH_COOLING_LINE];
    if (isnan(degc))
        return;
    dh_format(room, degc, "degC");
    snprintf(text, sizeof text, "%s %s\n%s %s", room, name, room, shorter);
    add(l, text);
}

static void add_watts(struct dh_cooling_lines *l, const char *name, const char *shorter, double w) {
    char room[DH_FORMAT_ROOM], text[DH_COOLING_LINE];
    if (isnan(w))
        return;
    dh_format(room, w, "W");
    snprintf(text, sizeof text, "%s %s\n%s %s", room, name, room, shorter);
    add(l, text);
}

static void add_water(struct dh_cooling_lines *l, double kg_per_s) {
    char text[DH_COOLING_LINE];
    if (!(kg_per_s > 0))
        return;
    snprintf(text, sizeof text, "%.3g m\u00b3/h of water\n%.3g m\u00b3/h", kg_per_s * 3.6, kg_per_s * 3.6);
    add(l, text);
}

static double zero_of(double x) {
    return isnan(x) ? 0 : x;
}

/* "14.0 °C supply, set 14.0", or shorter. */
static void add_supply(struct dh_cooling_lines *l, const struct dh_cooling_node *n) {
    char text[DH_COOLING_LINE];
    if (isnan(n->own_degc))
        return;
    if (isnan(n->set_degc))
        snprintf(text, sizeof text, "%.1f \u00b0C supply\n%.1f \u00b0C out", n->own_degc, n->own_degc);
    else
        snprintf(text, sizeof text, "%s%.1f \u00b0C supply, set %.1f\n%s%.1f \u00b0C, set %.1f",
                 n->warm ? "\u25b2 " : "", n->own_degc, n->set_degc, n->warm ? "\u25b2 " : "", n->own_degc,
                 n->set_degc);
    add(l, text);
}

static void outdoor_lines(struct dh_view *v, const struct dh_cooling_node *n, struct dh_cooling_lines *l) {
    add_watts(l, "taken", "in", n->heat_w);
    add_degc(l, "dry bulb", "dry", dh_view_value(v, DH_COLUMN_site_dry_bulb_degc, n->row));
    add_degc(l, "wet bulb", "wet", dh_view_value(v, DH_COLUMN_site_wet_bulb_degc, n->row));
}

static void tower_lines(struct dh_view *v, const struct dh_cooling_node *n, struct dh_cooling_lines *l) {
    int32_t k = n->row;
    add_watts(l, "rejected", "out", n->heat_w);
    add_degc(l, "to the condensers", "condenser", n->own_degc);
    add_watts(l, "fans", "fans", n->power_w);
    add_water(l, zero_of(dh_view_value(v, DH_COLUMN_cplant_evaporation_kg_per_s, k)) +
                     zero_of(dh_view_value(v, DH_COLUMN_cplant_drift_kg_per_s, k)) +
                     zero_of(dh_view_value(v, DH_COLUMN_cplant_blowdown_kg_per_s, k)));
    double dry_w = dh_view_value(v, DH_COLUMN_cplant_dry_w, k);
    if (v->facility->cplant_spec[k]->n_free_coolers > 0)
        add_watts(l, "dry coolers ahead", "dry ahead", dry_w);
}

static void cooler_lines(struct dh_view *v, const struct dh_cooling_node *n, struct dh_cooling_lines *l) {
    add_watts(l, "rejected", "out", n->heat_w);
    add_degc(l, "water made", "made", n->own_degc);
    add_watts(l, "fans", "fans", n->power_w);
    add_water(l, zero_of(dh_view_value(v, DH_COLUMN_lplant_evaporation_kg_per_s, n->row)) +
                     zero_of(dh_view_value(v, DH_COLUMN_lplant_blowdown_kg_per_s, n->row)));
}

static void chiller_lines(struct dh_view *v, const struct dh_cooling_node *n, struct dh_cooling_lines *l) {
    int32_t k = n->row;
    const struct dh_chiller_plant_spec *spec = v->facility->cplant_spec[k];
    double on = dh_view_value(v, DH_COLUMN_cplant_chillers_on, k),
           chiller_w = dh_view_value(v, DH_COLUMN_cplant_chiller_w, k),
           share = dh_view_value(v, DH_COLUMN_cplant_free_frac, k);
    char text[DH_COOLING_LINE], w[DH_FORMAT_ROOM];
    add_supply(l, n);
    if (spec->chillers > 0 && isfinite(on)) {
        dh_format(w, chiller_w, "W");
        if (on > 0)
            snprintf(text, sizeof text, "%.0f of %lld chillers, %s\n%.0f of %lld chillers", on,
                     (long long)spec->chillers, w, on, (long long)spec->chillers);
        else
            snprintf(text, sizeof text, "none of %lld chillers\n0 of %lld chillers",
                     (long long)spec->chillers, (long long)spec->chillers);
        add(l, text);
    }
    if (chiller_w > 0) {
        snprintf(text, sizeof text, "COP %.1f", n->heat_w * (1 - zero_of(share)) / chiller_w);
        add(l, text);
    }
    add_watts(l, "pumps", "pumps", dh_view_value(v, DH_COLUMN_cplant_pump_w, k));
    if (spec->tank_m3 > 0) {
        snprintf(text, sizeof text, "cold store %.0f m\u00b3\n%.0f m\u00b3 tank", spec->tank_m3,
                 spec->tank_m3);
        add(l, text);
    }
}

static void plant_lines(struct dh_view *v, const struct dh_cooling_node *n, struct dh_cooling_lines *l) {
    (void)v;
    add_degc(l, "supply", "out", n->supply_degc);
    add_degc(l, "return", "back", n->return_degc);
    add_watts(l, "pumps", "pumps", n->power_w);
}

/* Heat for use elsewhere: what it saves outdoors. */
static void reuse_lines(struct dh_view *v, const struct dh_cooling_node *n, struct dh_cooling_lines *l) {
    int32_t n_cplant = v->facility->n_cplant;
    double all_w = n->row < n_cplant ? dh_view_value(v, DH_COLUMN_cplant_heat_w, n->row)
                                     : dh_view_value(v, DH_COLUMN_lplant_heat_w, n->row - n_cplant);
    char text[DH_COOLING_LINE];
    if (!(all_w > 0) || isnan(n->heat_w))
        return;
    snprintf(text, sizeof text, "%.0f %% of the plant's heat\n%.0f %% of its heat", 100 * n->heat_w / all_w,
             100 * n->heat_w / all_w);
    add(l, text);
}

static void front_lines(struct dh_view *v, const struct dh_cooling_node *n, struct dh_cooling_lines *l) {
    if (n->part == DH_COOLING_CDU)
        add_supply(l, n);
    if (isnan(n->capacity_w))
        add_watts(l, "of heat", "heat", n->heat_w);
    if (n->part == DH_COOLING_CDU || n->power_w > 0)
        add_watts(l, n->part == DH_COOLING_CDU ? "pumps" : "fans",
                  n->part == DH_COOLING_CDU ? "pumps" : "fans", n->power_w);
    double outdoor_w =
        n->part == DH_COOLING_AIR && n->n == 1 ? dh_view_value(v, DH_COLUMN_hall_outdoor_w, n->row) : 0;
    if (outdoor_w > 0)
        add_watts(l, "with outdoor air", "outdoor air", outdoor_w);
}

static void back_lines(const struct dh_cooling_node *n, struct dh_cooling_lines *l) {
    char text[DH_COOLING_LINE];
    snprintf(text, sizeof text, "%d rack%s", (int)n->racks, n->racks == 1 ? "" : "s");
    add_degc(l, n->part == DH_COOLING_HALL ? "inlets" : "coolant", "in", n->own_degc);
    add_degc(l, "return", "back", n->return_degc);
    add_degc(l, "hottest GPU", "GPU", n->junction_degc);
    add(l, text);
}

void dh_cooling_lines(struct dh_view *v, const struct dh_cooling_node *n, struct dh_cooling_lines *l) {
    *l = (struct dh_cooling_lines){.n = 0};
    switch (n->part) {
    case DH_COOLING_OUTDOORS:
        outdoor_lines(v, n, l);
        break;
    case DH_COOLING_NOWHERE:
        add(l, "the heat leaves");
        add(l, "the model here");
        break;
    case DH_COOLING_TOWER:
        tower_lines(v, n, l);
        break;
    case DH_COOLING_COOLERS:
        cooler_lines(v, n, l);
        break;
    case DH_COOLING_REUSE:
        reuse_lines(v, n, l);
        break;
    case DH_COOLING_CHILLERS:
        chiller_lines(v, n, l);
        break;
    case DH_COOLING_PUMPS:
        plant_lines(v, n, l);
        break;
    case DH_COOLING_AIR:
    case DH_COOLING_CDU:
        front_lines(v, n, l);
        break;
    case DH_COOLING_HALL:
    case DH_COOLING_PLATES:
        back_lines(n, l);
        break;
    case DH_N_COOLING_PART:
        break;
    }
}
