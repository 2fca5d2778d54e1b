#include "models/checkpoint.h"

#include "sim/math.h"

#include <math.h>

double dh_checkpoint_segment(double interval, double write, double restart, double mtbf) {
    return dh_exp(restart / mtbf) * dh_expm1((interval + write) / mtbf) * mtbf;
}

double dh_checkpoint_goodput(double interval, double write, double restart, double mtbf) {
    return interval / dh_checkpoint_segment(interval, write, restart, mtbf);
}

/* Halley's iteration from the series about the branch point (R. Corless et al., Adv. Comput. Math. 5, 1996).
 */
double dh_lambert_w(double x) {
    double p2 = 2 * (2.718281828459045235 * x + 1);
    if (!(p2 > 0))
        return x == x ? -1 : NAN;
    double p = sqrt(p2), w = -1 + p * (1 - p * (1.0 / 3 - p * 11.0 / 72));
    for (int i = 0; i < 40; i++) {
        double e = dh_exp(w), f = w * e - x, step = f / (e * (w + 1) - (w + 2) * f / (2 * w + 2));
        w -= step;
        if (!(fabs(step) > 1e-16 * fabs(w)))
            break;
    }
    return w;
}

/* The optimum t solves exp(-(t + C)/M) = 1 - t/M. Newton on y = t/M in y + log1p(-y) = -C/M: as C/M goes to
 * zero Lambert's argument goes to its branch point and loses half the digits, this does not. */
double dh_checkpoint_optimum(double write, double mtbf) {
    double c = write / mtbf, y = 1 + dh_lambert_w(-dh_exp(-c - 1));
    if (!(c > 0))
        return c == 0 ? 0 : NAN;
    for (int i = 0; i < 8 && y > 0 && y < 1; i++) {
        double step = (y + dh_log1p(-y) + c) / (1 - 1 / (1 - y));
        if (!(fabs(step) > 1e-16 * y))
            break;
        y -= step;
    }
    return y * mtbf;
}

double dh_checkpoint_young(double write, double mtbf) {
    return sqrt(2 * write * mtbf);
}

double dh_checkpoint_daly(double write, double mtbf) {
    double x = write / (2 * mtbf);
    return x >= 1 ? mtbf : sqrt(2 * write * mtbf) * (1 + sqrt(x) / 3 + x / 9) - write;
}

double dh_ettr(double nodes, double rate, double restart, double interval, double write) {
    return (1 - nodes * rate * (restart + interval / 2)) / (1 + write / interval);
}

double dh_checkpoint_bytes(double parameters, double per_parameter_b) {
    return parameters * per_parameter_b;
}

struct dh_checkpoint_cost dh_checkpoint_cost_of(double bytes, double gpus, double copy_b_per_s,
                                                double storage_b_per_s, bool asynchronous) {
    double copy_s = bytes / gpus / copy_b_per_s, write_s = bytes / storage_b_per_s;
    if (asynchronous)
        return (struct dh_checkpoint_cost){.blocking_s = copy_s, .drain_s = write_s};
    return (struct dh_checkpoint_cost){.blocking_s = copy_s + write_s};
}

static enum dh_err refuse(const struct dh_checkpoints_spec *spec, struct dh_diag *diag, enum dh_err code,
                          const char *says, const char *hint) {
    dh_fail(diag, code, spec->place, "checkpoints: %s", says);
    dh_diag_hint(diag, "%s", hint);
    return code;
}

double dh_checkpoint_size(const struct dh_checkpoints_spec *spec) {
    return !isnan(spec->parameters) ? dh_checkpoint_bytes(spec->parameters, spec->parameter_b) : spec->size_b;
}

enum dh_err dh_checkpoint_cost_read(const struct dh_checkpoints_spec *spec, double gpus,
                                    struct dh_checkpoint_cost *out, struct dh_diag *diag) {
    double bytes = dh_checkpoint_size(spec);
    if (!isnan(spec->parameters) && !isnan(spec->size_b))
        return refuse(spec, diag, DH_ERR_VALUE, "size and parameters say the same", "leave one of them out");
    if (spec->to && isnan(bytes))
        return refuse(spec, diag, DH_ERR_MISSING, "how large is one?",
                      "give size or parameters: parameters=\"70e9\"");
    if (spec->to && (!isnan(spec->write_s) || !isnan(spec->storage_b_per_s)))
        return refuse(spec, diag, DH_ERR_VALUE, "the store that they go to says how long a write takes",
                      "leave out write and storage, or 'to'");
    if (!spec->to && isnan(spec->write_s) && (isnan(bytes) || isnan(spec->storage_b_per_s)))
        return refuse(
            spec, diag, DH_ERR_MISSING, "how long does a write take?",
            "give write, or storage with size or parameters: storage=\"2 TB/s\" parameters=\"70e9\"");
    if (!isnan(spec->write_s) && !isnan(spec->storage_b_per_s))
        return refuse(spec, diag, DH_ERR_VALUE, "write and storage say the same", "leave one of them out");
    double storage = !isnan(spec->write_s) || spec->to ? INFINITY : spec->storage_b_per_s;
    *out = dh_checkpoint_cost_of(isnan(bytes) ? 0 : bytes, gpus, spec->copy_b_per_s, storage,
                                 spec->asynchronous);
    if (!isnan(spec->write_s))
        *(spec->asynchronous ? &out->drain_s : &out->blocking_s) += spec->write_s;
    if (!isnan(spec->blocking_s))
        out->blocking_s = spec->blocking_s;
    return DH_OK;
}

enum dh_err dh_checkpoints_check(const struct dh_checkpoints_spec *spec, int32_t n, double checkpoint_s,
                                 struct dh_diag *diag) {
    struct dh_checkpoint_cost cost;
    if (n > 0 && !isnan(checkpoint_s))
        return refuse(spec, diag, DH_ERR_VALUE, "the attribute checkpoint of what it is in says the same",
                      "write interval here and leave the attribute out");
    return n > 0 ? dh_checkpoint_cost_read(spec, 1, &cost, diag) : DH_OK;
}

double dh_checkpoint_interval(enum dh_checkpoint_rule rule, struct dh_checkpoint_cost cost, double mtbf_s) {
    double least_s = cost.drain_s > DH_CHECKPOINT_LEAST_S ? cost.drain_s : DH_CHECKPOINT_LEAST_S;
    if (!(mtbf_s < INFINITY))
        return 0;
    double s = rule == DH_CHECKPOINT_YOUNG  ? dh_checkpoint_young(cost.blocking_s, mtbf_s)
               : rule == DH_CHECKPOINT_DALY ? dh_checkpoint_daly(cost.blocking_s, mtbf_s)
                                            : dh_checkpoint_optimum(cost.blocking_s, mtbf_s);
    return s > least_s ? s : least_s;
}
