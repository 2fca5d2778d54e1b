/* US customary units of a report: NIST Handbook 44, appendix C; Btu of the International Table (1055.05585262
 * J); a ton of refrigeration is 12,000 of them an hour. Electricity stays in watts, as US bills have it. */
#include "output/report_page.h"

#include <string.h>

static const struct {
    const char *unit, *us;
    double scale, offset; /* us = v x scale + offset */
} units[] = {
    {"degC",     "degF",           1.8,                          32},
    {"m3",       "gal",            1 / 3.785411784e-3,           0 },
    {"L",        "gal",            1 / 3.785411784,              0 },
    {"L/kWh",    "gal/kWh",        1 / 3.785411784,              0 },
    {"t CO2e",   "short tons",     1 / 0.90718474,               0 },
    {"kg/kWh",   "lb/kWh",         1 / 0.45359237,               0 },
    {"g/kWh",    "lb/MWh",         1 / 0.45359237,               0 },
    {"m2",       "sq ft",          1 / (0.3048 * 0.3048),        0 },
    {"kg/m2",    "lb/sq ft",       0.3048 * 0.3048 / 0.45359237, 0 },
    {"kW cold",  "tons",           3600 / (12 * 1055.05585262),  0 },
    {"kWh heat", "kBtu",           3600 / 1055.05585262,         0 },
    {"MWh heat", "MMBtu",          3600 / 1055.05585262,         0 },
    {"GWh heat", "thousand MMBtu", 3600 / 1055.05585262,         0 },
};

/* What "kW cold" and "kWh heat" are in SI. */
static const char *plain(const char *unit) {
    return strcmp(unit, "kW cold") == 0    ? "kW"
           : strcmp(unit, "kWh heat") == 0 ? "kWh"
           : strcmp(unit, "MWh heat") == 0 ? "MWh"
           : strcmp(unit, "GWh heat") == 0 ? "GWh"
                                           : unit;
}

const char *dh_page_unit(const struct dh_page *page, double *v, const char *unit) {
    for (size_t i = 0; page->style.us && i < sizeof units / sizeof *units; i++)
        if (strcmp(units[i].unit, unit) == 0) {
            *v = *v * units[i].scale + units[i].offset;
            return units[i].us;
        }
    return plain(unit);
}
