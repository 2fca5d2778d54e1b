#include "models/sequence.h"

#include <math.h>

const struct dh_mode_rule dh_mode_rule_usual = {
    .tower_approach_k = 3.9,
    .exchanger_approach_k = 2.0,
    .enable_k = 1.1,
    .chiller_on_k = 1.1,
    .chiller_off_k = 0.5,
    .least_s = 1200,
};

static double clamp(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

double dh_economizer_share(double return_degc, double supply_degc, double wet_bulb_degc,
                           double tower_approach_k, double exchanger_approach_k) {
    double coldest = wet_bulb_degc + tower_approach_k + exchanger_approach_k;
    if (!(return_degc > supply_degc))
        return 0.0;
    return clamp((return_degc - coldest) / (return_degc - supply_degc), 0.0, 1.0);
}

enum dh_cooling_mode dh_mode_next(struct dh_mode_state *s, const struct dh_mode_rule *r, double now_s,
                                  double return_degc, double supply_degc, double wet_bulb_degc,
                                  double economizer_degc) {
    if (now_s < s->since_s + r->least_s && s->n_change > 0)
        return s->mode;
    bool worth = return_degc > wet_bulb_degc + r->tower_approach_k + r->exchanger_approach_k + r->enable_k;
    /* once on, it stays as long as it cools at all */
    bool helps = return_degc > wet_bulb_degc + r->tower_approach_k + r->exchanger_approach_k;
    enum dh_cooling_mode next = s->mode;
    switch (s->mode) {
    case DH_FREE_COOLING:
        if (economizer_degc > supply_degc + r->chiller_on_k)
            next = helps ? DH_PARTLY_FREE : DH_MECHANICAL;
        break;
    case DH_PARTLY_FREE:
        if (!helps)
            next = DH_MECHANICAL;
        else if (economizer_degc <= supply_degc + r->chiller_off_k)
            next = DH_FREE_COOLING;
        break;
    case DH_MECHANICAL:
        if (worth)
            next = DH_PARTLY_FREE;
        break;
    }
    if (next != s->mode) {
        s->mode = next;
        s->since_s = now_s;
        s->n_change++;
    }
    return next;
}

double dh_condenser_set_degc(double wet_bulb_degc, double approach_k, double load_share, double least_degc) {
    return fmax(wet_bulb_degc + approach_k * clamp(load_share, 0.25, 1.0), least_degc);
}

int dh_stage(int running, int n, double load_w, double each_w, double up, double down) {
    if (!(load_w > 0) || n < 1)
        return 0;
    running = running < 1 ? 1 : running > n ? n : running;
    while (running < n && load_w > up * running * each_w)
        running++;
    while (running > 1 && load_w < down * (running - 1) * each_w)
        running--;
    return running;
}

double dh_trim_and_respond(struct dh_trim_state *s, const struct dh_trim_rule *r, double now_s,
                           int requests) {
    if (now_s < s->next_s)
        return s->value;
    double step = r->trim;
    if (requests > r->ignored) {
        double respond = r->respond * (requests - r->ignored);
        step += fabs(respond) > fabs(r->respond_most) ? r->respond_most : respond;
    }
    s->value = clamp(s->value + step, r->low, r->high);
    s->next_s = now_s + r->period_s;
    return s->value;
}

bool dh_hysteresis(bool was_on, double measured, double on_at, double off_at) {
    if (on_at >= off_at)
        return measured > on_at || (was_on && measured >= off_at);
    return measured < on_at || (was_on && measured <= off_at);
}
