/* Water-cooled chillers by the DOE-2 EIR model (FACILITY C8; EnergyPlus Engineering Reference,
 * Chiller:Electric:EIR): capacity = reference capacity x capFT(T_evap leaving, T_cond entering) power    =
 * capacity / COP_ref x eirFT(T_evap, T_cond) x eirFPLR(part load) x cycling Outside the range of temperatures
 * for which curves were fitted they are taken at its edge, and the efficiency then follows Carnot's (towards
 * more lift always, towards less lift only at the evaporator), see .c. */
#ifndef DH_MODELS_CHILLER_H
#define DH_MODELS_CHILLER_H

#include <stdbool.h>

struct dh_chiller_curves {
    const char *name;
    double cop_ref, evap_ref_degc, cond_ref_degc; /* leaving evaporator, entering condenser */
    double plr_min, plr_min_unload, plr_max;
    double evap_min_degc, evap_max_degc, cond_min_degc, cond_max_degc;
    double cap[6], eir[6], plr[3]; /* a1 + a2 Te + a3 Te^2 + a4 Tc + a5 Tc^2 + a6 Te Tc; c1 + c2 x + c3 x^2 */
    double motor;                  /* share of the power that becomes heat of the condenser water */
};

/* The machine that plants are made of: a centrifugal chiller with variable speed, of the 159 EIR machines of
 * the Modelica Buildings library the one whose range fits water of 5-15 degC and condensers of 13-32 degC. */
extern const struct dh_chiller_curves dh_chiller_centrifugal_vsd;

/* Values of the curves at two temperatures, exactly as published: no clamping, no normalisation. */
double dh_chiller_cap_ft(const struct dh_chiller_curves *curves, double evap_degc, double cond_degc);
double dh_chiller_eir_ft(const struct dh_chiller_curves *curves, double evap_degc, double cond_degc);
/* Power of one published machine of reference capacity ref_w under load_w (at most the highest part load
 * ratio). */
double dh_chiller_published_power_w(const struct dh_chiller_curves *curves, double ref_w, double evap_degc,
                                    double cond_degc, double load_w);

/* One condition of a plant's chillers: curves normalised to 1 at the reference point, clamped, scaled. */
struct dh_chiller_point {
    double capacity_w;   /* of one machine, highest part load ratio left out */
    double full_power_w; /* of one machine at part load ratio 1 */
    bool clamped;        /* a temperature was outside the curves' range */
};
struct dh_chiller_point dh_chiller_at(const struct dh_chiller_curves *curves, double ref_w, double cop_ref,
                                      double evap_degc, double cond_degc);

/* Power of n machines that share load_w in the number that draws the least; *running gets that number. At
 * most n * capacity * plr_max can be carried: more load than that counts as that. Continuous and rising in
 * load_w. */
double dh_chiller_power_w(const struct dh_chiller_curves *curves, const struct dh_chiller_point *point, int n,
                          double load_w, int *running);

#endif
