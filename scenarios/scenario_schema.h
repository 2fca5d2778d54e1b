/* scenario.xsd, made from scenario.def. The shipped file is for editors; reading uses the text made here. */
#ifndef DH_SCENARIOS_SCENARIO_SCHEMA_H
#define DH_SCENARIOS_SCENARIO_SCHEMA_H

#include "sim/text.h"

/* Appends the whole schema. Only text->failed can go wrong. */
void dh_schema_text(struct dh_text *text);

#endif
