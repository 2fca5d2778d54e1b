/* Rescue of what a killed run left in NAME.h5.part. */
#ifndef DH_OUTPUT_RECOVER_H
#define DH_OUTPUT_RECOVER_H

#include "sim/diag.h"

/* Writes to `out` a result with everything that was flushed to `part`, marked status=recovered; the columns
 * of each table are cut to the same number of rows. `part` is not changed; `out` must not exist and appears
 * only whole. DH_ERR_NOT_FOUND, DH_ERR_IO, DH_ERR_RESULT when the file is no result or is damaged. */
enum dh_err dh_recover(const char *part, const char *out, struct dh_diag *diag);

#endif
