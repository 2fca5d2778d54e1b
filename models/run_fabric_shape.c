/* From what <fabric> says to the sizes and rates of a topology. */
#include "models/run_fabric_internal.h"

#include <math.h>
#include <string.h>

const char *const dh_tier_name[DH_N_TIER] = {"leaf", "spine", "core"};
const char *const dh_cable_name[DH_N_CABLE] = {"host", "local", "global"};
static const enum dh_link_class class_of[DH_N_CABLE] = {DH_LINK_HOST, DH_LINK_LOCAL, DH_LINK_GLOBAL};

enum dh_network_unit dh_tier_unit(int tier) {
    static const enum dh_network_unit units[DH_N_TIER] = {DH_NET_LEAF, DH_NET_SPINE, DH_NET_CORE};
    return units[tier];
}

static int32_t given(int64_t n) {
    return n > 0 ? (int32_t)n : 0;
}

/* ---- tiers */

/* From the leaf upward; how many tiers there are. The switches of the second and third tier count as spines
 * and cores, whatever they are called. */
static enum dh_err climb(struct dh_run_fabric *f, int32_t *tiers, struct dh_diag *diag) {
    const struct dh_run_fabric_spec *spec = f->spec;
    const struct dh_fabric_switch_spec *of[DH_N_TIER] = {NULL}, *chain[DH_N_TIER] = {NULL};
    bool seen[DH_N_TIER] = {false};
    int32_t n = 0;
    for (int32_t i = 0; i < spec->n_switches; i++) {
        const struct dh_fabric_switch_spec *s = &spec->switches[i];
        if (of[s->tier]) {
            dh_fail(diag, DH_ERR_DUPLICATE_ID, s->place, "fabric %s: two elements for the tier %s", spec->id,
                    dh_tier_name[s->tier]);
            dh_diag_hint(diag, "one <switch> for each tier");
            return DH_ERR_DUPLICATE_ID;
        }
        of[s->tier] = s;
    }
    if (spec->n_switches == 0) {
        *tiers = spec->pod > 0 || spec->pods > 0 ? 3 : 2;
        return DH_OK;
    }
    if (!of[0]) {
        dh_fail(diag, DH_ERR_MISSING, spec->place, "fabric %s has switches, but none of the tier leaf",
                spec->id);
        dh_diag_hint(diag, "<switch tier=\"leaf\" ports=\"64\"/>: adapters hang on leaves");
        return DH_ERR_MISSING;
    }
    for (int32_t at = 0; at >= 0;) {
        if (seen[at]) {
            dh_fail(diag, DH_ERR_CYCLE, chain[n - 1]->place,
                    "fabric %s: tiers go in a circle: %s leads up to %s, which is below it", spec->id,
                    dh_tier_name[chain[n - 1]->tier], dh_tier_name[at]);
            dh_diag_hint(diag, "a tier leads up to one that is not below it, the last to none");
            return DH_ERR_CYCLE;
        }
        seen[at] = true;
        chain[n++] = of[at];
        int32_t up = of[at]->up, next = at + 1;
        if (up < 0) { /* the next that is given */
            while (next < DH_N_TIER && !of[next])
                next++;
            at = next < DH_N_TIER ? next : -1;
            continue;
        }
        if (up > 0 && !of[up - 1]) {
            dh_fail(diag, DH_ERR_DANGLING_REF, of[at]->place,
                    "fabric %s: tier %s leads up to %s, which is not there", spec->id, dh_tier_name[at],
                    dh_tier_name[up - 1]);
            dh_diag_hint(diag, "<switch tier=\"%s\" …/>, or up=\"none\"", dh_tier_name[up - 1]);
            return DH_ERR_DANGLING_REF;
        }
        at = up - 1;
    }
    for (int t = 0; t < DH_N_TIER; t++)
        if (of[t] && !seen[t]) {
            dh_fail(diag, DH_ERR_VALUE, of[t]->place, "fabric %s: no tier leads up to %s", spec->id,
                    dh_tier_name[t]);
            dh_diag_hint(diag, "up=\"%s\" at the tier below it, or leave it out", dh_tier_name[t]);
            return DH_ERR_VALUE;
        }
    if (chain[n - 1]->oversubscription != 1 && spec->kind == DH_TOPOLOGY_FAT_TREE) {
        dh_fail(diag, DH_ERR_VALUE, chain[n - 1]->place,
                "fabric %s: %s is the highest tier: it has no links up to be oversubscribed", spec->id,
                dh_tier_name[chain[n - 1]->tier]);
        dh_diag_hint(diag, "oversubscription is said where links up are fewer: of the tier below");
        return DH_ERR_VALUE;
    }
    for (int32_t i = 0; i < n; i++)
        f->tier[i] = chain[i];
    *tiers = n;
    return DH_OK;
}

