#include "models/workload.h"
#include "models/arrivals.h"
#include "models/training_job.h"

#include "models/checkpoint.h"

#include "sim/math.h"
#include "sim/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_JOBS = 20000000 };
#define LONGEST_S 4e9 /* 126 years */

#define LN_2               0.69314718055994530942
#define EXPONENTIAL_MEDIAN 0.69314718055994530942 /* ln 2: median over mean */
#define ERLANG2_MEDIAN     0.8391734950083302     /* root of (1 + 2x) exp(-2x) = 1/2 */
#define HYPER2_MEDIAN      0.45149312375576756 /* root of p exp(-2px) + (1-p) exp(-2(1-p)x) = 1/2, p as below */
#define HYPER2_SHARE       0.8872983346207417 /* (1 + sqrt(3/5)) / 2: balanced means, variation squared 4 */

/* A job to be: what sorting needs and what was drawn. */
struct draft {
    dh_time submit, work;
    double gpu_util, bubble, communication;
    int32_t stream, number, size;
};

static enum dh_err start_clock(struct dh_arrivals *clock, const struct dh_jobs_spec *stream,
                               const struct dh_workload_options *options, struct dh_diag *diag) {
    struct dh_arrivals_of of = {"jobs",         stream->id,     stream->place,    stream->per_s,
                                stream->hourly, stream->weekly, stream->n_hourly, stream->n_weekly};
    return dh_arrivals_start(clock, &of, options->start_unix_s, options->utc_offset_h, options->horizon,
                             diag);
}

double dh_workload_expected(const struct dh_jobs_spec *stream, const struct dh_workload_options *options) {
    struct dh_arrivals clock;
    if (start_clock(&clock, stream, options, NULL) != DH_OK)
        return 0;
    dh_arrivals_reach(&clock, INFINITY);
    return stream->count >= 0 && (double)stream->count < clock.count ? (double)stream->count : clock.count;
}

/* ---- sizes and run times ---------------------------------------------------------------------------------
 */

/* What one size's run times are drawn with: the law's mean, or for lognormal the logarithm of the median. */
struct law {
    double parameter;
    bool constant;                /* parameter is the time, whatever the stream's law */
    double gpu_util;              /* of its GPUs */
    double bubble, communication; /* as in struct dh_job */
};

/* The measured rate, which each doubling of GPUs lowers. */
double dh_throughput_per_s(const struct dh_throughput_spec *t, int64_t gpus) {
    double doublings = dh_log((double)gpus / (double)t->gpus) * (1 / LN_2);
    return (double)gpus * t->per_gpu_s * dh_exp(doublings * dh_log(1 - t->loss));
}

/* Times can be added up to LONGEST_S. */
static enum dh_err check_length(const struct dh_jobs_spec *stream, const struct dh_size_spec *size, double s,
                                struct dh_diag *diag) {
    if (s <= LONGEST_S)
        return DH_OK;
    dh_fail(diag, DH_ERR_RANGE,
            stream->n_trainings > 0 ? stream->trainings[0].place : stream->throughputs[0].place,
            "jobs %s: its work takes %lld GPUs %.3g years; at most 126 are run", stream->id,
            (long long)size->gpus, s / (365.25 * 86400));
    dh_diag_hint(diag, "more GPUs; is an exponent too large?");
    return DH_ERR_RANGE;
}

