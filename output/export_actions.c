/* /actions as CSV: what --events reads. */
#include "output/export_internal.h"

enum { N_COLUMN = 5 };

static enum dh_err put_rows(struct dh_result *result, const struct dh_result_dataset *const *column,
                            int64_t rows, FILE *out, struct dh_diag *diag) {
    struct dh_arena mem = {0};
    const char **text[N_COLUMN];
    enum dh_err err = DH_OK;
    for (int c = 0; c < N_COLUMN && !err; c++) {
        text[c] = dh_arena_array(&mem, (size_t)rows + 1, sizeof *text[c]);
        err = text[c] ? dh_result_texts(result, column[c], 0, rows, &mem, text[c])
                      : dh_fail(diag, DH_ERR_MEMORY, (struct dh_place){0}, "no memory for the export");
    }
    for (int64_t i = 0; i < rows && !err; i++)
        for (int c = 0; c < N_COLUMN; c++) {
            dh_export_text(out, text[c][i]);
            putc(c < N_COLUMN - 1 ? ',' : '\n', out);
        }
    dh_arena_free(&mem);
    return err;
}

enum dh_err dh_export_actions(struct dh_result *result, FILE *out, struct dh_diag *diag) {
    static const char *const names[N_COLUMN] = {"at", "do", "what", "value", "for"};
    const struct dh_result_dataset *column[N_COLUMN];
    int64_t rows = -1;
    fputs("at,do,what,value,for\n", out);
    if (!dh_result_find(result, "actions", names[0]))
        return DH_OK; /* nothing was done */
    for (int c = 0; c < N_COLUMN; c++) {
        column[c] = dh_result_find(result, "actions", names[c]);
        if (!column[c] || column[c]->kind != DH_RESULT_TEXT || column[c]->rank != 1 ||
            (rows >= 0 && column[c]->rows != rows) || column[c]->rows > 1000000)
            return dh_fail(diag, DH_ERR_RESULT, (struct dh_place){"actions", 0, 0},
                           "/actions has no whole column %s", names[c]);
        rows = column[c]->rows;
    }
    return put_rows(result, column, rows, out, diag);
}
