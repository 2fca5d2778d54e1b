/* Pumps and fans with variable speed (FACILITY C9). A system whose controls hold a part of the design
 * pressure (valves, static lift, a differential pressure set-point) needs head = H0 (s + (1 - s) v^2) at the
 * flow share v; the affinity laws give the speed n at which the pump's curve meets it; efficiencies of wheel,
 * motor and drive follow. With constant efficiencies that is P / P0 = s v + (1 - s) v^3. */
#ifndef DH_MODELS_PUMP_H
#define DH_MODELS_PUMP_H

#include <stdbool.h>

/* P / P0 of a loop that holds the share `held` of its design head, at constant efficiency: held v + (1 -
 * held) v^3. v >= 0. */
double dh_pump_share(double flow, double held);

/* held 0.3: usual for pressure reset to the most open valve; an assumption. */
#define DH_PUMP_HELD 0.3
double dh_pump_frac(double flow);

struct dh_pump {
    double flow_m3_per_s, head_pa; /* at design; air or water */
    double held;                   /* share of the head that controls hold at any flow, 0-1 */
    double efficiency;             /* of the wheel at its best point, which is the design point, 0-1 */
    double motor;                  /* of the motor at full load, 0-1 */
    bool drive; /* variable speed drive; without one the speed is constant and a valve throttles */
};

struct dh_pump_point {
    double
        power_w; /* electric; all of it ends as heat, in the fluid but for what leaves with the motor's air */
    double head_pa;    /* that the wheel makes */
    double speed;      /* of design */
    double efficiency; /* of wheel, motor and drive together */
};

/* At a flow share of design, 0 to 1.5. The wheel's head curve is n^2 h0 - (h0 - 1) v^2 with h0 = 1.25 at shut
 * valve, its efficiency a parabola in v / n with the top at 1 (both assumptions, usual for centrifugal
 * wheels); half of the motor's loss at full load is constant, half goes with the square of its load (an
 * assumption); drives lose 3 % at full and 10 % at a fifth of their load (FACILITY C9). No flow, no power. */
struct dh_pump_point dh_pump_at(const struct dh_pump *pump, double flow);

/* Power at design flow. */
double dh_pump_design_w(const struct dh_pump *pump);

/* Pressure set-point reset to the most open valve: the head share that opens it to `want` (0.9), from now's
 * share and that valve's opening, limited to low..1. A valve passes flow in proportion to opening x
 * sqrt(head). */
double dh_pump_reset_held(double held, double most_open, double want, double low);

#endif
