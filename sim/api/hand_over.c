#include "sim/api/hand_over.h"

#include "sim/diag.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum dh_err dh_hand_over(struct dh_text *text, enum dh_err err, dh_write_fn write, void *self,
                         struct dh_diag *diag) {
    static const struct dh_place nowhere = {NULL, 0, 0};
    if (err == DH_OK && text->failed)
        err = DH_ERR_MEMORY;
    if (err == DH_ERR_MEMORY)
        dh_fail(diag, err, nowhere, "no memory for the output");
    else if (err != DH_OK && dh_diag_errors(diag) == 0)
        dh_fail(diag, err, nowhere, "%s", dh_err_text(err));
    else if (err == DH_OK && write && text->n > 0 && (errno = 0, write(self, text->at, text->n)) != 0)
        err = dh_fail(diag, DH_ERR_IO, nowhere, "the output could not be written%s%s", errno ? ": " : "",
                      errno ? strerror(errno) : "");
    dh_text_free(text);
    return err;
}

enum dh_err dh_hand_over_json(json_t *root, dh_write_fn write, void *self, struct dh_diag *diag) {
    struct dh_text text = {0};
    char *dumped = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
    json_decref(root);
    if (dumped)
        dh_text_printf(&text, "%s\n", dumped);
    free(dumped);
    return dh_hand_over(&text, dumped ? DH_OK : DH_ERR_MEMORY, write, self, diag);
}
