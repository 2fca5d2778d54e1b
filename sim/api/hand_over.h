/* Text that was made goes to whoever asked for it. */
#ifndef DH_API_HAND_OVER_H
#define DH_API_HAND_OVER_H

#include <datahall/datahall.h>
#include "sim/text.h"

#include <jansson.h>

/* Writes the text, unless err (what making it came to) or its memory failed, and frees it in any case. What
 * failed is told, unless diag has it already. write NULL: nobody wants it. */
enum dh_err dh_hand_over(struct dh_text *text, enum dh_err err, dh_write_fn write, void *self,
                         struct dh_diag *diag);
/* The same of JSON, indented, with a line's end. root is taken; NULL: there was no memory for it. */
enum dh_err dh_hand_over_json(json_t *root, dh_write_fn write, void *self, struct dh_diag *diag);

#endif
