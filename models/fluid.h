/* Coolants: what a litre of them weighs and holds (FACILITY C4). */
#ifndef DH_MODELS_FLUID_H
#define DH_MODELS_FLUID_H

#include <stdint.h>

struct dh_fluid {
    double kg_per_m3, cp_j_per_kg_k;
};

/* fluid: water or PG25 (a quarter of propylene glycol), in the order of the scenario's choice. Water 992
 * kg/m3 and 4186 J/(kg K) at 40 degC; PG25 1020 kg/m3 and 3900 J/(kg K). */
struct dh_fluid dh_fluid_of(int32_t fluid);

#endif
