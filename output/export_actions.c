/* /actions as CSV: what --events reads. */
#include "output/action_log.h"
#include "output/export_internal.h"

#include <stdlib.h>

enum { N_COLUMN = DH_ACTION_WORDS };

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

/* Of a run that goes on, or was killed: as far as it has come. */
static enum dh_err put_log(struct dh_result *result, const struct dh_result_dataset *log, FILE *out,
                           struct dh_diag *diag) {
    int64_t bytes[DH_ACTION_LOG_BYTES];
    char row[DH_ACTION_LOG_BYTES];
    const char *words[N_COLUMN];
    for (int64_t i = 0; i < log->rows; i++) {
        DH_TRY(dh_result_integers(result, log, i, 1, bytes));
        for (int k = 0; k < DH_ACTION_LOG_BYTES; k++)
            row[k] = (char)bytes[k];
        if (!dh_action_log_read(row, words))
            return dh_fail(diag, DH_ERR_RESULT, (struct dh_place){DH_ACTION_LOG, 0, 0}, "row %lld is no deed",
                           (long long)i);
        for (int c = 0; c < N_COLUMN; c++) {
            dh_export_text(out, words[c]);
            putc(c < N_COLUMN - 1 ? ',' : '\n', out);
        }
    }
    return DH_OK;
}

enum dh_err dh_export_actions(struct dh_result *result, FILE *out, struct dh_diag *diag) {
    const char *const *names = dh_action_words;
    const struct dh_result_dataset *column[N_COLUMN];
    int64_t rows = -1;
    fputs("at,do,what,value,for\n", out);
    if (!dh_result_find(result, "actions", names[0])) {
        const struct dh_result_dataset *log = dh_result_find(result, DH_ACTION_LOG, DH_ACTION_LOG_ROWS);
        bool there = log && log->kind != DH_RESULT_TEXT && log->rank == 2 &&
                     log->columns == DH_ACTION_LOG_BYTES && log->rows <= 1000000;
        return there ? put_log(result, log, out, diag) : DH_OK; /* nothing was done */
    }
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
