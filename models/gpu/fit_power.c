/* Board power by kind of work, from loads that were held. */
#include "models/gpu/fit_family.h"
#include "sim/text.h"

#include <math.h>
#include <string.h>

/* Energy counters tick about every 100 ms. Without one the driver's averages are polled, and on A100 and H100
 * they see a quarter of the time (arXiv 2312.02741): taken as 5 %, an assumption. */
#define TICK_S    0.1
#define POLLED    0.05
#define FULL_DUTY 0.999

static double uncertainty(const struct dh_sustained_spec *r) {
    return dh_text_has_word(r->flags, "polled") ? POLLED : fmin(TICK_S / r->seconds, 1);
}

static void put_figures(struct dh_fit_session *s, const struct dh_sustained_spec *r) {
    static const char *const names[] = {"idle", "gemm", "triad"};
    const char *of = r->kernel == DH_SUSTAINED_IDLE
                         ? "sustained:idle"
                         : dh_fit_text(s, "sustained:%s:%s:%g", names[r->kernel],
                                       dh_gpu_format_name((enum dh_gpu_format)r->format), r->duty);
    double share = uncertainty(r);
    dh_fit_figure(s, of, "board", r->board_w, r->board_w * (1 - share), r->board_w * (1 + share), true);
    dh_fit_figure(s, of, "rate", r->rate, NAN, NAN, true);
    dh_fit_figure(s, of, "clock", r->clock_hz, NAN, NAN, true);
    dh_fit_figure(s, of, "time-constant", r->tau_s, NAN, NAN, true);
    if (r->kernel != DH_SUSTAINED_IDLE)
        dh_fit_figure(s, of, "throttled", r->throttled, NAN, NAN, true);
}

/* The class of the catalog's device with the measured board power in it; what divides it into compute, memory
 * and links is not measured. */
static void put_class(struct dh_fit_session *s, enum dh_work work, const struct dh_sustained_spec *r) {
    struct dh_profile_spec *p = &s->result->profile;
    struct dh_power_class_spec class = {.work = (int32_t)work,
                                        .compute_share = work == DH_WORK_COPY ? 0 : 1,
                                        .memory = work == DH_WORK_COPY ? 1 : 0,
                                        .clock_hz = NAN};
    for (int32_t i = 0; s->known && i < s->known->n_power_classes; i++)
        if (s->known->power_classes[i].work == (int32_t)work)
            class = s->known->power_classes[i];
    class.board_w = r->board_w;
    p->power_classes[p->n_power_classes++] = class;
}

void dh_fit_power(struct dh_fit_session *s) {
    const struct dh_sustained_spec *gemm = NULL, *triad = NULL;
    double idle = INFINITY;
    for (int32_t i = 0; i < s->samples->n_sustained; i++) {
        const struct dh_sustained_spec *r = &s->samples->sustained[i];
        if (dh_text_has_word(r->flags, "thermal") || dh_text_has_word(r->flags, "brake")) {
            s->result->n_throttled++;
            continue;
        }
        put_figures(s, r);
        s->result->n_fitted++;
        if (!isfinite(r->board_w))
            continue;
        if (r->kernel == DH_SUSTAINED_IDLE)
            idle = fmin(idle, r->board_w);
        else if (r->duty >= FULL_DUTY && r->kernel == DH_SUSTAINED_GEMM &&
                 (!gemm || r->board_w > gemm->board_w))
            gemm = r;
        else if (r->duty >= FULL_DUTY && r->kernel == DH_SUSTAINED_TRIAD &&
                 (!triad || r->board_w > triad->board_w))
            triad = r;
    }
    if (isfinite(idle))
        s->result->profile.idle_w = idle;
    if (gemm) {
        put_class(s, DH_WORK_PREFILL, gemm);
        put_class(s, DH_WORK_HPC, gemm);
    }
    if (triad)
        put_class(s, DH_WORK_COPY, triad);
}
