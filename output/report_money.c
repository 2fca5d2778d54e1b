/* Section of a report: what it costs, by part. */
#include "output/report_sections.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void dh_report_money(struct dh_page *page) {
    double all = dh_page_value(page, "cost.total"), hours = dh_page_value(page, "gpus.hours_busy");
    if (isnan(all))
        return;
    static const struct {
        const char *key, *name;
    } parts[] = {
        {"cost.energy",        "Energy"                  },
        {"cost.demand",        "Demand charges"          },
        {"cost.fixed",         "Fixed charges"           },
        {"cost.carbon",        "Carbon price"            },
        {"cost.water",         "Water and sewer"         },
        {"cost.fuel",          "Fuel"                    },
        {"cost.onsite_upkeep", "Upkeep of turbines"      },
        {"cost.export",        "Energy given to the grid"},
        {"cost.response",      "Requests of the grid"    },
        {"cost.capex",         "Capital"                 },
        {"cost.maintenance",   "Maintenance"             },
        {"cost.staff",         "Staff"                   },
        {"cost.software",      "Software"                },
        {"cost.pipelines",     "Data: labels and cores"  },
        {"cost.storage",       "Stores of data"          },
        {"cost.cloud",         "Cloud instances"         },
        {"cost.egress",        "Cloud egress"            },
    };
    const char *currency = dh_page_text(page, "cost.currency");
    if (!currency)
        currency = "USD";
    /* Each place's costs over the hours worked there: cloud hours would flatter the site, and the other way
     * round. */
    double cloud_hours = dh_page_value(page, "burst.gpu_h"), site = all;
    int decimals = all < 1e5 ? 2 : 0;
    dh_page_heading(page, "COST", currency, "share", "per GPU hour");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        double part = dh_page_value(page, parts[i].key);
        bool there = strcmp(parts[i].key, "cost.cloud") == 0 || strcmp(parts[i].key, "cost.egress") == 0;
        if (isnan(part) || part == 0)
            continue;
        site -= there ? part : 0;
        dh_page_label(page, 1, parts[i].name);
        dh_page_cell(page, part, decimals, "");
        dh_page_percent(page, all != 0 ? part / all : NAN);
        dh_page_cell(page, part / (there ? cloud_hours : hours), 4, "");
        dh_page_end_line(page);
    }
    dh_page_label(page, 1, "Total");
    dh_page_cell(page, all, decimals, "");
    dh_page_percent(page, 1);
    dh_page_cell(page, dh_page_value(page, "cost.per_gpu_hour"), 4, "");
    dh_page_end_line(page);
    char unit[32];
    snprintf(unit, sizeof unit, "%.20s/h", currency);
    if (site != all)
        dh_page_line(page, "Site, per GPU hour used there", site / hours, 4, unit);
    dh_page_line(page, "Site, per GPU hour installed", dh_page_value(page, "cost.per_gpu_hour_available"), 4,
                 unit);
    snprintf(unit, sizeof unit, "%.20s/kWh", currency);
    dh_page_line(page, "Electricity, with demand charges", dh_page_value(page, "cost.energy_per_kwh"), 4,
                 unit);
}
