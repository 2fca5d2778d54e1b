/* A gas turbine or engine that makes electricity on site: fuel by load, lower limit, hot air. */
#ifndef DH_MODELS_TURBINE_H
#define DH_MODELS_TURBINE_H

struct dh_turbine {
    double rated_w;      /* at 15 degC */
    double efficiency;   /* at full load: electricity over fuel (higher heating value) */
    double part_load;    /* c1: heat rate at load x is full-load heat rate (1 - c1 + c1 / x) */
    double minimum;      /* lowest load as a share of the rating */
    double derate_per_k; /* rating lost for each kelvin above 15 degC */
};

/* What it can give in this air, W. */
double dh_turbine_available_w(const struct dh_turbine *t, double air_degc);

/* Fuel at this output, W; 0 at none. A turbine that loses rating in hot air burns by its load of the rating.
 */
double dh_turbine_fuel_w(const struct dh_turbine *t, double power_w);

/* What it runs at when so much is asked of it: 0 below half of its minimum, at least the minimum, at most
 * what the air allows. */
double dh_turbine_power_w(const struct dh_turbine *t, double asked_w, double air_degc);

#endif