static enum dh_err size_law(const struct dh_jobs_spec *stream, const struct dh_size_spec *size,
                            const struct dh_workload_options *options, struct dh_diag *diag,
                            struct law *law) {
    *law = (struct law){.gpu_util = stream->gpu_util};
    if (stream->n_trainings > 0) {
        struct dh_training_job training;
        DH_TRY(dh_training_job_of(&training, options->facility, stream, size->gpus, diag));
        law->parameter = training.work_s;
        law->constant = true;
        const struct dh_training_step *step = &training.step;
        law->bubble = step->bubble_s / step->step_s;
        law->communication =
            (step->tensor_s + step->context_s + step->expert_s + step->pipeline_s + step->data_s) /
            step->step_s;
        if (!isnan(training.gpu_util))
            law->gpu_util = training.gpu_util;
        return check_length(stream, size, law->parameter, diag);
    }
    if (stream->n_throughputs > 0) {
        law->parameter =
            stream->throughputs[0].samples / dh_throughput_per_s(&stream->throughputs[0], size->gpus);
        law->constant = true;
        return check_length(stream, size, law->parameter, diag);
    }
    double median = isfinite(size->median_s) ? size->median_s : stream->median_s;
    bool has_median = isfinite(median) && (isfinite(size->median_s) || !isfinite(stream->mean_s));
    double mean = stream->mean_s;
    if (!has_median && !isfinite(mean))
        return dh_fail(diag, DH_ERR_VALUE, stream->place, "jobs %s: neither a median nor a mean run time",
                       stream->id);
    switch ((enum dh_law)stream->duration) {
    case DH_LAW_LOGNORMAL:
        law->parameter = has_median ? dh_log(median) : dh_log(mean) - stream->sigma * stream->sigma / 2;
        return DH_OK;
    case DH_LAW_EXPONENTIAL:
        law->parameter = has_median ? median / EXPONENTIAL_MEDIAN : mean;
        return DH_OK;
    case DH_LAW_ERLANG2:
        law->parameter = has_median ? median / ERLANG2_MEDIAN : mean;
        return DH_OK;
    case DH_LAW_HYPER2:
        law->parameter = has_median ? median / HYPER2_MEDIAN : mean;
        return DH_OK;
    case DH_LAW_CONSTANT:
        break;
    }
    law->parameter = has_median ? median : mean;
    return DH_OK;
}

static double draw_s(struct dh_rng *rng, const struct dh_jobs_spec *stream, const struct law *law) {
    double parameter = law->parameter;
    if (law->constant)
        return parameter;
    switch ((enum dh_law)stream->duration) {
    case DH_LAW_LOGNORMAL:
        return dh_rng_lognormal(rng, parameter, stream->sigma);
    case DH_LAW_EXPONENTIAL:
        return dh_rng_exponential(rng, parameter);
    case DH_LAW_ERLANG2:
        return dh_rng_erlang(rng, 2, parameter);
    case DH_LAW_HYPER2:
        return dh_rng_hyperexponential(rng, HYPER2_SHARE, parameter / (2 * HYPER2_SHARE),
                                       parameter / (2 * (1 - HYPER2_SHARE)));
    case DH_LAW_CONSTANT:
        break;
    }
    return parameter;
}

static enum dh_err check_shares(const struct dh_jobs_spec *stream, struct dh_diag *diag) {
    double sum = 0;
    for (int32_t i = 0; i < stream->n_sizes; i++)
        sum += stream->sizes[i].share;
    if (stream->n_sizes == 0 || !(fabs(sum - 1) <= 1e-6))
        return dh_fail(diag, DH_ERR_VALUE, stream->place,
                       "jobs %s: the shares of its sizes add up to %.9g, not 1", stream->id, sum);
    return DH_OK;
}

static int32_t draw_size(struct dh_rng *rng, const struct dh_jobs_spec *stream) {
    double u = dh_rng_uniform(rng), sum = 0;
    int32_t last = 0;
    for (int32_t i = 0; i < stream->n_sizes; i++) {
        if (!(stream->sizes[i].share > 0))
            continue;
        sum += stream->sizes[i].share;
        last = i;
        if (u < sum)
            return i;
    }
    return last; /* the shares' rounding */
}

/* ---- all streams ------------------------------------------------------------------------------------------
 */

struct drafts {
    struct draft *rows;
    int32_t n, room;
};

static bool drafts_add(struct drafts *drafts, struct draft draft) {
    if (drafts->n == drafts->room) {
        int32_t room = drafts->room ? 2 * drafts->room : 4096;
        struct draft *grown = realloc(drafts->rows, (size_t)room * sizeof *grown);
        if (!grown)
            return false;
        drafts->rows = grown;
        drafts->room = room;
    }
    drafts->rows[drafts->n++] = draft;
    return true;
}

/* Successive halving (L. Li et al., Hyperband, JMLR 18, 2018, section 3): of each `halving` jobs one goes on
 * at each rung. Share of the whole run at which job `number`, from 1, ends. Which ones go on is a matter of
 * their results, which are not modelled: every halving-th. */
