/* What a replica in service does in the steady state, in closed form (AI.md 5): a number of clients each with
 * one request in progress, the next one sent when it is answered. From models/serving.h.
 *
 * Each request brings `prompt` tokens to read and `output` to write, the first of them with the prompt. With
 * C of them in the cache at a time, every cycle of `output` iterations reads C prompts, so that
 *
 *   T = (output - 1) D + C P,   D an iteration of C answers at the mean context prompt + output/2,
 *                               P what a prompt adds: the marginal time of its tokens beside the answers,
 *                                 or of an iteration of its own where the engine puts prompts first
 *   requests/s = C / T,  TTFT = wait + first + prompts in front and its own,  TPOT = (T - TTFT) / (output -
 * 1)
 *
 * A request waits for 1 + burst (C - 1)^growth + queue rho / (1 - rho) prompts, rho = C P / T: those that
 * come together, at the beginning (when all clients do) and later, and those in front. Where the cache holds
 * fewer than come, the others wait in front: (C_all/C - 1) T. Iterations never overlap. */
#ifndef DH_MODELS_SERVING_CURVE_H
#define DH_MODELS_SERVING_CURVE_H

#include "models/serving.h"

struct dh_serving_demand {
    double clients;        /* of one group (dh_serving_plan.dp groups work alike); INFINITY: as many as fit */
    double prompt, output; /* tokens of a request, output at least 1 */
    double hit;            /* share of the prompt that is in the prefix cache, 0-1 */
};

struct dh_serving_point {
    double running;                      /* requests in the cache */
    double ttft_s, tpot_s;               /* until the first token; between the others (0: there are none) */
    double e2e_s;                        /* ttft + (output - 1) tpot */
    double quiet_s;                      /* an iteration without prompts */
    double prompt_s;                     /* P */
    double requests_per_s, tokens_per_s; /* of all groups; tokens written */
    double flops_per_s, bytes_per_s, link_bytes_per_s; /* of a device, on average */
};

/* running 0 and everything else NAN: the weights do not fit, or not one request does. */
void dh_serving_steady(const struct dh_serving *s, const struct dh_serving_demand *d,
                       struct dh_serving_point *p);
/* One batch that starts together and ends together: all prompts in one go, then all answers. */
void dh_serving_batch(const struct dh_serving *s, const struct dh_serving_demand *d,
                      struct dh_serving_point *p);
/* Prefill on replicas of one kind, decode on replicas of another. The clients are shared by `writers`
 * replicas of `decode` and their prompts by `readers` of `prefill`; transfer_s is what moving the cache adds.
 */
void dh_serving_apart(const struct dh_serving *prefill, double readers, const struct dh_serving *decode,
                      double writers, double transfer_s, const struct dh_serving_demand *d,
                      struct dh_serving_point *p);

#endif