/* ---- rates */

static enum dh_err set_links(struct dh_run_fabric *f, struct dh_topology *t,
                             const struct dh_device_spec *device, struct dh_diag *diag) {
    const struct dh_run_fabric_spec *spec = f->spec;
    double rate = !isnan(spec->bytes_per_s) ? spec->bytes_per_s
                  : f->network              ? f->network->nic_bytes_per_s
                                            : NAN;
    for (int32_t i = 0; i < spec->n_links; i++) {
        if (f->cable[spec->links[i].of]) {
            dh_fail(diag, DH_ERR_DUPLICATE_ID, spec->links[i].place, "fabric %s: two elements for %s links",
                    spec->id, dh_cable_name[spec->links[i].of]);
            dh_diag_hint(diag, "one <link> for each class");
            return DH_ERR_DUPLICATE_ID;
        }
        f->cable[spec->links[i].of] = &spec->links[i];
    }
    for (int c = 0; c < DH_N_CABLE; c++) {
        const struct dh_fabric_link_spec *link = f->cable[c];
        double own = link && !isnan(link->bytes_per_s) ? link->bytes_per_s : rate;
        t->link[class_of[c]].bytes_per_s = isnan(own) ? 0 : own;
        t->link[class_of[c]].latency_s = link && !isnan(link->latency_s) ? link->latency_s : spec->latency_s;
    }
    bool torus = spec->kind == DH_TOPOLOGY_TORUS, mesh = spec->kind == DH_TOPOLOGY_MESH;
    if (t->link[mesh ? DH_LINK_GLOBAL : torus ? DH_LINK_LOCAL : DH_LINK_HOST].bytes_per_s <= 0) {
        dh_fail(diag, DH_ERR_MISSING, spec->place, "fabric %s: its links have no rate", spec->id);
        dh_diag_hint(diag,
                     "rate=\"50 GB/s\", or a network= of catalog:interconnects.xml whose adapters have one");
        return DH_ERR_MISSING;
    }
    for (int c = 0; c < DH_N_CABLE; c++) /* classes that it does not have */
        if (t->link[class_of[c]].bytes_per_s <= 0)
            t->link[class_of[c]].bytes_per_s = t->link[DH_LINK_HOST].bytes_per_s;
    double domain = !isnan(spec->domain_bytes_per_s) ? spec->domain_bytes_per_s
                    : device                         ? device->link_bytes_per_s / 2
                                                     : NAN;
    t->link[DH_LINK_DOMAIN].bytes_per_s = isnan(domain) ? 0 : domain;
    return DH_OK;
}

/* ---- sizes */

/* The largest n, at most n, of which n times `down` over `up` is a whole number of links of at least one. */
static int32_t whole(double n, double ratio) {
    for (int32_t i = (int32_t)(n < 1e6 ? n : 1e6); i > 0; i--) {
        double links = i / ratio;
        if (links >= 1 && links == floor(links))
            return i;
    }
    return 0;
}

static enum dh_err too_small(const struct dh_run_fabric_spec *spec, struct dh_diag *diag) {
    dh_fail(diag, DH_ERR_MISSING, spec->place, "fabric %s: how many adapters are on a leaf is not said",
            spec->id);
    dh_diag_hint(diag, "hosts-per-leaf=\"32\", or <switch tier=\"leaf\" ports=\"64\"/>");
    return DH_ERR_MISSING;
}

