/* The built-in catalogs as one scenario, every entry kept, for predictions that pick entries by name. Private
 * to sim/api. */
#ifndef DH_SIM_API_PREDICT_CATALOG_H
#define DH_SIM_API_PREDICT_CATALOG_H

#include "sim/api/predict.h"

/* Reads the entries of these catalogs ("gpus.xml"), names ends with NULL; one that is not built in is left
 * out. Free with dh_scenario_free. DH_ERR_MEMORY, or what reading says. */
enum dh_err dh_predict_catalog_read(struct dh_scenario_file *file, const char *const *names,
                                    struct dh_diag *diag);

/* The device, model of that name; NULL: none. */
const struct dh_device_spec *dh_predict_device(const struct dh_scenario *catalog, const char *name);
const struct dh_model_spec *dh_predict_model(const struct dh_scenario *catalog, const char *name);

#endif
