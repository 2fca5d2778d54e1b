/* What followed from each trip: its steps in words, the first times, and what it cost. */
#include "sim/api/summarize.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

enum { ROOM = 1024 };

/* A text that grows up to its room. */
struct words {
    char at[ROOM];
    size_t n;
};

__attribute__((format(printf, 2, 3))) static void say(struct words *t, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = t->n < ROOM ? vsnprintf(t->at + t->n, ROOM - t->n, format, args) : 0;
    va_end(args);
    t->n += n > 0 ? (size_t)n : 0;
}

enum subject { STAGE, RACK, COOLING, JOB };

static const char *name_of(const struct dh_world *w, enum subject what, int32_t row) {
    if (row < 0)
        return "";
    return what == STAGE  ? w->f->stage_name[row]
           : what == RACK ? w->f->rack_name[row]
           : what == JOB  ? dh_job_id(&w->jobs, row)
                          : dh_plant_cooling_name(w->f, row);
}

static void list(struct words *t, const struct dh_world *w, enum subject what, const int32_t *rows,
                 int32_t n) {
    for (int32_t i = 0; i < n && i < DH_BLAST_NAMES; i++)
        say(t, "%s%.60s", i ? ", " : "", name_of(w, what, rows[i]));
    if (n > DH_BLAST_NAMES)
        say(t, " and %d more", (int)(n - DH_BLAST_NAMES));
}

/* How a step is told. value: how its figure is put behind the names, NULL: not. */
static const struct telling {
    enum dh_incident kind;
    enum subject what;
    const char *says, *value;
    double scale;
} tellings[] = {
    {DH_INCIDENT_STAGE_DEAD,       STAGE,   "without power: ",            NULL,                             0  },
    {DH_INCIDENT_STAGE_LIVE,       STAGE,   "with power again: ",         NULL,                             0  },
    {DH_INCIDENT_BATTERY_BEGIN,    STAGE,   "on battery: ",               NULL,                             0  },
    {DH_INCIDENT_BATTERY_END,      STAGE,   "fed again, off battery: ",   NULL,                             0  },
    {DH_INCIDENT_BATTERY_EMPTY,    STAGE,   "battery drops its load: ",   NULL,                             0  },
    {DH_INCIDENT_GENERATOR_ON,     STAGE,   "generators on the bus: ",    " (%.0f running)",                1  },
    {DH_INCIDENT_GENERATOR_OFF,    STAGE,   "generators leave the bus: ", " (%.0f running)",                1  },
    {DH_INCIDENT_GENERATOR_FAILED, STAGE,   "generators fail: ",          " (%.0f)",                        1  },
    {DH_INCIDENT_GENERATOR_STALL,  STAGE,   "generators stall: ",         " (load %.0f % of their rating)", 100},
    {DH_INCIDENT_FUEL_EMPTY,       STAGE,   "out of fuel: ",              NULL,                             0  },
    {DH_INCIDENT_BREAKER_TRIP,     STAGE,   "breaker opens: ",            " (current %.0f % of its own)",   100},
    {DH_INCIDENT_OVERLOAD_BEGIN,   STAGE,   "above its rating: ",         " (%.0f %)",                      100},
    {DH_INCIDENT_OVERLOAD_END,     STAGE,   "within its rating again: ",  NULL,                             0  },
    {DH_INCIDENT_COOLING_DEAD,     COOLING, "cooling without power: ",    NULL,                             0  },
    {DH_INCIDENT_COOLING_LIVE,     COOLING, "cooling with power again: ", NULL,                             0  },
    {DH_INCIDENT_COOLING_SHORT,    COOLING, "too warm: ",                 " (%.1f K above its set-point)",  1  },
    {DH_INCIDENT_RACK_DARK,        RACK,    "dark",                       NULL,                             0  },
    {DH_INCIDENT_RACK_LIT,         RACK,    "with power again",           NULL,                             0  },
    {DH_INCIDENT_THROTTLE_BEGIN,   RACK,    "slowed by heat",             " (%.0f degC)",                   1  },
    {DH_INCIDENT_SHUTDOWN,         RACK,    "switched off by heat",       " (%.0f degC)",                   1  },
    {DH_INCIDENT_RESTORED,         RACK,    "cool enough to go on",       NULL,                             0  },
    {DH_INCIDENT_JOB_FAILED,       JOB,     "lost its nodes",             NULL,                             0  },
};

