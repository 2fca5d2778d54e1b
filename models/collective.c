#include "models/collective.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

/* Tokens of a dispatch go to the experts that each is sent to: eight in the models that were measured. */
#define EXPERTS_OF_TOKEN 8

/* Least share of the adapters' bandwidth that any number of domains leaves: an assumption beyond what was
 * measured (128 domains: 0.72). */
#define LEAST_OF_SCALE 0.4

static int32_t log2_up(int32_t n) {
    int32_t steps = 0;
    for (int64_t reach = 1; reach < n; reach *= 2)
        steps++;
    return steps;
}

/* ---- textbook forms ----------------------------------------------------------------------------------- */

double dh_ring_all_gather_s(int32_t ranks, double bytes, double alpha_s, double beta_bytes_per_s) {
    double steps = ranks - 1;
    return steps * alpha_s + steps / ranks * bytes / beta_bytes_per_s;
}

double dh_ring_all_reduce_s(int32_t ranks, double bytes, double alpha_s, double beta_bytes_per_s) {
    return 2 * dh_ring_all_gather_s(ranks, bytes, alpha_s, beta_bytes_per_s);
}

double dh_pairwise_all_to_all_s(int32_t ranks, double bytes, double alpha_s, double beta_bytes_per_s) {
    return dh_ring_all_gather_s(ranks, bytes, alpha_s, beta_bytes_per_s);
}

double dh_halving_doubling_all_reduce_s(int32_t ranks, double bytes, double alpha_s,
                                        double beta_bytes_per_s) {
    int32_t steps = log2_up(ranks);
    int64_t power = (int64_t)1 << steps;
    bool folded = power != ranks;
    if (folded) {
        power /= 2;
        steps--;
    }
    double t = 2 * (steps * alpha_s + (double)(power - 1) / (double)power * bytes / beta_bytes_per_s);
    return folded ? t + 2 * (alpha_s + bytes / beta_bytes_per_s) : t;
}

double dh_binomial_broadcast_s(int32_t ranks, double bytes, double alpha_s, double beta_bytes_per_s) {
    return log2_up(ranks) * (alpha_s + bytes / beta_bytes_per_s);
}

double dh_collective_bus_factor(enum dh_collective_op op, double ranks) {
    switch (op) {
    case DH_ALL_REDUCE:
        return 2 * (ranks - 1) / ranks;
    case DH_ALL_GATHER:
    case DH_REDUCE_SCATTER:
    case DH_ALL_TO_ALL:
        return (ranks - 1) / ranks;
    default:
        return 1;
    }
}

/* ---- one domain --------------------------------------------------------------------------------------- */

/* Of n ranks, how many others a token's experts are on, evenly spread. */
static double copies(double ranks) {
    double miss = 1;
    for (int i = 0; i < EXPERTS_OF_TOKEN; i++)
        miss *= 1 - 1 / ranks;
    return (ranks - 1) * (1 - miss);
}

static double moved(const struct dh_collective_spec *c, double ranks) {
    if (c->way == DH_WAY_SWITCH)
        return 1;
    if (c->way == DH_WAY_ONE_SHOT)
        return ranks - 1;
    if (c->op == DH_DISPATCH || c->op == DH_COMBINE)
        return copies(ranks);
    return dh_collective_bus_factor((enum dh_collective_op)c->op, ranks);
}

/* Bytes that one link or peer's channel carries, which time follows. */
static double carried(const struct dh_collective_spec *c, double ranks) {
    return c->way == DH_WAY_PEER ? 1 / ranks : moved(c, ranks);
}

static double steps(const struct dh_collective_spec *c, double ranks) {
    if (c->way == DH_WAY_SWITCH || c->op == DH_SEND)
        return 1;
    return c->op == DH_ALL_REDUCE && c->way == DH_WAY_RING ? 2 * (ranks - 1) : ranks - 1;
}

struct way_time {
    double latency_s, time_s, bytes;
};

static struct way_time way_time(const struct dh_collective_spec *c, double ranks, double bytes) {
    double x = carried(c, ranks) * bytes / c->bytes_per_s * (1 + c->own / (ranks - 1));
    double walk = steps(c, ranks) * c->step_s;
    double both = c->way == DH_WAY_RING ? sqrt(walk * walk + x * x) : walk + x;
    return (struct way_time){c->start_s + walk, c->start_s + both + 2 * sqrt(c->pipeline_s * x),
                             moved(c, ranks) * bytes};
}

/* The fastest way within one domain; NULL: none. */
static const struct dh_collective_spec *within(const struct dh_interconnect_spec *domain,
                                               enum dh_collective_op op, double ranks, double bytes,
                                               bool rings, struct way_time *best) {
    const struct dh_collective_spec *found = NULL;
    for (int32_t i = 0; i < domain->n_collectives; i++) {
        const struct dh_collective_spec *c = &domain->collectives[i];
        if (c->op != (int32_t)op || ranks < (double)c->ranks_min || (rings && c->way == DH_WAY_SWITCH))
            continue;
        struct way_time t = way_time(c, ranks, bytes);
        if (bytes / ranks > c->piece_max || t.bytes > c->moved_max) /* absent: NAN, no limit */
            continue;
        if (!found || t.time_s < best->time_s) {
            found = c;
            *best = t;
        }
    }
    return found;
}

