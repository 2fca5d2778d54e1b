#include "models/service.h"
#include "sim/diag.h"
#include "sim/math.h"

#include <math.h>
#include <string.h>

static const struct dh_engine_spec *engine_of(const struct dh_scenario *sc,
                                              const struct dh_service_spec *spec, const char *device,
                                              bool experts) {
    const struct dh_engine_spec *named = dh_scenario_engine(sc, spec->engine);
    return named ? named : dh_serving_engine_of(sc->engines, sc->n_engines, spec->engine, device, experts);
}

static enum dh_err plan_of(struct dh_serving_plan *plan, const struct dh_service_spec *spec, int64_t experts,
                           struct dh_diag *diag) {
    int64_t tensor = spec->tensor >= 1 ? spec->tensor : spec->replica_gpus / spec->pipeline;
    int64_t group = tensor * spec->pipeline;
    if (tensor < 1 || spec->replica_gpus % group != 0) {
        dh_fail(diag, DH_ERR_VALUE, spec->place, "service %s: %lld GPUs are not divided by %lld x %lld ranks",
                spec->id, (long long)spec->replica_gpus, (long long)(tensor > 0 ? tensor : 1),
                (long long)spec->pipeline);
        dh_diag_hint(diag, "replica-gpus must be a multiple of tensor times pipeline");
        return DH_ERR_VALUE;
    }
    int64_t ranks = spec->replica_gpus / spec->pipeline;
    if (spec->expert > 1 && (experts < spec->expert || ranks % spec->expert != 0)) {
        dh_fail(diag, DH_ERR_VALUE, spec->place,
                "service %s: %lld expert-parallel ranks for %lld experts on %lld GPUs of a stage", spec->id,
                (long long)spec->expert, (long long)experts, (long long)ranks);
        dh_diag_hint(diag, "expert divides the GPUs of a stage, and is at most the model's experts");
        return DH_ERR_VALUE;
    }
    *plan = (struct dh_serving_plan){.tp = (int32_t)tensor,
                                     .pp = (int32_t)spec->pipeline,
                                     .ep = (int32_t)spec->expert,
                                     .dp = (int32_t)(spec->replica_gpus / group),
                                     .weights = spec->weights,
                                     .kv = spec->cache};
    return DH_OK;
}

static struct dh_serving_demand demand(const struct dh_service_spec *spec, double clients) {
    return (struct dh_serving_demand){
        .clients = clients,
        .prompt = fmax(1, spec->prompt_tokens),
        .output = fmax(1, spec->output_tokens),
        .hit = spec->prefix_hit,
    };
}

/* Points from one request in a group to as many as fit, at equal ratios, as long as more clients do more. */
static void fill_points(struct dh_service_model *m) {
    const struct dh_service_spec *spec = m->spec;
    struct dh_serving_point most, at;
    struct dh_serving_demand all = demand(spec, INFINITY);
    dh_serving_steady(&m->serving, &all, &most);
    if (!(most.running >= 1))
        return;
    double groups = m->serving.plan.dp;
    double ratio = dh_exp(dh_log(most.running) / (DH_SERVICE_POINTS - 1));
    double clients = 1;
    for (int32_t i = 0; i < DH_SERVICE_POINTS; i++, clients *= ratio) {
        struct dh_serving_demand some = demand(spec, i + 1 < DH_SERVICE_POINTS ? clients : most.running);
        dh_serving_steady(&m->serving, &some, &at);
        if (m->n > 0 && !(at.requests_per_s > m->points[m->n - 1].per_s))
            continue;
        m->points[m->n++] = (struct dh_service_point){
            .clients = some.clients * groups,
            .per_s = at.requests_per_s,
            .answers_s = at.quiet_s,
            .prompt_s = at.prompt_s,
            .flops_per_s = at.flops_per_s,
            .bytes_per_s = at.bytes_per_s,
            .link_bytes_per_s = at.link_bytes_per_s,
        };
        if (most.running <= 1)
            break;
    }
}

