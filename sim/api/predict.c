/* Predictions row by row, by the functions that runs use. */
#include "sim/api/internal.h"

#include <string.h>

static const struct dh_predict_kind kinds[] = {
    {NULL, NULL}
};

struct dh_predict_kind dh_predict_kind_at(int32_t i) {
    int32_t n = (int32_t)(sizeof kinds / sizeof *kinds) - 1;
    return kinds[i >= 0 && i < n ? i : n];
}

enum dh_err dh_predict(const char *kind, const char *input, dh_write_fn write, void *self,
                       struct dh_summary **summary, struct dh_diag *diag) {
    (void)input, (void)write, (void)self;
    if (summary)
        *summary = NULL;
    return dh_fail(diag, DH_ERR_USAGE, (struct dh_place){NULL, 0, 0}, "nothing predicts %s", kind);
}
