/* Diagnostics behind an opaque handle. */
#include <datahall/datahall.h>
#include "sim/diag.h"

#include <stdlib.h>

struct dh_diag *dh_diag_new(void) {
    return calloc(1, sizeof(struct dh_diag));
}

int32_t dh_diag_count(const struct dh_diag *diag) {
    return diag->n_message;
}

struct dh_diag_message dh_diag_at(const struct dh_diag *diag, int32_t i) {
    if (i < 0 || i >= diag->n_message)
        return (struct dh_diag_message){.code = DH_ERR_INTERNAL, .text = "no such message"};
    const struct dh_message *m = &diag->messages[i];
    return (struct dh_diag_message){.code = m->code,
                                    .warning = dh_err_is_warning(m->code),
                                    .file = m->place.file,
                                    .line = m->place.line,
                                    .col = m->place.col,
                                    .text = m->text,
                                    .hint = m->hint,
                                    .source = m->source};
}

int32_t dh_diag_errors(const struct dh_diag *diag) {
    return diag->n_error;
}
int32_t dh_diag_warnings(const struct dh_diag *diag) {
    return diag->n_warning;
}
void dh_diag_clear(struct dh_diag *diag) {
    dh_diag_free(diag);
}

void dh_diag_delete(struct dh_diag *diag) {
    if (!diag)
        return;
    dh_diag_free(diag);
    free(diag);
}
