#include "models/staffing.h"

#include "sim/math.h"

#include <math.h>

double dh_erlang_b(int32_t servers, double erlangs) {
    double b = 1;
    for (int32_t k = 1; k <= servers; k++)
        b = erlangs * b / (k + erlangs * b);
    return b;
}

/* From the blocking formula of as many servers: states behind `all busy` are a power of the load per server
 * each. */
static struct dh_queue_figures figures_from(double b, int32_t servers, double erlangs, int32_t room) {
    double load = erlangs / servers, spare = servers - erlangs;
    if (room < 0 && !(spare > 0))
        return (struct dh_queue_figures){0, NAN, NAN, NAN};
    if (room < 0) {
        double waits = b / (1 - load * (1 - b));
        return (struct dh_queue_figures){0, waits, waits / spare, erlangs};
    }
    /* Weights of states 0, 1, … of the queue, all servers busy; weight 1 / b is all states up to the first of
     * them. */
    double weight = 1, behind = 0, queued = 0, entering = 0;
    for (int32_t j = 1; j <= room; j++) {
        entering += weight; /* who comes to the state j - 1 waits */
        weight *= load;
        behind += weight;
        queued += j * weight;
    }
    double blocked = b * weight / (1 + b * behind), in = erlangs * (1 - blocked);
    return (struct dh_queue_figures){.blocked = blocked,
                                     .waits = b * entering / (1 + b * behind) / (1 - blocked),
                                     .mean_wait = b * queued / (1 + b * behind) / in,
                                     .busy = in};
}

struct dh_queue_figures dh_queue_figures(int32_t servers, double erlangs, int32_t room) {
    return figures_from(dh_erlang_b(servers, erlangs), servers, erlangs, room);
}

/* P(W > t) = C exp(-(c - a) t). */
double dh_queue_over(int32_t servers, double erlangs, double t) {
    double waits = dh_queue_figures(servers, erlangs, -1).waits;
    return waits * dh_exp(-(servers - erlangs) * t);
}

double dh_queue_quantile(int32_t servers, double erlangs, double q) {
    double waits = dh_queue_figures(servers, erlangs, -1).waits, over = 1 - q;
    return waits <= over ? 0 : dh_log(waits / over) / (servers - erlangs);
}

static bool meets(const struct dh_staffing *w, double b, int32_t servers) {
    struct dh_queue_figures f = figures_from(b, servers, w->erlangs, w->room);
    if (!isnan(w->most_blocked) && !(f.blocked <= w->most_blocked))
        return false;
    if (!isnan(w->most_waits) && !(f.waits <= w->most_waits))
        return false;
    if (!isnan(w->most_mean_wait) && !(f.mean_wait <= w->most_mean_wait))
        return false;
    return isnan(w->most_over) || f.waits * dh_exp(-(servers - w->erlangs) * w->over) <= w->most_over;
}

bool dh_staffing_meets(const struct dh_staffing *wanted, int32_t servers) {
    return servers >= 1 && meets(wanted, dh_erlang_b(servers, wanted->erlangs), servers);
}

int32_t dh_staffing_least(const struct dh_staffing *wanted) {
    double a = wanted->erlangs, b = 1;
    for (int32_t c = 1; c <= DH_STAFFING_SERVERS; c++) {
        b = a * b / (c + a * b);
        if ((wanted->room >= 0 || c > a) && meets(wanted, b, c))
            return c;
    }
    return 0;
}