/* One figure, with "%" written plainly in the table. */
static void say_value(struct words *t, const struct telling *how, double value) {
    for (const char *c = how->value; c && *c; c++)
        if (*c == '%' && c[1] == '.') {
            say(t, "%.*f", c[2] - '0', value * how->scale);
            c += 3;
        } else {
            say(t, "%c", *c);
        }
}

static void tell(struct words *t, const struct dh_world *w, const struct dh_blast_step *step) {
    const struct telling *how = NULL;
    for (size_t i = 0; i < sizeof tellings / sizeof *tellings; i++)
        if (tellings[i].kind == step->kind)
            how = &tellings[i];
    if (!how)
        return;
    if (how->what != RACK && how->what != JOB) {
        bool full = step->kind == DH_INCIDENT_BATTERY_EMPTY && step->value > 1000;
        say(t, "%s", full ? "UPS gives up, above what battery or inverter carry: " : how->says);
        list(t, w, how->what, step->subject, step->n);
    } else if (step->n == 1) {
        say(t, "%s %s: %.60s", how->what == RACK ? "rack" : "job", how->says,
            name_of(w, how->what, step->subject[0]));
    } else {
        say(t, "first of %d %s %s: %.60s", (int)step->n, how->what == RACK ? "racks" : "jobs", how->says,
            name_of(w, how->what, step->subject[0]));
    }
    say_value(t, how, step->value);
}

static void put_steps(struct dh_summary *out, const struct dh_world *w, const struct dh_blast *b, int i) {
    for (int32_t k = 0; k < b->n_step; k++) {
        struct words t = {0};
        tell(&t, w, &b->step[k]);
        dh_put_at(out, dh_time_to_s(b->step[k].at - b->at), "blast.%d.steps.%d.after_s", i, (int)k);
        dh_put_text_at(out, t.at, "blast.%d.steps.%d.what", i, (int)k);
    }
    if (b->n_more > 0)
        dh_put_at(out, b->n_more, "blast.%d.more_steps", i);
}

/* Names, as many as are kept; "nothing" is said too. */
static void put_lost(struct dh_summary *out, const struct dh_world *w, const struct dh_blast *b, int i) {
    struct words power = {0}, cooling = {0}, over = {0};
    list(&power, w, STAGE, b->stages.row, b->stages.n);
    int32_t dark = b->n[DH_INCIDENT_RACK_DARK];
    if (dark > 0)
        say(&power, "%s%d rack%s", power.n ? ", " : "", (int)dark, dark == 1 ? "" : "s");
    list(&cooling, w, COOLING, b->cooling.row, b->cooling.n);
    for (int32_t s = 0; s < w->f->n_stage && over.n < ROOM - 80; s++)
        if (w->power.stage_peak[s].n_over > b->over_mark[s])
            say(&over, "%s%.60s", over.n ? ", " : "", w->f->stage_name[s]);
    dh_put_text_at(out, power.n ? power.at : "nothing", "blast.%d.lost_power", i);
    dh_put_text_at(out, cooling.n ? cooling.at : "nothing", "blast.%d.lost_cooling_power", i);
    dh_put_text_at(out, over.n ? over.at : "nothing", "blast.%d.overloaded", i);
    if (b->most_loaded >= 0) {
        dh_put_text_at(out, w->f->stage_name[b->most_loaded], "blast.%d.most_loaded", i);
        dh_put_at(out, b->overload, "blast.%d.most_loaded_share", i);
    }
}

