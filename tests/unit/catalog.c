/* The built-in catalogs and the shipped scenarios as the reader gives them, against sums done by hand. That
 * every figure has a source is tests/cli/catalog-sources.sh. */
#include "tests/tests.h"

#include "scenarios/catalog.h"
#include "scenarios/scenario.h"

#include <dirent.h>
#include <math.h>
#include <string.h>

static const char *const devices[] = {"a100-sxm", "h100-sxm",  "h200-sxm",       "b200",
                                      "gb200",    "mi250x",    "mi300x",         "tpu-v5p",
                                      "gaudi3",   "alveo-v80", "jetson-agx-orin"};
static const char *const racks[] = {"dgx-h100-air", "hgx-h100-liquid", "gb200-nvl72", "frontier"};
static const char *const climates[] = {"ashburn",   "phoenix",     "dublin",
                                       "singapore", "santa-clara", "stockholm"};
static const char *const grids[] = {"pjm-virginia", "ercot", "caiso", "ireland", "sweden", "raps"};
static const char *const tariffs[] = {"virginia-tou", "flat-industrial", "large-load-ohio", "raps-flat"};
static const char *const providers[][2] = {
    {"aws-us-east-1", "p5.48xlarge"    },
    {"azure-eastus",  "ND96isr_H100_v5"},
    {"gcp-us-east4",  "a3-highgpu-8g"  }
};
static const char *const upses[] = {"ups-double-conversion", "ups-double-conversion-best", "ups-eco",
                                    "ups-legacy"};

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

static void show(const struct dh_diag *diag) {
    for (int32_t i = 0; i < diag->n_message; i++)
        printf("# %s:%d:%d: %s\n", diag->messages[i].place.file ? diag->messages[i].place.file : "",
               diag->messages[i].place.line, diag->messages[i].place.col, diag->messages[i].text);
}

/* A scenario that refers to every entry, for entries that nothing refers to are left out when reading. */
static void read_all(struct dh_scenario_file *file, int provider) {
    char text[32768];
    size_t n = 0;
#define ADD(...) n += (size_t)snprintf(text + n, sizeof text - n, __VA_ARGS__)
    ADD("<scenario xmlns=\"urn:datahall:scenario:1\" name=\"all\"><horizon duration=\"1 d\"/>");
    for (int i = 0; dh_catalog_name(i); i++)
        ADD("<import href=\"catalog:%s\"/>", dh_catalog_name(i));
    for (int i = 0; i < COUNT(devices); i++)
        ADD("<node id=\"n-%s\" device=\"%s\" gpus=\"1\"/><rack-type id=\"r-%s\" node=\"n-%s\" nodes=\"1\" "
            "rated=\"9 kW\"/>",
            devices[i], devices[i], devices[i], devices[i]);
    for (int s = 0; s < COUNT(climates); s++) {
        const char *ups = upses[s % COUNT(upses)], *pdu = s % 2 ? "pdu-busway" : "pdu-transformer";
        ADD("<site id=\"s%d\" climate=\"%s\" grid=\"%s\" tariff=\"%s\"><power>", s, climates[s],
            grids[s % COUNT(grids)], tariffs[s % COUNT(tariffs)]);
        ADD("<utility id=\"u%d\" rated=\"99 MW\"/>", s);
        ADD("<transformer id=\"hv%d\" base=\"transformer-hv-mv\" feed=\"u%d\"/>", s, s);
        ADD("<transformer id=\"tx%d\" base=\"transformer-mv-lv\" feed=\"hv%d\" count=\"9\"/>", s, s);
        ADD("<ups id=\"ups%d\" base=\"%s\" feed=\"tx%d\" count=\"9\"/>", s, ups, s);
        ADD("<pdu id=\"bus%d\" base=\"%s\" feed=\"ups%d\" count=\"9\"/></power><cooling>", s, pdu, s);
        ADD("<chiller-plant id=\"cw%d\" base=\"chiller-tower-economizer\" feed=\"tx%d\"/>", s, s);
        ADD("<liquid-plant id=\"ww%d\" base=\"warm-water-%s\" feed=\"tx%d\"/>", s,
            s % 2 ? "dry" : "adiabatic", s);
        ADD("<cdu id=\"cdu%d\" base=\"cdu-1350kw\" plant=\"ww%d\" feed=\"bus%d\"/></cooling>", s, s, s);
        ADD("<hall id=\"h%d\" plant=\"cw%d\">", s, s);
        if (s == 0) { /* one rack of each */
            for (int i = 0; i < COUNT(devices); i++)
                ADD("<row id=\"d%d\" rack=\"r-%s\" feed=\"bus0\"/>", i, devices[i]);
            for (int i = 0; i < COUNT(racks); i++)
                ADD("<row id=\"k%d\" rack=\"%s\" feed=\"bus0\" cdu=\"cdu0\"/>", i, racks[i]);
        } else {
            ADD("<row id=\"k-%d\" rack=\"dgx-h100-air\" feed=\"bus%d\"/>", s, s);
        }
        ADD("</hall></site>");
    }
    ADD("<burst provider=\"%s\" instance=\"%s\"/></scenario>", providers[provider][0],
        providers[provider][1]);
#undef ADD
    assert_true(n < sizeof text);
    struct dh_diag diag = {0};
    enum dh_err err = dh_scenario_read_memory(file, text, n, "all.xml", ".", NULL, &diag);
    show(&diag);
    dh_diag_free(&diag);
    assert_int_equal(err, DH_OK);
}

