#include "output/report_facility.h"

#include <math.h>
#include <stdio.h>

/* A ratio with what is divided by what. */
static void ratio(struct dh_page *page, const char *name, const char *key, int decimals, const char *unit,
                  const char *what) {
    double v = dh_page_value(page, key);
    if (isnan(v))
        return;
    dh_page_label(page, 1, name);
    dh_page_cell(page, v, decimals, unit);
    dh_text_printf(page->out, "   %s\n", what);
}

void dh_report_ratios(struct dh_page *page) {
    if (isnan(dh_page_value(page, "metrics.pue3")))
        return;
    dh_page_heading(page, "RATIOS", NULL, NULL, NULL);
    ratio(page, "PUE1", "metrics.pue1", 3, "", "facility over UPS output");
    ratio(page, "PUE2", "metrics.pue2", 3, "", "facility over PDU output");
    ratio(page, "PUE3", "metrics.pue3", 3, "", "facility over rack input");
    ratio(page, "ITUE", "metrics.itue", 3, "", "rack input over compute parts");
    ratio(page, "TUE", "metrics.tue", 3, "", "facility over compute parts");
    ratio(page, "WUE, site", "metrics.wue_site_l_per_kwh", 3, "L/kWh", "make-up over IT energy");
    ratio(page, "WUE, consumption", "metrics.wue_consumption_l_per_kwh", 3, "L/kWh",
          "make-up less blowdown over IT energy");
    ratio(page, "WUE, source", "metrics.wue_source_l_per_kwh", 3, "L/kWh",
          "with the power plants' water, over IT energy");
    ratio(page, "CUE", "metrics.cue_kg_per_kwh", 4, "kg/kWh", "location-based CO2e over IT energy");
    ratio(page, "MLC", "metrics.mlc", 3, "", "cooling over IT energy, ASHRAE 90.4");
    ratio(page, "MLC, limit of the zone", "metrics.mlc_limit", 3, "", "ASHRAE 90.4-2016 Addendum g");
    ratio(page, "Work per energy", "metrics.work_gpu_h_per_kwh", 4, "h/kWh",
          "GPU hours at full clock over facility energy");
}