static void put_after(struct dh_summary *out, const struct dh_blast *b, int i, enum dh_incident kind,
                      const char *member) {
    if (b->first[kind] != DH_TIME_NONE)
        dh_put_at(out, dh_time_to_s(b->first[kind] - b->at), "blast.%d.%s", i, member);
}

static void put_times(struct dh_summary *out, const struct dh_blast *b, int i) {
    put_after(out, b, i, DH_INCIDENT_STAGE_DEAD, "power_lost_s");
    put_after(out, b, i, DH_INCIDENT_BATTERY_BEGIN, "battery_begin_s");
    if (isfinite(b->battery_s))
        dh_put_at(out, b->battery_s, "blast.%d.battery_lasts_s", i);
    put_after(out, b, i, DH_INCIDENT_GENERATOR_ON, "generator_s");
    put_after(out, b, i, DH_INCIDENT_BATTERY_END, "battery_end_s");
    put_after(out, b, i, DH_INCIDENT_BATTERY_EMPTY, "battery_empty_s");
    put_after(out, b, i, DH_INCIDENT_RACK_DARK, "dark_s");
    put_after(out, b, i, DH_INCIDENT_COOLING_SHORT, "cooling_short_s");
    put_after(out, b, i, DH_INCIDENT_THROTTLE_BEGIN, "throttle_s");
    put_after(out, b, i, DH_INCIDENT_SHUTDOWN, "shutdown_s");
    if (b->over != DH_TIME_NONE)
        dh_put_at(out, dh_time_to_s(b->over - b->at), "blast.%d.over_s", i);
    if (b->next != DH_TIME_NONE)
        dh_put_at(out, dh_time_to_s(b->next - b->at), "blast.%d.next_trip_s", i);
}

static void put_blast(struct dh_summary *out, const struct dh_world *w, const struct dh_blast *b, int i,
                      double usd_per_gpu_h) {
    char at[21];
    dh_put_instant(at, w, b->at);
    dh_put_text_at(out, b->trip, "blast.%d.trip", i);
    dh_put_text_at(out, at, "blast.%d.at", i);
    dh_put_at(out, b->units, "blast.%d.units", i);
    if (b->back != DH_TIME_NONE)
        dh_put_at(out, dh_time_to_s(b->back - b->at), "blast.%d.for_s", i);
    put_lost(out, w, b, i);
    put_steps(out, w, b, i);
    put_times(out, b, i);
    if (!isnan(b->inlet_degc))
        dh_put_at(out, b->inlet_degc, "blast.%d.hottest_inlet_degc", i);
    dh_put_at(out, b->n[DH_INCIDENT_RACK_DARK], "blast.%d.racks_dark", i);
    dh_put_at(out, b->n[DH_INCIDENT_THROTTLE_BEGIN], "blast.%d.racks_throttled", i);
    dh_put_at(out, b->n[DH_INCIDENT_SHUTDOWN], "blast.%d.racks_shut_down", i);
    dh_put_at(out, b->n[DH_INCIDENT_JOB_FAILED], "blast.%d.jobs_killed", i);
    dh_put_at(out, b->lost_work_gpu_h, "blast.%d.lost_work_gpu_h", i);
    dh_put_at(out, b->down_gpu_h, "blast.%d.down_gpu_h", i);
    dh_put_at(out, b->slowed_gpu_h, "blast.%d.slowed_gpu_h", i);
    dh_put_at(out, dh_blast_gpu_h(b), "blast.%d.lost_gpu_h", i);
    if (!isnan(usd_per_gpu_h))
        dh_put_at(out, dh_blast_gpu_h(b) * usd_per_gpu_h, "blast.%d.lost_usd", i);
}

void dh_summarize_blast(struct dh_summary *out, const struct dh_world *w) {
    double usd_per_gpu_h = dh_summary_value(out, "cost.per_gpu_hour_available");
    int i = 0;
    for (int32_t t = 0; t < w->failure.n_trip; t++)
        if (w->failure.trips[t].began)
            put_blast(out, w, &w->failure.trips[t].blast, i++, usd_per_gpu_h);
}