/* Input of n equal supplies of rated_w that share the output, as the loss says. */
static double supplied_w(const struct dh_loss_spec *loss, double n, double rated_w, double output_w) {
    if (!isnan(loss->efficiency))
        return (output_w + n * loss->fixed_w) / loss->efficiency;
    double x = output_w / (n * rated_w);
    return output_w + n * rated_w * (loss->a + loss->b * x + loss->c * x * x);
}

static const struct dh_power_class_spec *power_of(const struct dh_device_spec *device, enum dh_work work) {
    for (int32_t i = 0; i < device->n_power_classes; i++)
        if (device->power_classes[i].work == (int32_t)work)
            return &device->power_classes[i];
    return NULL;
}

void catalog_entries_are_within_their_physics(void **state) {
    (void)state;
    for (int p = 0; p < COUNT(providers); p++) {
        struct dh_scenario_file file = {0};
        read_all(&file, p);
        const struct dh_scenario *sc = &file.spec;
        for (int i = 0; i < COUNT(devices); i++) {
            const struct dh_device_spec *d = dh_scenario_device(sc, devices[i]);
            assert_non_null(d);
            assert_true(d->idle_w < d->tdp_w && d->clock_min_hz < d->clock_max_hz);
            assert_true(d->throttle_degc < d->slowdown_degc && d->slowdown_degc < d->shutdown_degc);
            assert_true(d->liquid_k_per_w < d->air_k_per_w);
            /* At its cap and in the air it is made for, a device stays below its throttling temperature. */
            assert_true(27 + d->tdp_w * d->air_k_per_w < d->throttle_degc);
            assert_true(d->n_power_classes > 0 && d->n_sources > 0);
            for (int32_t k = 0; k < d->n_power_classes; k++) {
                assert_true(d->power_classes[k].board_w > d->idle_w);
                assert_true(d->power_classes[k].board_w <= d->tdp_w);
            }
            const struct dh_power_class_spec *prefill = power_of(d, DH_WORK_PREFILL),
                                             *decode = power_of(d, DH_WORK_DECODE);
            if (prefill && decode) /* the reason for classes of power */
                assert_true(decode->board_w < 0.65 * prefill->board_w);
        }
        for (int i = 0; i < COUNT(climates); i++) {
            const struct dh_climate_spec *c = dh_scenario_climate(sc, climates[i]);
            assert_non_null(c);
            assert_non_null(strstr(c->title, "synthetic year from normals"));
            assert_int_equal(c->n_months, 12);
            double hottest = -99;
            for (int m = 0; m < 12; m++) {
                const struct dh_month_spec *month = &c->months[m];
                assert_int_equal(month->number, m + 1);
                assert_true(month->low_degc <= month->mean_degc && month->mean_degc <= month->high_degc);
                assert_true(month->dew_point_degc < month->mean_degc);
                hottest = fmax(hottest, month->high_degc);
            }
            assert_true(c->design_hot_degc > hottest && c->design_wet_degc < c->design_hot_degc);
        }
        for (int i = 0; i < COUNT(grids); i++)
            assert_non_null(dh_scenario_grid(sc, grids[i]));
        for (int i = 0; i < COUNT(tariffs); i++)
            assert_non_null(dh_scenario_tariff(sc, tariffs[i]));
        const struct dh_provider_spec *cloud = dh_scenario_provider(sc, providers[p][0]);
        assert_non_null(cloud);
        for (int32_t i = 0; i < cloud->n_instances; i++)
            assert_true(cloud->instances[i].spot_usd_per_s < cloud->instances[i].on_demand_usd_per_s);
        dh_scenario_free(&file);
    }
}

