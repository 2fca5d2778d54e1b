/* What crosses its limits, as incidents: power stages above their rating, cooling that does not hold its
 * set-point. */
#include "models/world.h"

/* Kelvin above the set-point; the second so much lower that control around the first is no stream of
 * incidents. Assumptions. */
static const double SHORT_FROM_K = 1.0, SHORT_UNTIL_K = 0.5;

enum dh_err dh_world_watch_start(struct dh_world *w) {
    w->cooling_short = dh_arena_array(&w->mem, (size_t)dh_plant_n_cooling(w->f), sizeof *w->cooling_short);
    return w->cooling_short ? DH_OK : DH_ERR_MEMORY;
}

enum dh_err dh_world_watch_stages(struct dh_world *w) {
    for (int32_t s = dh_power_crossing(&w->power); s >= 0; s = dh_power_crossing(&w->power)) {
        const struct dh_stage *stage = &w->power.stage[s];
        double share = stage->rated_w > 0 ? dh_uw_to_w(w->power.stage_out[s]) / stage->rated_w : 0;
        DH_TRY(dh_world_incident(w, stage->over ? DH_INCIDENT_OVERLOAD_BEGIN : DH_INCIDENT_OVERLOAD_END, s,
                                 share));
    }
    return DH_OK;
}

enum dh_err dh_world_watch_cooling(struct dh_world *w) {
    for (int32_t i = 0; i < dh_plant_n_cooling(w->f); i++) {
        double above_k = dh_plant_above_k(&w->plant, w->f, i);
        bool is = above_k > (w->cooling_short[i] ? SHORT_UNTIL_K : SHORT_FROM_K);
        if (is == w->cooling_short[i])
            continue;
        w->cooling_short[i] = is;
        w->n_cooling_short += is ? 1 : -1;
        DH_TRY(dh_world_incident(w, is ? DH_INCIDENT_COOLING_SHORT : DH_INCIDENT_COOLING_MET, i, above_k));
    }
    return DH_OK;
}
