/* Times of collectives, by the catalog's constants of interconnects and networks. */
#include "sim/api/predict_rows.h"

#include "models/collective.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Interconnects and networks of the catalog, read once for a file of rows. A scenario needs a rack. */
static enum dh_err read_catalog(struct dh_scenario_file *file, struct dh_diag *diag) {
    static const char text[] =
        "<scenario xmlns=\"urn:datahall:scenario:1\" name=\"collectives\"><import "
        "href=\"catalog:interconnects.xml\"/><import href=\"catalog:racks.xml\"/><horizon duration=\"1 d\"/>"
        "<site id=\"s\"><power><utility id=\"u\" rated=\"1 GW\"/></power><hall id=\"h\"><row id=\"w\" "
        "rack=\"dgx-h100-air\" feed=\"u\"/></hall></site></scenario>";
    return dh_scenario_read_memory(file, text, sizeof text - 1, "collectives.xml", ".", NULL, diag);
}

/* Words of a collective without their case and what is neither letter nor digit: "all_reduce", "AllReduce",
 * "all-reduce" are one. */
static int op_of(const char *word) {
    static const struct {
        const char *word;
        enum dh_collective_op op;
    } words[] = {
        {"allreduce",     DH_ALL_REDUCE    },
        {"allgather",     DH_ALL_GATHER    },
        {"reducescatter", DH_REDUCE_SCATTER},
        {"alltoall",      DH_ALL_TO_ALL    },
        {"a2a",           DH_ALL_TO_ALL    },
        {"broadcast",     DH_BROADCAST     },
        {"bcast",         DH_BROADCAST     },
        {"sendrecv",      DH_SEND          },
        {"send",          DH_SEND          },
        {"p2p",           DH_SEND          },
        {"moedispatch",   DH_DISPATCH      },
        {"moecombine",    DH_COMBINE       },
        {"dispatch",      DH_DISPATCH      },
        {"combine",       DH_COMBINE       },
    };
    char plain[32];
    size_t n = 0;
    for (; *word && n + 1 < sizeof plain; word++)
        if (isalnum((unsigned char)*word))
            plain[n++] = (char)tolower((unsigned char)*word);
    plain[n] = '\0';
    if (strcmp(plain, "alltoallv") == 0) /* of equal parts */
        return DH_ALL_TO_ALL;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].word, plain) == 0)
            return (int)words[i].op;
    return -1;
}

struct predictor {
    struct dh_predict_rows rows;
    const struct dh_scenario *catalog;
    int32_t system, op, notes, nodes, gpus, bytes, time;
};

static enum dh_err find_columns(struct predictor *r) {
    struct dh_csv *csv = &r->rows.csv;
    DH_TRY(dh_csv_require(csv, "system", "gpu", &r->system));
    DH_TRY(dh_csv_require(csv, "op", "collective", &r->op));
    DH_TRY(dh_csv_require(csv, "gpus", "ranks", &r->gpus));
    DH_TRY(dh_csv_require(csv, "bytes", NULL, &r->bytes));
    r->nodes = dh_csv_column(csv, "nodes", NULL, NULL);
    r->notes = dh_csv_column(csv, "notes", NULL, NULL);
    r->time = dh_csv_column(csv, "time_us", NULL, NULL);
    return DH_OK;
}

/* A count from 1 to a million; 0: none. */
static int32_t count(const struct predictor *r, int32_t column) {
    double value = dh_csv_number(&r->rows.csv, column);
    return value >= 1 && value <= 1e6 && value == floor(value) ? (int32_t)value : 0;
}

static void predict_collective(struct dh_predicted *x, const struct predictor *r) {
    char system[256], notes[512], word[64];
    dh_csv_text(&r->rows.csv, r->system, system, sizeof system);
    dh_csv_text(&r->rows.csv, r->notes, notes, sizeof notes);
    dh_csv_text(&r->rows.csv, r->op, word, sizeof word);
    double bytes = dh_csv_number(&r->rows.csv, r->bytes);
    int32_t gpus = count(r, r->gpus), nodes = count(r, r->nodes);
    int op = op_of(word);
    struct dh_collective_fabric f = {
        dh_collective_find_domain(r->catalog->interconnects, r->catalog->n_interconnects, system, notes),
        dh_collective_find_network(r->catalog->networks, r->catalog->n_networks, system, notes)};
    if (op < 0)
        x->why = "no such collective";
    else if (!(bytes >= 0 && bytes <= 1e15))
        x->why = "bytes are missing, or not from 0 to 1e15";
    else if (gpus < 2)
        x->why = "gpus are missing, or less than two";
    else if (!f.domain)
        x->why = "the catalog has no interconnect of such a system";
    if (x->why)
        return;
    struct dh_collective_group g = dh_collective_group_of(f.domain, nodes, gpus);
    if (nodes == 0 && gpus > f.domain->domain)
        g.ranks_per_domain = (int32_t)f.domain->domain;
    g.rings = strstr(system, "ALGO=RING") || strstr(notes, "ALGO=RING");
    if (g.ranks_per_domain < gpus && !f.network)
        x->why = "the catalog has no network that such a system would have";
    if (x->why)
        return;
    struct dh_collective_plan plan = dh_collective_plan(&f, (enum dh_collective_op)op, bytes, &g);
    if (isnan(plan.time_s)) {
        x->why = "the interconnect has no constants for this collective";
        return;
    }
    x->value = 1e6 * plan.time_s;
    x->low = x->value * plan.low;
    x->high = x->value * plan.high;
}

static enum dh_err predict_row(void *self) {
    struct predictor *r = self;
    struct dh_predicted x = {NAN, NAN, NAN, dh_csv_number(&r->rows.csv, r->time), NULL};
    predict_collective(&x, r);
    return dh_predict_rows_put(&r->rows, &x);
}

static enum dh_err predict(struct predictor *r) {
    DH_TRY(find_columns(r));
    return dh_predict_rows_each(&r->rows, predict_row, r);
}

enum dh_err dh_predict_collective(struct dh_prediction *p) {
    struct predictor r = {0};
    struct dh_scenario_file catalog = {0};
    DH_TRY(read_catalog(&catalog, p->diag));
    r.catalog = &catalog.spec;
    enum dh_err err = dh_predict_rows_open(&r.rows, p, "predicted_time_us");
    if (err == DH_OK) {
        err = predict(&r);
        dh_predict_rows_close(&r.rows);
    }
    dh_scenario_free(&catalog);
    return err;
}