static enum dh_err check_ports(const struct dh_run_fabric *f, double hosts, double others,
                               struct dh_diag *diag) {
    const struct dh_fabric_switch_spec *leaf = f->tier[0];
    if (!leaf || leaf->ports < 0 || hosts + others <= (double)leaf->ports)
        return DH_OK;
    dh_fail(diag, DH_ERR_RANGE, leaf->place,
            "fabric %s: a leaf has %d ports, but %.6g adapters and %.6g other links", f->spec->id,
            (int)leaf->ports, hosts, others);
    dh_diag_hint(diag, "fewer hosts-per-leaf, or more oversubscription");
    return DH_ERR_RANGE;
}

static enum dh_err shape_tree(struct dh_run_fabric *f, struct dh_network_part_spec *p, struct dh_diag *diag) {
    const struct dh_run_fabric_spec *spec = f->spec;
    struct dh_topology *t = &p->topology;
    /* Oversubscription is of bandwidth; a topology counts links. */
    const double *rate =
        (const double[]){t->link[DH_LINK_HOST].bytes_per_s, t->link[DH_LINK_LOCAL].bytes_per_s,
                         t->link[DH_LINK_GLOBAL].bytes_per_s};
    double ratio[2];
    DH_TRY(climb(f, &p->tiers, diag));
    for (int i = 0; i < 2; i++) {
        ratio[i] =
            (f->tier[i] && i + 1 < p->tiers ? f->tier[i]->oversubscription : 1) * rate[i + 1] / rate[i];
        if (i + 1 < p->tiers && ratio[i] < 1) {
            dh_fail(
                diag, DH_ERR_RANGE, spec->place,
                "fabric %s: %s links are slower than those below them, and as many would not carry as much",
                spec->id, dh_cable_name[i + 1]);
            dh_diag_hint(diag, "oversubscription=\"%.4g\" or more of the tier %s", rate[i] / rate[i + 1],
                         dh_tier_name[i]);
            return DH_ERR_RANGE;
        }
        t->oversubscription[i] = i + 1 < p->tiers ? ratio[i] : 1;
    }
    int64_t ports = f->tier[0] ? f->tier[0]->ports : -1;
    if (given(spec->hosts) > 0)
        t->hosts_per_leaf = given(spec->hosts);
    else if (ports > 0)
        t->hosts_per_leaf =
            p->tiers == 1 ? (int32_t)ports : whole((double)ports * ratio[0] / (1 + ratio[0]), ratio[0]);
    if (t->hosts_per_leaf < 1)
        return too_small(spec, diag);
    DH_TRY(check_ports(f, t->hosts_per_leaf, p->tiers > 1 ? t->hosts_per_leaf / ratio[0] : 0, diag));
    t->rails = (int32_t)spec->rails;
    p->spine_ports = f->tier[1] ? given(f->tier[1]->ports) : 0;
    p->core_ports = f->tier[2] ? given(f->tier[2]->ports) : 0;
    t->units = given(p->tiers == 3 ? spec->pod : spec->units);
    t->pods = p->tiers == 3 ? given(spec->pods) : 0;
    if (p->tiers == 3 && t->units == 0 && p->spine_ports > 0)
        t->units = whole(p->spine_ports * ratio[1] / (1 + ratio[1]) / t->rails, ratio[1] / t->rails);
    return DH_OK;
}