/* ---- several domains ---------------------------------------------------------------------------------- */

/* One algorithm over domains: hops in a row, how often it walks through a domain, bytes that leave a domain,
 * and those of a rank within. */
struct crossing {
    double hops, walks, across, inside;
    bool reduces; /* within a domain by its switch where it can */
};

static int32_t crossings(enum dh_collective_op op, double bytes, int32_t domains, double per_domain,
                         const struct dh_network_spec *net, bool rings, struct crossing out[3]) {
    double N = domains, n = N * per_domain, f = dh_collective_bus_factor(op, n) * bytes;
    int32_t rows = 0;
    switch (op) {
    case DH_ALL_REDUCE:
        out[rows++] = (struct crossing){2 * (N - 1), N, f, f, false};
        if (net->tree && !rings)
            out[rows++] =
                (struct crossing){2.0 * log2_up(domains), 1, domains == 2 ? bytes : 2 * bytes, bytes, true};
        if (net->reduces && !rings)
            out[rows++] = (struct crossing){2, 1, bytes, bytes, true};
        return rows;
    case DH_ALL_TO_ALL:
        out[0] = (struct crossing){log2_up(domains), 1, per_domain * bytes * (N - 1) / N, f, false};
        return 1;
    case DH_DISPATCH:
    case DH_COMBINE: /* over the network once a domain that holds one of the token's experts */
        out[0] = (struct crossing){log2_up(domains), 1, per_domain * bytes * copies(N),
                                   bytes * copies(per_domain), false};
        return 1;
    case DH_SEND:
        out[0] = (struct crossing){1, 1, bytes, 0, false};
        return 1;
    default:
        out[0] = (struct crossing){N - 1, N, f, f, false};
        return 1;
    }
}

/* Time of a rank's bytes within its domain while others cross; by its switch where the algorithm leaves the
 * reduction to it. What is used for small messages alone does not count. */
static double inside_s(const struct dh_interconnect_spec *domain, enum dh_collective_op op, double ranks,
                       double bytes, bool reduces, double share) {
    double best = NAN;
    if (ranks < 2 || bytes == 0)
        return 0;
    for (int32_t i = 0; i < domain->n_collectives; i++) {
        const struct dh_collective_spec *c = &domain->collectives[i];
        bool in_switch = c->way == DH_WAY_SWITCH;
        if (c->op != (int32_t)op || ranks < (double)c->ranks_min || c->piece_max > 0 || c->moved_max > 0 ||
            (in_switch && !reduces))
            continue;
        /* a ring moves the bytes 2(n-1)/n times for what the switch does once */
        double times = reduces && !in_switch ? dh_collective_bus_factor(op, ranks) : 1;
        double x = times * bytes / (c->bytes_per_s * (reduces ? share : 1)) * (1 + c->own / (ranks - 1));
        double t = x + 2 * sqrt(c->pipeline_s * x);
        if (!(t >= best))
            best = t;
    }
    return best;
}

static struct dh_collective_plan across(const struct dh_collective_fabric *f, enum dh_collective_op op,
                                        double bytes, const struct dh_collective_group *g, int32_t domains,
                                        double per_domain) {
    const struct dh_network_spec *net = f->network;
    struct dh_collective_plan best = {
        .time_s = NAN, .domains = domains, .low = net->low, .high = net->high, .protocol = ""};
    struct crossing rows[3];
    struct way_time start = {0};
    double walk = 0; /* of a ring through a domain */
    if (per_domain > 1 && op != DH_SEND) {
        const struct dh_collective_spec *way = within(f->domain, op, per_domain, 0, g->rings, &start);
        if (!way)
            return best;
        walk = start.latency_s - way->start_s;
    }
    int32_t n = crossings(op, bytes, domains, per_domain, net, g->rings, rows);
    double nics = op == DH_SEND ? 1 : fmax(1, per_domain * (g->nics > 0 ? g->nics : net->nics));
    double scale = fmax(1 - net->doubling_loss * fmax(0, log2_up(domains) - 2.0), LEAST_OF_SCALE);
    for (int32_t t = 0; t < net->n_transports; t++) {
        const struct dh_transport_spec *way = &net->transports[t];
        double rate = nics * net->nic_bytes_per_s * way->efficiency * scale;
        for (int32_t i = 0; i < n; i++) {
            double latency =
                way->start_s + rows[i].hops * way->hop_s + start.latency_s + (rows[i].walks - 1) * walk;
            double inside = inside_s(f->domain, op, per_domain, rows[i].inside, rows[i].reduces, way->inside);
            double time = latency + fmax(rows[i].across / rate, inside);
            if (!(time >= best.time_s)) {
                best.time_s = time;
                best.latency_s = latency;
                best.domain_bytes = rows[i].across;
                best.rank_bytes = rows[i].inside;
                best.protocol = way->protocol;
            }
        }
    }
    return best;
}

