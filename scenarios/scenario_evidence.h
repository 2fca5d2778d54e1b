/* Figures of an effective scenario with the sources that they have: who says so, and how sure it is. */
#ifndef DH_SCENARIOS_SCENARIO_EVIDENCE_H
#define DH_SCENARIOS_SCENARIO_EVIDENCE_H

#include "scenarios/scenario.h"

/* published, measured, computed, assumed: the words of source/@evidence. */
enum { DH_N_EVIDENCE = 4 };
const char *dh_evidence_word(int32_t evidence);

/* Is it the source of a date alone, which no figure of a run but dates depends on? */
bool dh_evidence_is_aside(const struct dh_source_spec *source);

/* Called for each source of each element, in the order of the file. id: "" where the element has none. */
typedef void (*dh_evidence_fn)(void *self, const char *element, const char *id,
                               const struct dh_source_spec *source);
/* Devices that no node has are left out: they are there for kernels of others to be told from. */
void dh_scenario_each_source(const struct dh_scenario *scenario, dh_evidence_fn each, void *self);

/* "//economics/@water": the attribute of the first such element. */
struct dh_figure {
    double si;                           /* NAN: absent, or no quantity */
    char text[128];                      /* as in the file: "3 USD/m3" */
    const char *about;                   /* what it is */
    const struct dh_source_spec *source; /* NULL: none names it */
};
struct dh_figure dh_scenario_figure(const struct dh_scenario *scenario, const char *path);

/* The evidence for one figure among sources: that which names it, else "power" for "power:decode", else
 * "all"; -1: none does. */
int32_t dh_evidence_of(const struct dh_source_spec *sources, int32_t n, const char *figure);

#endif