static enum dh_err shape_dragonfly(struct dh_run_fabric *f, struct dh_network_part_spec *p,
                                   struct dh_diag *diag) {
    const struct dh_run_fabric_spec *spec = f->spec;
    struct dh_topology *t = &p->topology;
    bool plus = spec->kind == DH_TOPOLOGY_DRAGONFLY_PLUS;
    if (spec->hosts < 1)
        return too_small(spec, diag);
    if (spec->routers < 1 || (plus && spec->spines < 1) || spec->globals < 0) {
        dh_fail(diag, DH_ERR_MISSING, spec->place, "fabric %s: a dragonfly needs routers%s and global-links",
                spec->id, plus ? ", spines" : "");
        dh_diag_hint(diag, "routers=\"32\" global-links=\"9\": catalog:fabrics.xml has whole ones");
        return DH_ERR_MISSING;
    }
    for (int32_t i = 0; i < spec->n_switches; i++)
        f->tier[spec->switches[i].tier] = &spec->switches[i];
    t->hosts_per_leaf = given(spec->hosts);
    t->routers = given(spec->routers);
    t->spines = plus ? given(spec->spines) : 0;
    t->globals = (int32_t)spec->globals;
    t->groups = given(spec->groups);
    return check_ports(f, t->hosts_per_leaf, plus ? t->spines : t->routers - 1.0 + t->globals, diag);
}

static enum dh_err shape_torus(struct dh_run_fabric *f, struct dh_network_part_spec *p,
                               struct dh_diag *diag) {
    const struct dh_run_fabric_spec *spec = f->spec;
    double hosts = 1;
    if (spec->n_size == 0) {
        dh_fail(diag, DH_ERR_MISSING, spec->place, "fabric %s: a torus has a size", spec->id);
        dh_diag_hint(diag, "size=\"16 16 16\": adapters along each dimension");
        return DH_ERR_MISSING;
    }
    for (int32_t i = 0; i < spec->n_size; i++) {
        if (spec->size[i] != floor(spec->size[i]) || (hosts *= spec->size[i]) > 1 << 26) {
            dh_fail(diag, DH_ERR_RANGE, spec->place, "fabric %s: its size is no whole number, or too large",
                    spec->id);
            dh_diag_hint(diag, "size=\"16 16 16\"");
            return DH_ERR_RANGE;
        }
        p->topology.size[i] = (int32_t)spec->size[i];
    }
    return DH_OK;
}

/* ---- domains */

static enum dh_err shape_domain(struct dh_run_fabric *f, struct dh_network_part_spec *p,
                                const struct dh_fabric_row *first, struct dh_diag *diag) {
    const struct dh_run_fabric_spec *spec = f->spec;
    bool known = p->topology.link[DH_LINK_DOMAIN].bytes_per_s > 0;
    int64_t gpus = first ? first->node->gpus : 0;
    int64_t domain = spec->domain >= 0 ? spec->domain : known && gpus > 1 ? gpus : 0;
    if (domain <= 1)
        return DH_OK;
    if (!known) {
        dh_fail(diag, DH_ERR_MISSING, spec->place,
                "fabric %s: domains of %d accelerators, but how fast they are is not said", spec->id,
                (int)domain);
        dh_diag_hint(diag, "domain-rate=\"450 GB/s\", or link-bandwidth= of the device");
        return DH_ERR_MISSING;
    }
    if (gpus < 1 || domain % gpus != 0 || p->n_node % (domain / gpus) != 0) {
        dh_fail(diag, DH_ERR_RANGE, spec->place,
                "fabric %s: its nodes are no whole number of domains of %d accelerators", spec->id,
                (int)domain);
        dh_diag_hint(diag,
                     "domain= is a multiple of the %d accelerators of a node, and all nodes make whole ones",
                     (int)gpus);
        return DH_ERR_RANGE;
    }
    p->domain_nodes = (int32_t)(domain / gpus);
    return DH_OK;
}