/* The highest rate at which tokens come as fast as they should. */
static double capacity_of(const struct dh_service_model *m) {
    struct dh_service_state state;
    double low = 0, high = m->n > 0 ? m->points[m->n - 1].per_s : 0;
    if (isnan(m->spec->slo_tpot_s) || high == 0)
        return high;
    dh_service_model_at(m, high, &state);
    if (state.tpot_s <= m->spec->slo_tpot_s)
        return high;
    for (int i = 0; i < 50; i++) {
        double middle = (low + high) / 2;
        dh_service_model_at(m, middle, &state);
        if (state.tpot_s <= m->spec->slo_tpot_s)
            low = middle;
        else
            high = middle;
    }
    return low;
}

enum dh_err dh_service_model_of(struct dh_service_model *m, const struct dh_facility *f,
                                const struct dh_service_spec *spec, struct dh_diag *diag) {
    const struct dh_scenario *sc = f->scenario;
    const struct dh_device_spec *device =
        spec->device ? dh_scenario_device(sc, spec->device) : dh_facility_main_device(f);
    const struct dh_model_spec *model = dh_scenario_model(sc, spec->model);
    struct dh_serving_plan plan;
    *m = (struct dh_service_model){.spec = spec};
    if (!device || !model)
        return dh_fail(diag, DH_ERR_VALUE, spec->place, "service %s: nothing in the halls to serve on",
                       spec->id);
    if (dh_facility_node_gpus(f, device) == 0) {
        dh_fail(diag, DH_ERR_VALUE, spec->place, "service %s: no %s stands in the halls", spec->id,
                device->id);
        dh_diag_hint(diag, "without 'device' it is the one that the halls have most of");
        return DH_ERR_VALUE;
    }
    const struct dh_engine_spec *engine = engine_of(sc, spec, device->id, model->experts > 0);
    if (!engine) {
        dh_fail(diag, DH_ERR_DANGLING_REF, spec->place, "service %s: no engine '%s' for %s", spec->id,
                spec->engine, device->id);
        dh_diag_hint(diag, "<import href=\"catalog:engines.xml\"/> has vllm, sglang, trtllm");
        return DH_ERR_DANGLING_REF;
    }
    DH_TRY(plan_of(&plan, spec, model->experts, diag));
    struct dh_diag why = {0};
    enum dh_err err = dh_serving_of(&m->serving, model, device, engine, &plan, &why);
    if (err != DH_OK) { /* said of the service, not of the catalog that it took model or device from */
        dh_fail(diag, err, spec->place, "service %s: %s", spec->id,
                why.n_message > 0 ? why.messages[0].text : "");
        dh_diag_hint(diag,
                     "catalog:gpus.xml has constants of some formats for each device, bf16 and fp8 of most");
    }
    dh_diag_free(&why);
    DH_TRY(err);
    fill_points(m);
    if (m->n == 0) {
        dh_fail(diag, DH_ERR_VALUE, spec->place,
                "service %s: %s does not fit on %lld %s: weights take %.1f GB of %.1f GB of each, and no "
                "request of %g tokens fits beside them",
                spec->id, model->id, (long long)spec->replica_gpus, device->id, m->serving.weight_bytes / 1e9,
                device->memory_bytes / 1e9, spec->prompt_tokens + spec->output_tokens);
        dh_diag_hint(diag, "more replica-gpus, or weights=\"fp8\"");
        return DH_ERR_VALUE;
    }
    struct dh_serving_load prompt = {.prompts = 1,
                                     .tokens = fmax(1, spec->prompt_tokens * (1 - spec->prefix_hit)),
                                     .keys = fmax(1, spec->prompt_tokens)};
    m->alone_s = dh_serving_iteration_s(&m->serving, &prompt);
    m->capacity_per_s = capacity_of(m);
    if (m->capacity_per_s <= 0) {
        dh_fail(diag, DH_ERR_VALUE, spec->place,
                "service %s: not one request keeps the objective of %.4g s a token; alone it takes %.4g s",
                spec->id, spec->slo_tpot_s, m->points[0].answers_s);
        dh_diag_hint(diag, "more replica-gpus, or a longer slo-tpot");
        return DH_ERR_VALUE;
    }
    return DH_OK;
}

static double between(double a, double b, double share) {
    return a + (b - a) * share;
}

/* Below the first point a replica idles between requests: what runs is as with one, for a part of the time.
 */
