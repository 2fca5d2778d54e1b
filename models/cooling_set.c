/* Set-points of cooling that somebody changes while it runs. */
#include "models/cooling.h"

#include <math.h>

/* With a set-point reset the range moves along. */
static void set_cplant(struct dh_plant_cplant *c, double degc) {
    double by_k = degc - c->reset.low;
    c->set_degc = c->reset.low = degc;
    c->reset.high = fmax(degc, c->reset.high + by_k);
    c->trim.value = degc;
}

/* Coolers hold what their CDUs need: the set-point of a facility-water plant is that of its CDUs. */
static void set_lplant(struct dh_plant *p, const struct dh_facility *f, int32_t plant, double degc) {
    for (int32_t c = 0; c < f->n_cdu; c++)
        if (p->cdus[c].plant == plant)
            p->cdus[c].set_degc = degc;
}

double dh_plant_supply(const struct dh_plant *p, const struct dh_facility *f, int32_t row) {
    if (row < f->n_hall)
        return p->halls[row].set_degc;
    row -= f->n_hall;
    if (row < f->n_cdu)
        return p->cdus[row].set_degc;
    row -= f->n_cdu;
    if (row < f->n_cplant)
        return p->cplants[row].reset.low;
    row -= f->n_cplant;
    for (int32_t c = 0; c < f->n_cdu; c++)
        if (p->cdus[c].plant == row)
            return p->cdus[c].set_degc;
    return f->lplant_spec[row]->supply_degc;
}

void dh_plant_set_supply(struct dh_plant *p, const struct dh_facility *f, int32_t row, double degc) {
    if (row < f->n_hall) {
        p->halls[row].set_degc = degc;
        return;
    }
    row -= f->n_hall;
    if (row < f->n_cdu) {
        p->cdus[row].set_degc = degc;
        return;
    }
    row -= f->n_cdu;
    if (row < f->n_cplant)
        set_cplant(&p->cplants[row], degc);
    else
        set_lplant(p, f, row - f->n_cplant, degc);
}
