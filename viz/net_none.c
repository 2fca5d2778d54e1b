/* The network's tab without a fabric: what is known of links all the same, and how to have one. */
#include "viz/net.h"

#include "models/collective.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct kind {
    int32_t device, node_gpus;
    int64_t racks, nodes;
};

/* Kinds of racks with accelerators, the most frequent ones of very many. */
static int32_t find_kinds(const struct dh_facility *f, struct kind *kinds, int32_t room) {
    int32_t n = 0;
    for (int32_t r = 0, k = 0; r < f->n_rack; r++) {
        if (f->rack_nodes[r] == 0 || f->rack_node_gpus[r] == 0)
            continue;
        for (k = 0; k < n; k++)
            if (kinds[k].device == f->rack_device[r] && kinds[k].node_gpus == f->rack_node_gpus[r])
                break;
        if (k == room)
            continue;
        if (k == n)
            kinds[n++] = (struct kind){.device = f->rack_device[r], .node_gpus = f->rack_node_gpus[r]};
        kinds[k].racks++;
        kinds[k].nodes += f->rack_nodes[r];
    }
    return n;
}

struct field {
    const char *text;
    float share;
    enum dh_align align;
};

static void draw_fields(struct dh_view *v, struct dh_scene *scene, struct dh_box *in,
                        const struct field *fields, int n, bool head) {
    struct dh_box row = dh_box_cut_y(in, dh_line(v, DH_BODY) + 4 * v->s);
    float w = row.w;
    if (row.h < dh_line(v, DH_BODY))
        return;
    for (int i = 0; i < n; i++) {
        struct dh_box box = dh_box_cut_x(&row, w * fields[i].share);
        box.w -= 10 * v->s;
        dh_scene_word(scene, box,
                      dh_aligned(dh_plain(head ? DH_SMALL : DH_BODY, head ? DH_INK_FAINT : DH_INK_STRONG),
                                 fields[i].align),
                      fields[i].text);
    }
}

static void draw_kind(struct dh_view *v, struct dh_scene *scene, struct dh_box *in, const struct kind *k) {
    const struct dh_facility *f = v->facility;
    const struct dh_scenario *sc = f->scenario;
    const struct dh_device_spec *device = f->device_spec[k->device];
    const struct dh_interconnect_spec *d =
        dh_collective_find_domain(sc->interconnects, sc->n_interconnects, device->id, "");
    char racks[24], nodes[48], gpus[24], domain[32] = "\u2013", rate[DH_FORMAT_ROOM] = "\u2013",
                                         domains[32] = "\u2013";
    snprintf(racks, sizeof racks, "%lld", (long long)k->racks);
    snprintf(nodes, sizeof nodes, "%lld of %d", (long long)k->nodes, (int)k->node_gpus);
    snprintf(gpus, sizeof gpus, "%lld", (long long)k->nodes * k->node_gpus);
    if (d) { /* without its interconnect a device's domain is not known */
        int64_t of = d->spans_nodes && d->domain > k->node_gpus ? d->domain : k->node_gpus; /* a node's own */
        snprintf(domain, sizeof domain, "%lld", (long long)of);
        snprintf(domains, sizeof domains, "%lld", (long long)((k->nodes * k->node_gpus + of - 1) / of));
    }
    if (d)
        dh_format(rate, d->wire_bytes_per_s, "B/s");
    const struct field fields[] = {
        {device->id, 0.24f, DH_LEFT },
        {racks,      0.1f,  DH_RIGHT},
        {nodes,      0.17f, DH_RIGHT},
        {gpus,       0.12f, DH_RIGHT},
        {domains,    0.11f, DH_RIGHT},
        {domain,     0.11f, DH_RIGHT},
        {rate,       0.15f, DH_RIGHT}
    };
    draw_fields(v, scene, in, fields, 7, false);
}

void dh_net_none(struct dh_view *v, struct dh_scene *scene, struct dh_box box) {
    enum { MOST = 8 };
    static const struct field head[] = {
        {"accelerator",    0.24f, DH_LEFT },
        {"racks",          0.1f,  DH_RIGHT},
        {"nodes of GPUs",  0.17f, DH_RIGHT},
        {"GPUs",           0.12f, DH_RIGHT},
        {"domains",        0.11f, DH_RIGHT},
        {"GPUs of each",   0.11f, DH_RIGHT},
        {"links of a GPU", 0.15f, DH_RIGHT}
    };
    static const char *const lines[] = {
        "<fabric id=\"net\" base=\"infiniband-ndr-rails\"/>",
    };
    struct kind kinds[MOST];
    float s = v->s;
    int32_t n = find_kinds(v->facility, kinds, MOST);
    struct dh_box in = dh_panel(v, scene, box, "Network: no fabric in this scenario");
    in.w = fminf(in.w, 860 * s);
    struct dh_box text = in;
    text.h = fminf(text.h, 3 * dh_line(v, DH_BODY));
    float used = dh_scene_paragraph(scene, text, dh_plain(DH_BODY, DH_INK_PLAIN),
                                    "Nodes are joined by links that are never full, and jobs do not slow one "
                                    "another. What is known are the links within domains of accelerators:");
    dh_box_cut_y(&in, used + 10 * s);
    if (n > 0) {
        draw_fields(v, scene, &in, head, 7, true);
        dh_scene_rect(scene, (struct dh_box){in.x, in.y - 1, in.w, 1}, DH_RULE);
    }
    for (int32_t i = 0; i < n; i++)
        draw_kind(v, scene, &in, &kinds[i]);
    if (n == 0)
        dh_scene_word(scene, dh_box_cut_y(&in, dh_line(v, DH_BODY)), dh_plain(DH_BODY, DH_INK_FAINT),
                      "no rack has accelerators");
    dh_box_cut_y(&in, 14 * s);
    used = dh_scene_paragraph(scene, in, dh_plain(DH_BODY, DH_INK_PLAIN),
                              "With a fabric (catalog:fabrics.xml has some) switches and cables are bought, "
                              "draw power and can fail, and what jobs "
                              "send shares links. Beside <site>, for instance:");
    dh_box_cut_y(&in, used + 4 * s);
    struct dh_box code = dh_box_cut_y(&in, dh_line(v, DH_BODY) + 12 * s);
    dh_scene_rect(scene, code, 0x12171D);
    dh_box_cut_x(&code, 8 * s);
    dh_scene_word(scene, code, dh_plain(DH_BODY, DH_GREEN), lines[0]);
    dh_box_cut_y(&in, 6 * s);
    dh_scene_word(scene, dh_box_cut_y(&in, dh_line(v, DH_SMALL)), dh_plain(DH_SMALL, DH_INK_FAINT),
                  "shared-spine and ai-factory among the examples have one");
}
