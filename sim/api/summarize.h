/* How a world that has run becomes the keys of output/summary_keys.def, part by part. Private to sim/api. A
 * quantity that the scenario does not model is left out: NAN adds nothing. */
#ifndef DH_SIM_API_SUMMARIZE_H
#define DH_SIM_API_SUMMARIZE_H

#include "sim/api/internal.h"

#define J_PER_KWH  3.6e6
#define S_PER_H    3600.0
#define S_PER_YEAR 31536000.0 /* 365 days */

/* Values under a key, whose unit and meaning stand in the table of keys. */
void dh_put_number(struct dh_summary *out, const char *key, double value);
void dh_put_count(struct dh_summary *out, const char *key, int64_t value);
void dh_put_text(struct dh_summary *out, const char *key, const char *value);
/* The same for keys that hold a name or a number. */
void dh_put_at(struct dh_summary *out, double value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void dh_put_text_at(struct dh_summary *out, const char *value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

double dh_kwh(dh_uw_ns energy);
double dh_energy_kwh(const struct dh_meter *meter, dh_time now);
/* ISO 8601, UTC. */
void dh_put_instant(char text[static 21], const struct dh_world *w, dh_time at);
double dh_or_zero(double value); /* 0 for NAN */

/* Stages that feed a stage or a rack: their number, and where they stand. */
int32_t dh_feeds_of_stage(const struct dh_facility *f, int32_t stage, const int32_t **feeds);
int32_t dh_feeds_of_rack(const struct dh_facility *f, int32_t rack, const int32_t **feeds);

/* Rated power of all racks; power limit of all sites; make-up water. */
double dh_it_rated_w(const struct dh_facility *f);
double dh_limit_w(const struct dh_world *w);
double dh_makeup_m3(const struct dh_world *w);
/* Heat taken for use elsewhere; NAN where no plant has such a user. */
double dh_reused_kwh(const struct dh_world *w);

/* Charges of the run: yearly ones by the share of a year (365 days) that was simulated. */
struct dh_charges {
    double fuel, onsite_upkeep, onsite, exported, response; /* exported: negative where it is paid for */
    double onsite_usd, onsite_life_usd_a; /* purchase; and its sum of price x years of life */
    double pipelines;                     /* items and core time */
    double energy, demand, fixed, it, network, building, maintenance, staff, software, water, storage, cloud,
        egress;
    double it_usd, network_usd, building_usd; /* purchases */
};

struct dh_charges dh_charges_of(const struct dh_world *w);

/* Charges of on-site sources and requests of the grid, into c; NAN what the scenario does not have. */
void dh_onsite_charges(struct dh_charges *c, const struct dh_world *w, const struct dh_economics_spec *eco);
double dh_onsite_fuel_kg(const struct dh_world *w); /* carbon of fuel burnt on site; NAN without turbines */
/* Of standby generators: running hours of all sets of a site, and carbon of all diesel burnt; NAN without. */
double dh_generator_hours(const struct dh_world *w, int32_t site);
double dh_diesel_kg(const struct dh_world *w);
/* Largest imbalance of on-site sources: with what the power tree was given, and of each storage. */
double dh_onsite_residual(const struct dh_world *w);

/* The parts of a summary. */
void dh_summarize_onsite(struct dh_summary *out, const struct dh_world *w);
void dh_summarize_redundancy(struct dh_summary *out, const struct dh_world *w);
void dh_summarize_power(struct dh_summary *out, const struct dh_world *w);
void dh_summarize_metrics(struct dh_summary *out, const struct dh_world *w);
/* What each branch of power and cooling has left; what held the site back, what was crossed. */
void dh_summarize_branches(struct dh_summary *out, const struct dh_world *w, int32_t *n_alert);
/* A limit is near from this share of it: the row *n of the alerts, and counts it. limit_kw, hours: NAN where
 * it has none; at: NULL likewise. The share is an assumption: what operators' meters warn at, 80 to 95 %. */
#define DH_ALERT_FROM 0.9
void dh_put_alert(struct dh_summary *out, int32_t *n, const char *what, double limit_kw, double worst,
                  double hours_near, const char *at);
/* Floor, phases, dates. */
void dh_summarize_sizing(struct dh_summary *out, const struct dh_world *w, int32_t *n_violation);
/* Row *n of the violations, and counts it. worst: as a share of the limit; at: NULL when it is no instant. */
void dh_put_violation(struct dh_summary *out, int32_t *n, const char *kind, double count, double worst,
                      const char *at);
void dh_summarize_limits(struct dh_summary *out, const struct dh_world *w);
void dh_summarize_carbon(struct dh_summary *out, const struct dh_world *w);
void dh_summarize_cost(struct dh_summary *out, const struct dh_world *w, const struct dh_charges *c);
/* The same over the site's life, where <finance> asks for it; after the cost. */
/* Its discount rate: <finance>'s, or else the cost of capital. */
double dh_finance_rate(const struct dh_economics_spec *eco);
void dh_summarize_finance(struct dh_summary *out, const struct dh_world *w, const struct dh_charges *c);
void dh_summarize_gpus(struct dh_summary *out, const struct dh_world *w);
void dh_summarize_down(struct dh_summary *out,
                       const struct dh_world *w); /* of the GPUs: part of the former */
void dh_summarize_failures(struct dh_summary *out, const struct dh_world *w);
void dh_summarize_blast(struct dh_summary *out, const struct dh_world *w); /* after the cost */
void dh_summarize_streams(struct dh_summary *out, const struct dh_world *w);
void dh_summarize_fabrics(struct dh_summary *out, const struct dh_world *w);
void dh_summarize_storage(struct dh_summary *out, const struct dh_world *w);
void dh_summarize_network(struct dh_summary *out, const struct dh_world *w);
double dh_storage_usd(const struct dh_world *w); /* of all stores */
void dh_summarize_gpu_time(struct dh_summary *out, const struct dh_world *w);
/* All its parts together, GPU ns: what is installed. */
dh_gpu_ns dh_gpu_time_sum(const struct dh_world *w);
void dh_summarize_kernels(struct dh_summary *out, const struct dh_world *w);
void dh_summarize_jobs(struct dh_summary *out, const struct dh_world *w);
void dh_summarize_swing(struct dh_summary *out, const struct dh_world *w);
void dh_summarize_burst(struct dh_summary *out, const struct dh_world *w);
void dh_summarize_data(struct dh_summary *out, const struct dh_world *w);
/* Items and core time of all pipelines; NAN where nothing of them is priced. */
double dh_pipelines_usd(const struct dh_world *w);
void dh_summarize_services(struct dh_summary *out, const struct dh_world *w);
/* Who pays, and what missed objectives give back: after cost and services. */
void dh_summarize_tenants(struct dh_summary *out, const struct dh_world *w);
void dh_summarize_evidence(struct dh_summary *out, const struct dh_world *w);
/* Residuals to out, the terms of each balance to terms. After the cost. */
void dh_summarize_audit(struct dh_summary *out, struct dh_summary *terms, const struct dh_world *w,
                        const struct dh_charges *c);
void dh_summarize_assumptions(struct dh_summary *out, const struct dh_sim *sim);
void dh_summarize_provenance(struct dh_summary *out, const struct dh_sim *sim);

#endif