/* models/FRONTIER.md, section 3: the closed form, with the catalog's figures in it. */
void frontier_in_the_catalog_is_the_published_closed_form(void **state) {
    (void)state;
    struct dh_scenario_file file = {0};
    read_all(&file, 0);
    const struct dh_rack_type_spec *rack = dh_scenario_rack_type(&file.spec, "frontier");
    const struct dh_node_spec *node = dh_scenario_node(&file.spec, rack->node);
    const struct dh_device_spec *gpu = dh_scenario_device(&file.spec, node->device);
    double gpus = (double)node->gpus, nodes = (double)rack->nodes, supplies = (double)rack->supplies;
    double idle_w = supplied_w(node->losses, 1, NAN, node->cpu_idle_w + gpus * gpu->idle_w + node->other_w);
    double peak_w = supplied_w(node->losses, 1, NAN,
                               node->cpu_max_w + gpus * power_of(gpu, DH_WORK_HPC)->board_w + node->other_w);
    assert_true(fabs(idle_w - 652.306) < 1e-3 && fabs(peak_w - 2772.714) < 1e-3);
    double idle_rack_w = supplied_w(rack->losses, supplies, NAN, nodes * idle_w + rack->overhead_w);
    double peak_rack_w = supplied_w(rack->losses, supplies, NAN, nodes * peak_w + rack->overhead_w);
    assert_true(fabs(74 * idle_rack_w + 25 * 8473.47 - 7306524) < 1);
    assert_true(fabs(74 * peak_rack_w + 25 * 8473.47 - 28227884) < 1);
    assert_true(peak_rack_w < rack->rated_w);
    dh_scenario_free(&file);
}

void racks_in_the_catalog_add_up_to_published_power(void **state) {
    (void)state;
    struct dh_scenario_file file = {0};
    read_all(&file, 0);
    const struct dh_scenario *sc = &file.spec;
    const struct dh_rack_type_spec *rack = dh_scenario_rack_type(sc, "dgx-h100-air");
    const struct dh_node_spec *node = dh_scenario_node(sc, rack->node);
    const struct dh_device_spec *gpu = dh_scenario_device(sc, node->device);
    /* NVIDIA: 10.2 kW at most. Six supplies to a server. */
    double full_w = 8 * gpu->tdp_w + node->cpu_max_w + node->other_w + node->fan_max_w;
    assert_true(fabs(supplied_w(rack->losses, 6, rack->supply_rated_w, full_w) - 10200) < 20);
    /* arXiv 2412.08602: 8.4 kW in training, here with CPUs at 35 % and fans at 82.4 % speed. */
    double training_w = 8 * power_of(gpu, DH_WORK_TRAINING)->board_w + node->cpu_idle_w +
                        0.35 * (node->cpu_max_w - node->cpu_idle_w) + node->other_w +
                        node->fan_max_w * 0.824 * 0.824 * 0.824;
    assert_true(fabs(supplied_w(rack->losses, 6, rack->supply_rated_w, training_w) - 8400) < 20);
    /* 80 PLUS Titanium: 90, 94 and 96 % at 10, 20 and 50 % load. */
    const double load[] = {0.1, 0.2, 0.5}, efficiency[] = {0.90, 0.94, 0.96};
    for (int i = 0; i < 3; i++)
        assert_true(fabs(load[i] * 3300 / supplied_w(rack->losses, 1, 3300, load[i] * 3300) - efficiency[i]) <
                    1e-5);

    rack = dh_scenario_rack_type(sc, "gb200-nvl72");
    node = dh_scenario_node(sc, rack->node);
    gpu = dh_scenario_device(sc, node->device);
    assert_int_equal(rack->nodes * node->gpus, 72);
    /* HPE QuickSpecs: 132 kW, nominal 120 kW, 115 kW of it to liquid. */
    double host_w = node->cpu_max_w + node->other_w + node->fan_max_w;
    double most_w = 18 * (4 * gpu->tdp_w + host_w) + rack->overhead_w;
    double nominal_w = 18 * (4 * power_of(gpu, DH_WORK_TRAINING)->board_w + host_w) + rack->overhead_w;
    assert_true(fabs(supplied_w(rack->losses, 48, rack->supply_rated_w, most_w) - 132000) < 100);
    assert_true(fabs(supplied_w(rack->losses, 48, rack->supply_rated_w, nominal_w) - 120000) < 400);
    assert_true(fabs(rack->liquid_share * 132 - 115) < 0.5);

    for (int i = 0; i < COUNT(racks); i++) { /* no rack can draw more than it is rated for */
        rack = dh_scenario_rack_type(sc, racks[i]);
        node = dh_scenario_node(sc, rack->node);
        gpu = dh_scenario_device(sc, node->device);
        double node_w = node->cpu_max_w + node->other_w + node->fan_max_w + (double)node->gpus * gpu->tdp_w;
        if (node->n_losses)
            node_w = supplied_w(node->losses, 1, node_w, node_w);
        double rack_w = supplied_w(rack->losses, (double)rack->supplies, rack->supply_rated_w,
                                   (double)rack->nodes * node_w + rack->overhead_w);
        assert_true(rack_w <= rack->rated_w && rack_w > 0.95 * rack->rated_w);
    }
    dh_scenario_free(&file);
}

