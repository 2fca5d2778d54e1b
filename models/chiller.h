/* Chillers by the DOE-2 models (FACILITY C8; EnergyPlus Engineering Reference, Chiller:Electric:EIR and
 * Chiller:Electric:ReformulatedEIR):
 *
 *   capacity = reference capacity x capFT(T_evap, T_cond)
 *   power    = capacity / COP_ref x eirFT(T_evap, T_cond) x eirFPLR(part load) x cycling
 *   heat of the condenser = load + motor x power
 *
 * T_evap is the chilled water that leaves. T_cond is the condenser water that enters (EIR), the dry bulb (EIR
 * of an air-cooled machine, whose condenser fans are within COP_ref), or the condenser water that leaves
 * (reformulated: found by iteration, because the machine's own heat is in it; eirFPLR then depends on it
 * too).
 *
 * Curves are fits. Outside the temperatures for which they were fitted they are never extrapolated: they are
 * taken at the edge, with the same lift where the chilled water is too warm or too cold, and the efficiency
 * goes on from there as Carnot's does, COP ~ T_evap / (T_cond - T_evap) in kelvin. A point at which that
 * happened is marked as clamped. Nothing fails; nothing is allocated. */
#ifndef DH_MODELS_CHILLER_H
#define DH_MODELS_CHILLER_H

#include "scenarios/scenario.h"

#include <stdbool.h>

enum dh_chiller_form { DH_CHILLER_EIR, DH_CHILLER_REFORMULATED };

/* One machine as published. cap, eir: a1 + a2 Te + a3 Te^2 + a4 Tc + a5 Tc^2 + a6 Te Tc. plr, EIR: c1 + c2 y
 * + c3 y^2 with y the part load; reformulated: c1 + c2 x + c3 x^2 + c4 y + c5 y^2 + c6 x y + c7 x^3 + c8 y^3
 * + c9 x^2 y + c10 x y^2 with x the condenser water that leaves. */
struct dh_chiller_curves {
    const char *name;
    enum dh_chiller_form form;
    bool air_cooled;                              /* T_cond is the dry bulb */
    double ref_w;                                 /* reference capacity of the published machine */
    double cop_ref, evap_ref_degc, cond_ref_degc; /* leaving evaporator; T_cond as the form has it */
    double plr_min;                               /* below it the machine cycles */
    double plr_min_unload;                        /* below it hot gas or vanes waste what is saved */
    double plr_max;
    double evap_min_degc, evap_max_degc, cond_min_degc, cond_max_degc;
    double cap[6], eir[6], plr[10];
    double cond_w_per_k; /* capacity flow of the condenser water at the reference point */
    double motor;        /* share of the power that becomes heat of the condenser water: 1 hermetic */
};

/* The machine of plants that name none: a centrifugal chiller with variable speed, of the 157 water-cooled
 * EIR machines of the Modelica Buildings library the one whose range fits water of 5-15 degC and condensers
 * of 13-32 degC. */
extern const struct dh_chiller_curves dh_chiller_centrifugal_vsd;

/* Values of the curves, exactly as published: no clamping, no normalisation. */
double dh_chiller_cap_ft(const struct dh_chiller_curves *curves, double evap_degc, double cond_degc);
double dh_chiller_eir_ft(const struct dh_chiller_curves *curves, double evap_degc, double cond_degc);
double dh_chiller_eir_fplr(const struct dh_chiller_curves *curves, double cond_degc, double plr);
/* Power of one published machine of reference capacity ref_w under load_w (at most the highest part load
 * ratio), cond_degc as the form has it. */
double dh_chiller_published_power_w(const struct dh_chiller_curves *curves, double ref_w, double evap_degc,
                                    double cond_degc, double load_w);

/* One condition of a plant's machines: curves normalised to 1 at their own reference point (of the 159 EIR
 * machines 37 capacity and 34 efficiency curves are more than 2 % off there), clamped, scaled. cond_degc as
 * the form has it. */
struct dh_chiller_point {
    double capacity_w;   /* of one machine at part load ratio 1 */
    double full_power_w; /* of one machine at part load ratio 1, before eirFPLR */
    double cond_degc;    /* what eirFPLR takes: clamped */
    double least_eir;    /* Carnot's machine between the refrigerant's temperatures */
    bool clamped;        /* a temperature was outside the curves' range */
};
struct dh_chiller_point dh_chiller_at(const struct dh_chiller_curves *curves, double ref_w, double cop_ref,
                                      double evap_degc, double cond_degc);

/* Condenser water, entering, below which a machine gains nothing: that of its lowest condensing pressure. A
 * tower that makes it colder only spends fan power. rise_k: of the water through the condenser. */
double dh_chiller_coldest_useful_degc(const struct dh_chiller_curves *curves, double evap_degc,
                                      double rise_k);

/* What n equal machines do with a load. */
struct dh_chiller_work {
    double power_w;
    double carried_w;           /* of the load, as much as n machines can at their highest part load */
    double most_w;              /* that they could carry */
    double condenser_w;         /* heat given to the condenser: carried_w + motor x power_w */
    double condenser_left_degc; /* water that leaves it; the dry bulb for an air-cooled machine */
    double plr;                 /* part load ratio of each that runs */
    int running;
    bool clamped;
};

/* n machines, each ref_w with efficiency cop_ref at the curves' reference point, share load_w in the number
 * that draws the least. cond_degc is the condenser water that enters (or the dry bulb), for both forms;
 * cond_w_per_k the capacity flow of condenser water through each running machine, or 0 for the published flow
 * over ref_w. Rises with load_w wherever the part load curve
 * does (fits of the reformulated form, and three others, fall at low load), but for steps below 1 % where
 * another machine starts. n < 1 or no load: all zero. */
struct dh_chiller_work dh_chiller_carry(const struct dh_chiller_curves *curves, double ref_w, double cop_ref,
                                        int n, double evap_degc, double cond_degc, double cond_w_per_k,
                                        double load_w);

/* The curves of a machine of the catalog, as its row has them; they point into the row. */
struct dh_chiller_curves dh_chiller_curves_of(const struct dh_chiller_spec *spec);

/* The same with exactly `running` machines: what runs while a plant may not start or stop one. */
struct dh_chiller_work dh_chiller_share(const struct dh_chiller_curves *curves, double ref_w, double cop_ref,
                                        int running, double evap_degc, double cond_degc, double cond_w_per_k,
                                        double load_w);

/* NULL for curves that can be used, else what is wrong with them: not finite, no capacity or no efficiency at
 * the reference point, limits the wrong way round, a reference point that needs less work than Carnot's. */
const char *dh_chiller_fault(const struct dh_chiller_curves *curves);

#endif
