#include <datahall/err.h>

static const struct {
    const char *code;
    int status;
    const char *text;
} table[] = {
#define ERR(name, code, status, text) {code, status, text},
#include <datahall/errors.def>
#undef ERR
};

static unsigned row_of(enum dh_err err) {
    return (unsigned)err < DH_N_ERR ? (unsigned)err : DH_ERR_INTERNAL;
}

const char *dh_err_code(enum dh_err err) {
    return table[row_of(err)].code;
}

int dh_err_exit_status(enum dh_err err) {
    return table[row_of(err)].status;
}

const char *dh_err_text(enum dh_err err) {
    return table[row_of(err)].text;
}
