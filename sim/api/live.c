#include "sim/api/live.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_PAUSES = 100000 };

static int by_time(const void *left, const void *right) {
    const struct dh_profile_spec *const *a = left, *const *b = right;
    return (*a)->at_s < (*b)->at_s ? -1 : (*a)->at_s > (*b)->at_s;
}

static bool is_taken(const struct dh_scenario *sc, const char *profile) {
    for (int32_t i = 0; profile && i < sc->n_devices; i++)
        if (sc->devices[i].profile && strcmp(sc->devices[i].profile, profile) == 0)
            return true;
    return false;
}

struct change {
    struct dh_live *live;
    const struct dh_profile_spec *profile;
};

static enum dh_err take(void *self) {
    struct change *c = self;
    return dh_scenario_follow_profile(&c->live->sim->file, c->profile);
}

static enum dh_err at_pause(void *self, int32_t i) {
    struct dh_live *live = self;
    struct change change = {live, live->profiles[i]};
    if (!change.profile)
        DH_TRY(live->measure(live->self, dh_time_to_s(live->pauses[i]), &change.profile, live->diag));
    enum dh_err err = dh_world_refit(&live->sim->world, take, &change, live->diag);
    return err == DH_ERR_MEMORY
               ? dh_fail(live->diag, err, (struct dh_place){NULL, 0, 0}, "out of memory for a profile")
               : err;
}

enum dh_err dh_live_begin(struct dh_live *live, struct dh_sim *sim, struct dh_world_options *options,
                          struct dh_diag *diag) {
    const struct dh_scenario *sc = &sim->file.spec;
    double n = live->every_s > 0 ? dh_time_to_s(options->until) / live->every_s : sc->n_profiles;
    live->sim = sim;
    live->diag = diag;
    if (n > MAX_PAUSES)
        return dh_fail(diag, DH_ERR_RANGE, (struct dh_place){NULL, 0, 0},
                       "more than %d measurements during a run", MAX_PAUSES);
    size_t room = (size_t)n + 1;
    live->pauses = calloc(room, sizeof *live->pauses);
    live->profiles = calloc(room, sizeof(*live->profiles));
    if (!live->pauses || !live->profiles)
        return dh_fail(diag, DH_ERR_MEMORY, (struct dh_place){NULL, 0, 0}, "out of memory for profiles");
    if (live->every_s > 0) {
        for (; live->n < (int32_t)n; live->n++)
            live->pauses[live->n] = dh_time_from_s((live->n + 1) * live->every_s);
    } else {
        for (int32_t i = 0; i < sc->n_profiles; i++)
            if (is_taken(sc, sc->profiles[i].follows))
                live->profiles[live->n++] = &sc->profiles[i];
        qsort(live->profiles, (size_t)live->n, sizeof(*live->profiles), by_time);
        for (int32_t i = 0; i < live->n; i++)
            live->pauses[i] = dh_time_from_s(live->profiles[i]->at_s);
    }
    options->pauses = live->pauses;
    options->n_pause = live->n;
    options->at_pause = at_pause;
    options->pause_self = live;
    return DH_OK;
}

void dh_live_free(struct dh_live *live) {
    free(live->pauses);
    free(live->profiles);
    live->pauses = NULL;
    live->profiles = NULL;
}