void power_stage_templates_have_their_published_efficiency(void **state) {
    (void)state;
    struct dh_scenario_file file = {0};
    read_all(&file, 0);
    /* At 25, 50, 100 % of rating: the four sets of the sites in read_all's order. */
    const double expected[][3] = {
        {0.960, 0.970, 0.968},
        {0.966, 0.975, 0.971},
        {0.985, 0.990, 0.992},
        {0.880, 0.915, 0.935}
    };
    const double load[] = {0.25, 0.5, 1};
    for (int s = 0; s < 4; s++) {
        const struct dh_ups_spec *ups = &file.spec.sites[s].powers[0].upses[0];
        for (int i = 0; i < 3; i++) {
            double out_w = load[i] * ups->rated_w;
            assert_true(fabs(out_w / supplied_w(ups->losses, 1, ups->rated_w, out_w) - expected[s][i]) <
                        1e-5);
        }
    }
    /* 2.5 MVA: 99.50 % at half load, no-load loss 3141 W, load loss 12563 W. */
    const struct dh_transformer_spec *tx = &file.spec.sites[0].powers[0].transformers[1];
    assert_true(fabs(tx->losses[0].a * tx->rated_w - 3141) < 1 &&
                fabs(tx->losses[0].c * tx->rated_w - 12563) < 1);
    dh_scenario_free(&file);
}

void shipped_scenarios_can_be_read(void **state) {
    (void)state;
    static const char *const folders[] = {"scenarios/examples", "scenarios/validation"};
    int n = 0;
    for (int f = 0; f < COUNT(folders); f++) {
        DIR *dir = opendir(folders[f]);
        assert_non_null(dir);
        for (const struct dirent *entry; (entry = readdir(dir));) {
            const char *end = strrchr(entry->d_name, '.');
            if (!end || strcmp(end, ".xml") != 0)
                continue;
            char path[512];
            snprintf(path, sizeof path, "%s/%s", folders[f], entry->d_name);
            struct dh_scenario_file file = {0};
            struct dh_diag diag = {0};
            enum dh_err err = dh_scenario_read(&file, path, NULL, &diag);
            show(&diag);
            if (err != DH_OK)
                printf("# %s\n", path);
            int32_t warnings = diag.n_warning;
            dh_diag_free(&diag);
            assert_int_equal(err, DH_OK);
            assert_int_equal(warnings, 0);
            dh_scenario_free(&file);
            n++;
        }
        closedir(dir);
    }
    assert_true(n >= 8);
}