static struct dh_service_point point_at(const struct dh_service_model *m, double per_s) {
    struct dh_service_point p = m->points[0];
    if (per_s <= p.per_s) {
        double share = p.per_s > 0 ? per_s / p.per_s : 0;
        p.clients *= share;
        p.flops_per_s *= share;
        p.bytes_per_s *= share;
        p.link_bytes_per_s *= share;
        p.per_s = per_s;
        return p;
    }
    for (int32_t i = 1; i < m->n; i++) {
        const struct dh_service_point *a = &m->points[i - 1], *b = &m->points[i];
        if (per_s > b->per_s && i + 1 < m->n)
            continue;
        double share = fmin(1, (per_s - a->per_s) / (b->per_s - a->per_s));
        return (struct dh_service_point){between(a->clients, b->clients, share),
                                         per_s,
                                         between(a->answers_s, b->answers_s, share),
                                         between(a->prompt_s, b->prompt_s, share),
                                         between(a->flops_per_s, b->flops_per_s, share),
                                         between(a->bytes_per_s, b->bytes_per_s, share),
                                         between(a->link_bytes_per_s, b->link_bytes_per_s, share)};
    }
    return m->points[m->n - 1];
}

void dh_service_model_at(const struct dh_service_model *m, double per_s, struct dh_service_state *state) {
    struct dh_service_point p = point_at(m, per_s);
    /* arrivals of one group: each reads its own prompts */
    double group_per_s = per_s / m->serving.plan.dp, sigma = m->spec->prompt_sigma;
    double rho = fmin(0.95, group_per_s * p.prompt_s), busy = 1 - dh_exp(-p.clients / m->serving.plan.dp);
    /* of lengths up to a context, the mean square is at most context times mean */
    double spread =
        fmin(dh_exp(sigma * sigma), fmax(1, (double)m->spec->context / fmax(1, m->spec->prompt_tokens)));
    double queue_s = rho * p.prompt_s * spread / (2 * (1 - rho));
    double read_s = (1 - busy) * m->alone_s + busy * (1.5 * p.answers_s + p.prompt_s);
    *state = (struct dh_service_state){
        .clients = p.clients,
        .tpot_s = p.answers_s / (1 - rho),
        .wait_s = queue_s,
        .prompt_share = rho,
        .flops_per_s = p.flops_per_s,
        .bytes_per_s = p.bytes_per_s,
        .link_bytes_per_s = p.link_bytes_per_s,
    };
    state->ttft_s = m->serving.engine->first_s + read_s + queue_s;
}

void dh_service_model_kernels(const struct dh_service_model *m, double per_s, struct dh_kernel_use *use) {
    struct dh_service_state state;
    struct dh_serving s = m->serving;
    struct dh_serving_cost cost;
    double dp = s.plan.dp;
    *use = (struct dh_kernel_use){.weight = 1};
    dh_service_model_at(m, per_s, &state);
    double inside = state.clients / dp, prompt = fmax(1, m->spec->prompt_tokens);
    if (!(inside > 0))
        return;
    /* answers fill what prompts leave of the time in which anything is inside; one at least is answered */
    double busy = 1 - dh_exp(-inside), answers = fmax(1, inside);
    struct dh_serving_load answer = {.sequences = answers,
                                     .context = m->spec->prompt_tokens + m->spec->output_tokens / 2};
    struct dh_serving_load read = {.prompts = 1, .tokens = prompt, .keys = prompt};
    dh_serving_iteration(&s, &answer, &cost);
    double per_answer = fmax(0, busy - state.prompt_share) / cost.s;
    double per_prompt = per_s / dp;
    s.use = use;
    dh_serving_iteration(&s, &answer, &cost);
    for (int32_t i = 0; i < use->n; i++)
        use->calls[i].seconds *= per_answer;
    int32_t n_answer = use->n;
    struct dh_kernel_use prompts = {.weight = 1};
    s.use = &prompts;
    dh_serving_iteration(&s, &read, &cost);
    for (int32_t i = 0; i < prompts.n && n_answer + i < DH_KERNEL_USES; i++) {
        use->calls[use->n] = prompts.calls[i];
        use->calls[use->n++].seconds *= per_prompt;
    }
}