enum dh_err dh_fabric_shape(struct dh_run_fabric *f, struct dh_network_part_spec *p,
                            const struct dh_device_spec *device, const struct dh_fabric_row *first,
                            struct dh_diag *diag) {
    const struct dh_run_fabric_spec *spec = f->spec;
    bool flat = spec->kind == DH_TOPOLOGY_TORUS || spec->kind == DH_TOPOLOGY_MESH;
    p->name = spec->id;
    p->topology.kind = (enum dh_topology_kind)spec->kind;
    p->routing = (enum dh_network_routing)spec->routing;
    p->queue_pairs = (double)spec->queue_pairs;
    DH_TRY(set_links(f, &p->topology, device, diag));
    bool powered = false;
    for (int c = 0; c < DH_N_CABLE; c++)
        powered |= f->cable[c] && f->cable[c]->power_w > 0;
    if (flat && (spec->n_switches > 0 || powered)) {
        dh_fail(diag, DH_ERR_VALUE, spec->place, "fabric %s: a %s has no switches to draw power", spec->id,
                spec->kind == DH_TOPOLOGY_TORUS ? "torus" : "mesh");
        dh_diag_hint(diag, "its links hang on the nodes, whose 'other' is their power, or are a carrier's");
        return DH_ERR_VALUE;
    }
    DH_TRY(spec->kind == DH_TOPOLOGY_FAT_TREE ? shape_tree(f, p, diag)
           : spec->kind == DH_TOPOLOGY_TORUS  ? shape_torus(f, p, diag)
           : spec->kind == DH_TOPOLOGY_MESH   ? DH_OK
                                              : shape_dragonfly(f, p, diag));
    return spec->kind == DH_TOPOLOGY_MESH ? DH_OK : shape_domain(f, p, first, diag);
}

/* ---- what it takes */

static double times(int64_t n, double each) {
    return n > 0 ? (double)n * each : 0;
}

void dh_fabric_count(struct dh_run_fabric *f, int32_t *n_rack) {
    const int32_t *units = f->facts.units;
    double watts[DH_N_CABLE], ends[DH_N_TIER][DH_N_CABLE] = {{0}};
    bool mesh = f->spec->kind == DH_TOPOLOGY_MESH, tree = f->spec->kind == DH_TOPOLOGY_FAT_TREE;
    bool flat = mesh || f->spec->kind == DH_TOPOLOGY_TORUS;
    f->cables[flat ? (mesh ? 2 : 1) : 0] = units[DH_NET_LINK];
    if (!flat) {
        f->cables[1] = units[DH_NET_UPLINK];
        f->cables[2] = units[DH_NET_TRUNK];
    }
    for (int c = 0; c < DH_N_CABLE; c++)
        watts[c] = f->cable[c] ? times(f->cables[c], f->cable[c]->power_w) : 0;
    int above = f->spec->kind == DH_TOPOLOGY_DRAGONFLY ? 0 : 1;
    if (!flat) { /* which tier has an end of which cables */
        ends[0][0] = 1;
        ends[0][1] += 1;
        ends[above][1] += 1;
        ends[above][2] += tree ? 1 : 2;
        ends[2][2] += tree ? 1 : 0;
    }
    for (int t = 0; t < DH_N_TIER; t++) {
        const struct dh_fabric_switch_spec *s = f->tier[t];
        double optics_w = 0;
        f->switches[t] = flat ? 0 : units[dh_tier_unit(t)];
        for (int c = 0; c < DH_N_CABLE; c++)
            optics_w += ends[t][c] * watts[c];
        f->first_rack[t] = *n_rack;
        if (f->switches[t] == 0)
            continue;
        f->switch_w[t] = (s ? s->power_w : 0) + optics_w / (double)f->switches[t];
        f->per_rack[t] = s ? (int32_t)s->per_rack : 16;
        f->racks[t] = (int32_t)((f->switches[t] + f->per_rack[t] - 1) / f->per_rack[t]);
        f->power_w += times(f->switches[t], f->switch_w[t]);
        f->price_usd += times(f->switches[t], s ? s->price_usd : NAN);
        f->embodied_kg += times(f->switches[t], s ? s->embodied_kg : NAN);
        if (!(f->switch_w[t] > 0))
            f->racks[t] = 0; /* nothing to feed */
        *n_rack += f->racks[t];
    }
    for (int c = 0; c < DH_N_CABLE; c++) {
        f->price_usd += times(f->cables[c], f->cable[c] ? f->cable[c]->price_usd : NAN);
        f->embodied_kg += times(f->cables[c], f->cable[c] ? f->cable[c]->embodied_kg : NAN);
    }
}
