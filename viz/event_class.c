/* How grave an event is: its row of the timeline, its mark and its colour, everywhere alike; and its words.
 */
#include "viz/parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum dh_event_class dh_event_class(enum dh_incident kind) {
    switch (kind) {
    case DH_INCIDENT_INTERRUPTED:
    case DH_INCIDENT_SHUTDOWN:
    case DH_INCIDENT_STAGE_DEAD:
    case DH_INCIDENT_RACK_DARK:
    case DH_INCIDENT_BATTERY_EMPTY:
    case DH_INCIDENT_BREAKER_TRIP:
    case DH_INCIDENT_JOB_FAILED:
    case DH_INCIDENT_FAILURE:
    case DH_INCIDENT_SHOCK:
    case DH_INCIDENT_HUMAN_ERROR:
    case DH_INCIDENT_TRIP:
    case DH_INCIDENT_COOLING_DEAD:
    case DH_INCIDENT_GENERATOR_FAILED:
    case DH_INCIDENT_GENERATOR_STALL:
    case DH_INCIDENT_FUEL_EMPTY:
    case DH_INCIDENT_STORE_STILL:
        return DH_EVENT_FAILURE;
    case DH_INCIDENT_CAP_BEGIN:
    case DH_INCIDENT_THROTTLE_BEGIN:
    case DH_INCIDENT_REJECTED:
    case DH_INCIDENT_SLO_MISSED:
    case DH_INCIDENT_SIGNAL_BEGIN:
    case DH_INCIDENT_BATTERY_BEGIN:
    case DH_INCIDENT_STAGE_CAP_BEGIN:
    case DH_INCIDENT_OVERLOAD_BEGIN:
    case DH_INCIDENT_COOLING_SHORT:
    case DH_INCIDENT_STORE_FULL:
        return DH_EVENT_LIMIT;
    case DH_INCIDENT_GENERATOR_ON:
    case DH_INCIDENT_GENERATOR_OFF:
    case DH_INCIDENT_MAINTENANCE:
    case DH_INCIDENT_SET_SUPPLY:
    case DH_INCIDENT_SET_CAP:
    case DH_INCIDENT_SET_STAGE_CAP:
    case DH_INCIDENT_SET_GPU_CAP:
    case DH_INCIDENT_SET_BURST:
    case DH_INCIDENT_DRAIN:
    case DH_INCIDENT_UNDRAIN:
    case DH_INCIDENT_INJECT:
        return DH_EVENT_DEED;
    case DH_INCIDENT_RESTORED:
    case DH_INCIDENT_STAGE_LIVE:
    case DH_INCIDENT_RACK_LIT:
    case DH_INCIDENT_SIGNAL_END:
    case DH_INCIDENT_BATTERY_END:
    case DH_INCIDENT_REPAIRED:
    case DH_INCIDENT_MAINTENANCE_END:
    case DH_INCIDENT_TRIP_END:
    case DH_INCIDENT_PUT_BACK:
    case DH_INCIDENT_COOLING_MET:
    case DH_INCIDENT_COOLING_LIVE:
    case DH_INCIDENT_STORE_BACK:
        return DH_EVENT_GOOD;
    case DH_INCIDENT_BURST: /* of each job: the cloud's GPUs tell it */
    case DH_INCIDENT_REPLICAS:
    case DH_INCIDENT_CAP_END:
    case DH_INCIDENT_THROTTLE_END:
    case DH_INCIDENT_STAGE_CAP_END:
    case DH_INCIDENT_OVERLOAD_END:
    case DH_INCIDENT_SLO_MET:
    case DH_INCIDENT_RACK_ENERGIZED:
    case DH_N_INCIDENT:
        break;
    }
    return DH_EVENT_QUIET;
}

bool dh_event_matters(const struct dh_view_event *e) {
    return dh_event_class(e->kind) != DH_EVENT_QUIET;
}

const char *dh_event_mark(enum dh_event_class class) {
    static const char *const marks[DH_N_EVENT_CLASS] = {"", "\u2715", "\u25b2", "\u25c6", "\u2713"};
    return marks[class];
}