static double rung_share(const struct dh_jobs_spec *stream, int32_t number) {
    double share = 1;
    int64_t group = stream->halving;
    if (group < 2)
        return 1;
    for (int64_t rung = 1; rung < stream->rungs; rung++)
        share /= (double)stream->halving;
    for (int64_t rung = 1; rung < stream->rungs && number % group == 0; rung++) {
        share *= (double)stream->halving;
        group = group > INT32_MAX ? group : group * stream->halving;
    }
    return share;
}

static enum dh_err draw_stream(struct drafts *drafts, const struct dh_workload_spec *workload, int32_t row,
                               const struct dh_workload_options *options, struct dh_diag *diag) {
    const struct dh_jobs_spec *stream = &workload->streams[row];
    struct dh_arrivals clock;
    struct law laws[64];
    DH_TRY(start_clock(&clock, stream, options, diag));
    DH_TRY(check_shares(stream, diag));
    if (stream->n_checkpoints > 0) {
        struct dh_checkpoints_spec how = stream->checkpoints[0];
        if (options->facility)
            how = dh_training_job_checkpoints(options->facility->scenario, stream);
        DH_TRY(dh_checkpoints_check(&how, 1, stream->checkpoint_s, diag));
    }
    for (int32_t i = 0; i < stream->n_sizes && i < 64; i++)
        DH_TRY(size_law(stream, &stream->sizes[i], options, diag, &laws[i]));
    uint64_t entity = dh_rng_entity(stream->id);
    struct dh_rng arrival = dh_rng_stream(options->seed, DH_RNG_ARRIVAL, entity);
    struct dh_rng size = dh_rng_stream(options->seed, DH_RNG_SIZE, entity);
    struct dh_rng duration = dh_rng_stream(options->seed, DH_RNG_DURATION, entity);
    bool regular = stream->arrival == DH_ARRIVAL_REGULAR;
    double target = regular ? 0 : dh_rng_exponential(&arrival, 1);
    for (int32_t number = 1; stream->count < 0 || number <= stream->count; number++) {
        if (!dh_arrivals_reach(&clock, target))
            break;
        if (drafts->n >= 2 * MAX_JOBS) /* the draws ran far above their expectation */
            return dh_fail(diag, DH_ERR_LIMIT_MEMORY, stream->place, "jobs %s: too many jobs", stream->id);
        struct draft draft = {
            .submit = clock.at, .stream = row, .number = number, .size = draw_size(&size, stream)};
        double s = draw_s(&duration, stream, &laws[draft.size]) * rung_share(stream, number);
        bool cut = !laws[draft.size].constant && s > stream->limit_s;
        draft.work = dh_time_from_s(cut ? stream->limit_s : s);
        draft.gpu_util = laws[draft.size].gpu_util;
        draft.bubble = laws[draft.size].bubble;
        draft.communication = laws[draft.size].communication;
        if (!drafts_add(drafts, draft))
            return dh_fail(diag, DH_ERR_MEMORY, stream->place, "out of memory");
        target = regular ? (double)number : target + dh_rng_exponential(&arrival, 1);
    }
    return DH_OK;
}

static int by_submission(const void *a, const void *b) {
    const struct draft *p = a, *q = b;
    if (p->submit != q->submit)
        return p->submit < q->submit ? -1 : 1;
    if (p->stream != q->stream)
        return p->stream < q->stream ? -1 : 1;
    return p->number < q->number ? -1 : 1;
}

