/* State machines of the power graph in a run: batteries of UPS, standby generators. Private to world_*.c and
 * to whoever reports on them. */
#ifndef DH_MODELS_WORLD_POWER_H
#define DH_MODELS_WORLD_POWER_H

#include "models/power.h"
#include "sim/rng.h"

/* A UPS with a battery. */
struct dh_ups_run {
    int32_t stage;
    const struct dh_ups_battery_spec *battery; /* NULL: none */
    const struct dh_eco_mode_spec *eco;        /* NULL: none */
    dh_uw_ns reserve;                          /* what all modules' full batteries hold for use */
    struct dh_rng rng;
    bool was_on_battery, was_fed, gave_up; /* gave_up: above its C-rate, or its transfer failed */
    bool on_bypass;
    dh_time fed_since, on_since; /* on_since: on battery */
    dh_time on_total;
    int64_t n_on_battery, n_empty, n_transfer, n_failed_transfer;
};

/* Generators of one stage. */
struct dh_generator_run {
    int32_t stage;
    const struct dh_generator_spec *spec;
    enum { DH_GENERATOR_STOPPED, DH_GENERATOR_ASKED, DH_GENERATOR_COOLING, DH_GENERATOR_STALLED } phase;
    struct dh_rng rng;
    dh_time *starts_at, *fails_at; /* of each set, while asked or cooling; DH_TIME_MAX: never */
    dh_time cool_until;
    dh_time counted_at;
    int32_t n_running, n_bus; /* sets that run; of these, those that carry: none until the bus closes */
    bool closed;
    dh_time closed_at;
    int32_t n_gave_up; /* sets that will not start, and when their last attempt is over */
    dh_time gave_up_at, failed_told_at;
    bool told_gave_up;
    double first_step; /* largest load that came at once when the bus closed, over the sets' rating */
    __extension__ __int128 set_ns; /* running time of all sets together */
    int64_t n_start, n_failed_attempt, n_failed_start, n_failed_run, n_stall;
    double tank_j; /* INFINITY: no end */
    bool dry;
};

/* A breaker, and the heat of its thermal element at `at`. */
struct dh_breaker_run {
    int32_t stage;
    const struct dh_breaker_spec *spec;
    double share, heat; /* share: current since `at`, over the rated one */
    dh_time at, closes_at;
    int64_t n_trip;
};

struct dh_power_run {
    struct dh_ups_run *ups;
    struct dh_generator_run *generator;
    struct dh_breaker_run *breaker;
    int32_t n_ups, n_generator, n_breaker;
    bool *told_live; /* of each stage: what was last said of it */
    dh_time planned; /* of the next look; DH_TIME_NONE: none is planned */
    bool watch;      /* a deadline depends on the load */
};

/* Usable energy in the batteries of a UPS now. */
dh_uw_ns dh_ups_level(const struct dh_power *p, const struct dh_ups_run *ups, dh_time now);

/* A stage's generators: set up; what they do now; the next instant at which they do something. watch: it
 * depends on the load. */
struct dh_world;
enum dh_err dh_world_generator_start(struct dh_world *w, int32_t stage);
enum dh_err dh_world_generator_step(struct dh_world *w, struct dh_generator_run *g);
dh_time dh_world_generator_next(const struct dh_world *w, const struct dh_generator_run *g, bool *watch);
/* Their load is more than their engines carry. */
bool dh_generator_is_overloaded(const struct dh_world *w, const struct dh_generator_run *g);

/* Fuel of a stage's generators so far, J of higher heating value. */
double dh_generator_fuel_j(const struct dh_power *p, const struct dh_generator_run *g, dh_time now);

#endif
