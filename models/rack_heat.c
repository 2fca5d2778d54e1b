#include "models/rack_heat.h"

#include "models/chip.h"
#include "sim/math.h"

struct dh_rack_chip {
    const struct dh_device_spec *device;
    double k_per_w, tau_s;
    double decay, decay_s; /* of the junction towards its steady value in decay_s */
};

enum dh_err dh_rack_heat_init(struct dh_rack_heat *h, const struct dh_facility *f, struct dh_arena *mem) {
    size_t n = (size_t)f->n_rack;
    *h = (struct dh_rack_heat){
        .air_flow = dh_arena_array(mem, n, sizeof *h->air_flow),
        .liquid_flow = dh_arena_array(mem, n, sizeof *h->liquid_flow),
        .gpu_full_w = dh_arena_array(mem, n, sizeof *h->gpu_full_w),
        .chip = dh_arena_array(mem, n, sizeof *h->chip),
    };
    if (n > 0 && (!h->air_flow || !h->liquid_flow || !h->gpu_full_w || !h->chip))
        return DH_ERR_MEMORY;
    for (int32_t r = 0; r < f->n_rack; r++) {
        const struct dh_device_spec *device =
            f->rack_device[r] >= 0 ? f->device_spec[f->rack_device[r]] : NULL;
        bool liquid = f->rack_liquid_share[r] > 0;
        h->air_flow[r] = h->liquid_flow[r] = 1.0;
        h->gpu_full_w[r] = device ? device->tdp_w : 0.0;
        h->chip[r] = (struct dh_rack_chip){
            .device = device,
            .k_per_w = !device  ? 0.0
                       : liquid ? device->liquid_k_per_w
                                : device->air_k_per_w,
            .tau_s = liquid ? DH_CHIP_TAU_LIQUID_S : DH_CHIP_TAU_AIR_S,
        };
    }
    return DH_OK;
}

void dh_rack_heat_start(struct dh_rack_heat *h, const struct dh_facility *f, struct dh_state *s) {
    for (int32_t r = 0; r < f->n_rack; r++) {
        const struct dh_rack_chip *k = &h->chip[r];
        s->rack_junction_degc[r] =
            s->rack_coolant_degc[r] + (k->device ? k->k_per_w * k->device->idle_w : 0.0);
        s->rack_thermal_frac[r] = 1.0;
    }
}

void dh_rack_heat_step(struct dh_rack_heat *h, const struct dh_facility *f, struct dh_state *s, double dt_s) {
    for (int32_t r = 0; r < f->n_rack; r++) {
        struct dh_rack_chip *k = &h->chip[r];
        if (!k->device)
            continue;
        if (k->decay_s != dt_s) {
            k->decay_s = dt_s;
            k->decay = dh_exp(-dt_s / k->tau_s);
        }
        double coolant = s->rack_coolant_degc[r], clock = s->rack_clock_frac[r];
        double full_w = h->gpu_full_w[r], idle_w = k->device->idle_w;
        double power_w =
            clock >= 1.0 ? full_w : idle_w + (full_w - idle_w) * dh_chip_dynamic_frac(k->device, clock);
        double steady = coolant + k->k_per_w * power_w;
        s->rack_junction_degc[r] = steady + (s->rack_junction_degc[r] - steady) * k->decay;
        if (s->rack_thermal_frac[r] < 1.0 || coolant + k->k_per_w * full_w > k->device->throttle_degc)
            s->rack_thermal_frac[r] =
                dh_chip_thermal_clock(k->device, full_w, coolant, k->k_per_w, s->rack_thermal_frac[r]);
    }
}