static size_t name_job(char *text, const char *id, size_t n_id, int32_t number) {
    char digits[12];
    size_t n = 0;
    memcpy(text, id, n_id);
    text[n_id] = '-';
    do {
        digits[n++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    for (size_t i = 0; i < n; i++)
        text[n_id + 1 + i] = digits[n - 1 - i];
    return n_id + 1 + n;
}

/* At most 126 years, so that times can be added. */
static dh_time requested_time(dh_time work, double overestimate) {
    double s = dh_time_to_s(work) * overestimate;
    if (!(overestimate > 1))
        return work;
    return dh_time_from_s(s < LONGEST_S ? s : LONGEST_S);
}

static enum dh_err append(struct dh_job_list *out, const struct dh_jobs_spec *stream,
                          const struct draft *draft, int32_t tenant) {
    int64_t gpus = stream->sizes[draft->size].gpus;
    struct dh_job job = {
        .submit = draft->submit,
        .work = draft->work,
        .requested = requested_time(draft->work, stream->overestimate),
        .exact_request = !(stream->overestimate > 1),
        .replay_start = DH_TIME_NONE,
        .gpus = (int32_t)gpus,
        .gpu_util = draft->gpu_util,
        .bubble = (float)draft->bubble,
        .communication = (float)draft->communication,
        .checkpoint = isnan(stream->checkpoint_s) ? 0 : dh_time_from_s(stream->checkpoint_s),
        .checkpoint_write =
            isnan(stream->checkpoint_write_s) ? 0 : dh_time_from_s(stream->checkpoint_write_s),
        .restart = isnan(stream->restart_s) ? 0 : dh_time_from_s(stream->restart_s),
        .cpu_util = stream->cpu_util,
        .input_b = stream->input_b_per_gpu * (double)gpus,
        .output_b = stream->output_b_per_gpu * (double)gpus,
        .tenant = tenant,
        .service = -1,
        .stream = draft->stream + 1,
        .priority = (int16_t)stream->priority,
        .work_kind = (uint8_t)stream->kind,
        .burstable = stream->burstable,
    };
    for (int32_t i = 0; i < stream->n_phases; i++) { /* the most that it will ask for */
        const struct dh_phase_spec *phase = &stream->phases[i];
        job.gpu_util = i == 0 || phase->gpu_util > job.gpu_util ? phase->gpu_util : job.gpu_util;
        job.cpu_util = i == 0 || phase->cpu_util > job.cpu_util ? phase->cpu_util : job.cpu_util;
    }
    char id[272];
    size_t n_id = strlen(stream->id);
    return dh_job_list_add(out, &job, id, name_job(id, stream->id, n_id < 255 ? n_id : 255, draft->number));
}

static enum dh_err append_all(struct dh_job_list *out, const struct dh_workload_spec *workload,
                              const struct drafts *drafts, struct dh_diag *diag) {
    int32_t *tenants = calloc((size_t)workload->n_streams, sizeof *tenants);
    enum dh_err err = tenants ? DH_OK : DH_ERR_MEMORY;
    for (int32_t s = 0; s < workload->n_streams && err == DH_OK; s++) {
        const char *tenant = workload->streams[s].tenant;
        tenants[s] = tenant ? dh_job_list_tenant(out, tenant, strlen(tenant)) : -1;
        err = tenants[s] == -2 ? DH_ERR_MEMORY : DH_OK;
    }
    for (int32_t i = 0; i < drafts->n && err == DH_OK; i++) {
        int32_t s = drafts->rows[i].stream;
        err = append(out, &workload->streams[s], &drafts->rows[i], tenants[s]);
    }
    free(tenants);
    if (err != DH_OK)
        return dh_fail(diag, err, workload->place, "out of memory for %d jobs", drafts->n);
    return DH_OK;
}

enum dh_err dh_workload_build(struct dh_job_list *out, const struct dh_workload_spec *workload,
                              const struct dh_workload_options *options, struct dh_diag *diag) {
    double expected = out->n_job;
    for (int32_t s = 0; s < workload->n_streams; s++)
        expected += dh_workload_expected(&workload->streams[s], options);
    if (!(expected <= MAX_JOBS))
        return dh_fail(diag, DH_ERR_LIMIT_MEMORY, workload->place,
                       "some %.3g jobs are expected, %.3g GB of memory; at most %d are simulated", expected,
                       expected * (double)(sizeof(struct dh_job) + sizeof(struct dh_job_run)) * 1e-9,
                       MAX_JOBS);
    struct drafts drafts = {0};
    enum dh_err err = DH_OK;
    for (int32_t s = 0; s < workload->n_streams && err == DH_OK; s++)
        err = draw_stream(&drafts, workload, s, options, diag);
    if (err == DH_OK && drafts.n > 0) {
        qsort(drafts.rows, (size_t)drafts.n, sizeof *drafts.rows, by_submission);
        err = append_all(out, workload, &drafts, diag);
    }
    free(drafts.rows);
    return err;
}
