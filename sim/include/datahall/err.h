/* Error codes of datahall: one table (errors.def) of name, code, exit status and text. */
#ifndef DATAHALL_ERR_H
#define DATAHALL_ERR_H

#ifdef __cplusplus
extern "C" {
#endif

enum dh_err {
#define ERR(name, code, status, text) DH_ERR_##name,
#include <datahall/errors.def>
#undef ERR
    DH_N_ERR
};
#define DH_OK DH_ERR_OK

/* The code as printed ("E-UNIT"), the exit status of the command line, the general text.
 * Any value outside the table reads as DH_ERR_INTERNAL. Static strings. */
const char *dh_err_code(enum dh_err err);
int dh_err_exit_status(enum dh_err err);
const char *dh_err_text(enum dh_err err);

#ifdef __cplusplus
}
#endif
#endif
