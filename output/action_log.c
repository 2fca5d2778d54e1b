#include "output/action_log.h"

#include "output/h5_series.h"

#include <stdlib.h>
#include <string.h>

const char *const dh_action_words[DH_ACTION_WORDS] = {"at", "do", "what", "value", "for"};

const char *dh_action_word(const struct dh_action *a, int column) {
    const char *const words[DH_ACTION_WORDS] = {a->at_text, dh_deed_word(a->deed), a->what, a->value_text,
                                                a->lasts};
    return words[column] ? words[column] : "";
}

/* One row a chunk: it is on its way to the disk when the deed is done. */
enum dh_err dh_action_log_open(struct dh_h5_table **out, struct dh_h5_file *file, const char *time_units) {
    static const struct dh_h5_variable rows = {.name = DH_ACTION_LOG_ROWS,
                                               .unit = "1",
                                               .long_name = "at, do, what, value, for: texts with their ends",
                                               .type = DH_H5_U8};
    DH_TRY(dh_h5_group(file, DH_ACTION_LOG, "what was done by hand in the run that goes on"));
    DH_TRY(dh_h5_counter(file, DH_ACTION_LOG, "byte", "place in the row", DH_ACTION_LOG_BYTES));
    DH_TRY(dh_h5_table_add(out, file, DH_ACTION_LOG, time_units, sizeof(double), 1));
    return dh_h5_table_column(*out, &rows, "byte", DH_ACTION_LOG_BYTES);
}

enum dh_err dh_action_log_put(struct dh_h5_table *log, double time_s, const struct dh_action *action) {
    double row[DH_ACTION_LOG_BYTES] = {0};
    size_t at = 0;
    for (int c = 0; c < DH_ACTION_WORDS; c++) {
        const char *word = dh_action_word(action, c);
        for (size_t i = 0; word[i] && i < DH_ACTION_TEXT; i++)
            row[at++] = (unsigned char)word[i];
        row[at++] = 0;
    }
    dh_h5_row_begin(log, time_s);
    dh_h5_row_put(log, 0, row);
    return dh_h5_row_end(log);
}

bool dh_action_log_read(const char row[static DH_ACTION_LOG_BYTES],
                        const char *words[static DH_ACTION_WORDS]) {
    const char *at = row, *end = row + DH_ACTION_LOG_BYTES;
    for (int c = 0; c < DH_ACTION_WORDS; c++) {
        const char *stop = at < end ? memchr(at, '\0', (size_t)(end - at)) : NULL;
        if (!stop || stop - at > DH_ACTION_TEXT)
            return false;
        words[c] = at;
        at = stop + 1;
    }
    return *words[0] && *words[1];
}

enum dh_err dh_actions_write(struct dh_h5_file *file, int64_t n, const char *const *texts) {
    static const char *const abouts[DH_ACTION_WORDS] = {"when, from the horizon's start or as an instant",
                                                        "what was done", "to what",
                                                        "what it was set to; GPUs of a job", "for how long"};
    const char **column = malloc((size_t)n * sizeof *column);
    enum dh_err err =
        column ? dh_h5_group(file, "actions", "what was done in the run by hand") : DH_ERR_MEMORY;
    if (err == DH_OK)
        err = dh_h5_counter(file, "actions", "action", "number of the action", n);
    for (int c = 0; c < DH_ACTION_WORDS && err == DH_OK; c++) {
        for (int64_t i = 0; i < n; i++)
            column[i] = texts[i * DH_ACTION_WORDS + c];
        err = dh_h5_texts(file, "actions", "action", dh_action_words[c], abouts[c], n, column);
    }
    free(column);
    return err;
}
