/* Tables along a dimension that is no time: /replications. */
#include "output/export_internal.h"

#include "sim/diag.h"

#include <stdlib.h>
#include <string.h>

enum dh_err dh_export_columns(struct dh_result *result, const char *group, FILE *out, struct dh_diag *diag) {
    const struct dh_result_info *info = dh_result_contents(result);
    const struct dh_result_dataset **columns = malloc(((size_t)info->n_dataset + 1) * sizeof *columns);
    double **values = calloc((size_t)info->n_dataset + 1, sizeof *values);
    int32_t n = 0;
    enum dh_err err = columns && values ? DH_OK : DH_ERR_MEMORY;
    for (int32_t i = 0; i < info->n_dataset && err == DH_OK; i++) {
        const struct dh_result_dataset *d = &info->datasets[i];
        if (strcmp(d->group, group) != 0 || d->rank != 1 || d->kind == DH_RESULT_TEXT ||
            (n > 0 && d->rows != columns[0]->rows) || (uint64_t)d->rows > SIZE_MAX / sizeof(double))
            continue;
        values[n] = malloc((size_t)(d->rows > 0 ? d->rows : 1) * sizeof **values);
        columns[n] = d;
        err = values[n] ? dh_result_numbers(result, d, 0, d->rows, values[n]) : DH_ERR_MEMORY;
        n++;
    }
    for (int32_t c = 0; c < n && err == DH_OK; c++) {
        fputs(c ? "," : "", out);
        dh_export_text(out, columns[c]->name);
    }
    if (n > 0 && err == DH_OK)
        fputs("\n", out);
    for (int64_t row = 0; err == DH_OK && n > 0 && row < columns[0]->rows; row++)
        for (int32_t c = 0; c < n; c++) {
            fputs(c ? "," : "", out);
            dh_export_number(out, values[c][row]);
            fputs(c + 1 == n ? "\n" : "", out);
        }
    for (int32_t c = 0; values && c < n; c++)
        free(values[c]);
    free(values);
    free(columns);
    if (err == DH_ERR_MEMORY)
        return dh_fail(diag, err, (struct dh_place){0}, "no memory for the table");
    return err;
}
