#include "models/pump.h"

#include <math.h>

#define SHUT_HEAD 1.25 /* head at shut valve over that at the best point */
/* A drive's loss as a share of its rating: a + b x, through 3 % of the input at full and 10 % at a fifth. */
#define DRIVE_A 0.0200458
#define DRIVE_B 0.0108820

static double clamp(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

double dh_pump_share(double flow, double held) {
    return held * flow + (1.0 - held) * (flow * flow * flow);
}

double dh_pump_frac(double flow) {
    return dh_pump_share(flow, DH_PUMP_HELD);
}

/* Shaft power to electric, shares of the shaft power at design. */
static double motor_input(const struct dh_pump *p, double shaft) {
    double full_loss = 1.0 / p->motor - 1.0;
    double input = shaft + full_loss * (0.5 + 0.5 * shaft * shaft);
    if (!p->drive)
        return input;
    double full_input = 1.0 / p->motor;
    return input + full_input * (DRIVE_A + DRIVE_B * input / full_input);
}

static double wheel_efficiency(const struct dh_pump *p, double flow, double speed) {
    double off = flow / speed - 1.0;
    return p->efficiency * clamp(1.0 - off * off, 0.05, 1.0);
}

struct dh_pump_point dh_pump_at(const struct dh_pump *p, double flow) {
    struct dh_pump_point at = {0};
    double v = clamp(flow, 0.0, 1.5);
    if (!(v > 0))
        return at;
    double needed = p->held + (1.0 - p->held) * v * v;
    double throttled = fmax(SHUT_HEAD - (SHUT_HEAD - 1.0) * v * v, 0.0);
    at.speed = p->drive ? sqrt((needed + (SHUT_HEAD - 1.0) * v * v) / SHUT_HEAD) : 1.0;
    double head = p->drive ? needed : fmax(throttled, needed);
    at.head_pa = p->head_pa * head;
    double fluid_w = at.head_pa * p->flow_m3_per_s * v;
    double shaft_w = fluid_w / wheel_efficiency(p, v, at.speed);
    double design_shaft_w = p->head_pa * p->flow_m3_per_s / p->efficiency;
    at.power_w = design_shaft_w * motor_input(p, shaft_w / design_shaft_w);
    at.efficiency = fluid_w / at.power_w;
    return at;
}

double dh_pump_design_w(const struct dh_pump *p) {
    return p->head_pa * p->flow_m3_per_s / p->efficiency * motor_input(p, 1.0);
}

double dh_pump_reset_held(double held, double most_open, double want, double low) {
    double ratio = most_open / want;
    return clamp(held * ratio * ratio, low, 1.0);
}