uint32_t dh_event_color(enum dh_event_class class) {
    static const uint32_t colors[DH_N_EVENT_CLASS] = {DH_INK_FAINT, DH_RED, DH_AMBER, DH_ACCENT, DH_GREEN};
    return colors[class];
}

bool dh_event_words(const struct dh_view_event *e, char room[static DH_FORMAT_ROOM]) {
    static const struct {
        enum dh_incident kind;
        const char *words;
        double scale; /* of the value, where the words have it */
        bool span;    /* the value is a length of time */
    } words[] = {
        {DH_INCIDENT_THROTTLE_BEGIN,   "GPUs slow down at %.0f \u00b0C",     1,   false},
        {DH_INCIDENT_SHUTDOWN,         "GPUs stop at %.0f \u00b0C",          1,   false},
        {DH_INCIDENT_RESTORED,         "GPUs go on at %.0f \u00b0C",         1,   false},
        {DH_INCIDENT_CAP_BEGIN,        "power cap: clocks at %.0f %%",       100, false},
        {DH_INCIDENT_STAGE_CAP_BEGIN,  "its cap: clocks at %.0f %%",         100, false},
        {DH_INCIDENT_SLO_MISSED,       "SLO missed: first token %s",         1,   true },
        {DH_INCIDENT_BREAKER_TRIP,     "breaker opened at %.0f %%",          100, false},
        {DH_INCIDENT_OVERLOAD_BEGIN,   "%.0f %% of its rating",              100, false},
        {DH_INCIDENT_GENERATOR_ON,     "%.0f generator sets run",            1,   false},
        {DH_INCIDENT_GENERATOR_OFF,    "%.0f generator sets still run",      1,   false},
        {DH_INCIDENT_GENERATOR_FAILED, "%.0f generator sets failed",         1,   false},
        {DH_INCIDENT_COOLING_SHORT,    "%.1f K above its set-point",         1,   false},
        {DH_INCIDENT_COOLING_MET,      "back at its set-point",              0,   false},
        {DH_INCIDENT_COOLING_DEAD,     "without power",                      0,   false},
        {DH_INCIDENT_COOLING_LIVE,     "has power again",                    0,   false},
        {DH_INCIDENT_STAGE_DEAD,       "without power",                      0,   false},
        {DH_INCIDENT_STAGE_LIVE,       "carries load again",                 0,   false},
        {DH_INCIDENT_RACK_DARK,        "without power",                      0,   false},
        {DH_INCIDENT_RACK_LIT,         "has power again",                    0,   false},
        {DH_INCIDENT_BATTERY_BEGIN,    "on battery",                         0,   false},
        {DH_INCIDENT_BATTERY_END,      "fed again, off battery",             0,   false},
        {DH_INCIDENT_JOB_FAILED,       "lost its nodes, %.0f GPU h to redo", 1,   false},
        {DH_INCIDENT_FAILURE,          "unit %.0f failed",                   1,   false},
        {DH_INCIDENT_REPAIRED,         "unit %.0f repaired",                 1,   false},
        {DH_INCIDENT_MAINTENANCE,      "planned work takes out %.0f",        1,   false},
        {DH_INCIDENT_MAINTENANCE_END,  "planned work is over",               0,   false},
        {DH_INCIDENT_TRIP_END,         "%.0f back after a trip",             1,   false},
    };
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        if (words[i].kind != e->kind)
            continue;
        char span[DH_FORMAT_ROOM];
        bool figure = strchr(words[i].words, '%') != NULL;
        if (figure && !(fabs(e->value) < 1e9))
            return false;
        if (!figure)
            snprintf(room, DH_FORMAT_ROOM, "%s", words[i].words);
        else if (words[i].span)
            snprintf(room, DH_FORMAT_ROOM, words[i].words, dh_format_span(span, e->value));
        else
            snprintf(room, DH_FORMAT_ROOM, words[i].words, words[i].scale * e->value);
        return true;
    }
    return false;
}