struct dh_collective_group dh_collective_group_of(const struct dh_interconnect_spec *domain, int32_t servers,
                                                  int32_t ranks) {
    int32_t each = domain->spans_nodes || servers < 1 ? ranks : (ranks + servers - 1) / servers;
    if (each > domain->domain)
        each = (int32_t)domain->domain;
    return (struct dh_collective_group){.ranks = ranks, .ranks_per_domain = each};
}

struct dh_collective_plan dh_collective_plan(const struct dh_collective_fabric *f, enum dh_collective_op op,
                                             double bytes, const struct dh_collective_group *g) {
    struct dh_collective_plan plan = {
        .time_s = NAN, .domains = 1, .low = f->domain->low, .high = f->domain->high, .protocol = ""};
    int32_t per_domain = g->ranks_per_domain > 0 ? g->ranks_per_domain : (int32_t)f->domain->domain;
    if (per_domain > g->ranks)
        per_domain = g->ranks;
    if (g->ranks <= 1) {
        plan.time_s = 0;
        return plan;
    }
    int32_t domains = (g->ranks + per_domain - 1) / per_domain;
    if (domains > 1)
        return f->network ? across(f, op, bytes, g, domains, (double)g->ranks / domains) : plan;
    struct way_time t;
    const struct dh_collective_spec *way = within(f->domain, op, g->ranks, bytes, g->rings, &t);
    if (!way)
        return plan;
    plan.time_s = t.time_s;
    plan.latency_s = t.latency_s;
    plan.rank_bytes = t.bytes;
    plan.protocol = way->protocol;
    return plan;
}

double dh_collective_s(const struct dh_collective_fabric *fabric, enum dh_collective_op op, double bytes,
                       const struct dh_collective_group *group) {
    return dh_collective_plan(fabric, op, bytes, group).time_s;
}

/* ---- names -------------------------------------------------------------------------------------------- */

static bool is_word(const char *text, const char *at, size_t n) {
    bool before = at == text || !isalnum((unsigned char)at[-1]) || !isalnum((unsigned char)*at);
    return before && (!isalnum((unsigned char)at[n]) || !isalnum((unsigned char)at[n - 1]));
}

static bool contains(const char *text, const char *word, size_t n) {
    size_t length = strlen(text);
    for (size_t i = 0; i + n <= length; i++)
        if (strncasecmp(text + i, word, n) == 0 && is_word(text, text + i, n))
            return true;
    return false;
}

int32_t dh_collective_names(const char *list, const char *name, bool part) {
    size_t best = 0;
    while (*list) {
        size_t n = strcspn(list, ";");
        if (n == 0) {
            list++;
            continue;
        }
        bool is = part ? contains(name, list, n) : strlen(name) == n && strncasecmp(name, list, n) == 0;
        if (n > best && is)
            best = n;
        list += n + (list[n] == ';');
    }
    return (int32_t)best;
}

/* A whole name counts more than any word, a word of the software more than a device. */
const struct dh_interconnect_spec *dh_collective_find_domain(const struct dh_interconnect_spec *all,
                                                             int32_t n, const char *system,
                                                             const char *notes) {
    const struct dh_interconnect_spec *found = NULL;
    int32_t best = 0;
    for (int32_t i = 0; i < n; i++) {
        const struct dh_interconnect_spec *d = &all[i];
        int32_t device = dh_collective_names(d->devices, system, true);
        int32_t words = dh_collective_names(d->words, notes, true);
        if (words == 0)
            words = dh_collective_names(d->words, system, true);
        if (*d->words && words == 0) /* made for a certain software */
            device = 0;
        int32_t score =
            1000000 * dh_collective_names(d->aliases, system, false) + (device ? 1000 * device + words : 0);
        if (score > best) {
            best = score;
            found = d;
        }
    }
    return found;
}

const struct dh_network_spec *dh_collective_find_network(const struct dh_network_spec *all, int32_t n,
                                                         const char *system, const char *notes) {
    const struct dh_network_spec *found = NULL;
    int32_t best = 0;
    for (int32_t i = 0; i < n; i++) {
        const struct dh_network_spec *net = &all[i];
        int32_t words = dh_collective_names(net->words, notes, true);
        if (words == 0)
            words = dh_collective_names(net->words, system, true);
        bool built_for = dh_collective_names(net->devices, system, true) > 0;
        int32_t score = 1000000 * dh_collective_names(net->aliases, system, false) + 1000 * words;
        score += built_for && (score > 0 || net->usual);
        if (score > best) {
            best = score;
            found = net;
        }
    }
    return found;
}
