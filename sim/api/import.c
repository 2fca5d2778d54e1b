/* Foreign data for embedders: the converters of scenarios/import.h, their figures as a summary. */
#include <datahall/datahall.h>
#include "output/summary.h"
#include "scenarios/import.h"

#include <math.h>
#include <stdlib.h>

struct dh_import_kind dh_import_kind_at(int32_t i) {
    struct dh_import_form form = dh_import_form_at(i);
    return (struct dh_import_kind){form.name, form.about};
}

enum dh_err dh_import(const char *kind, const char *file, const char *part, dh_write_fn write, void *self,
                      struct dh_summary **summary, struct dh_diag *diag) {
    return dh_import_files(kind, &file, 1, part, write, self, summary, diag);
}

enum dh_err dh_import_files(const char *kind, const char *const *files, int32_t n_file, const char *part,
                            dh_write_fn write, void *self, struct dh_summary **summary,
                            struct dh_diag *diag) {
    struct dh_import_stats stats;
    if (summary)
        *summary = NULL;
    if (n_file < 1)
        return dh_fail(diag, DH_ERR_USAGE, (struct dh_place){0}, "no file to import");
    DH_TRY(dh_import_convert(kind, files, n_file, part, write, self, &stats, diag));
    if (!summary)
        return DH_OK;
    struct dh_summary *figures = calloc(1, sizeof *figures);
    if (!figures)
        return dh_fail(diag, DH_ERR_MEMORY, (struct dh_place){files[0], 0, 0}, "out of memory");
    for (int32_t i = 0; i < stats.n_figure; i++) {
        double value = stats.figures[i].value;
        if (value == rint(value) && fabs(value) < 9e15)
            dh_summary_integer(figures, stats.figures[i].name, "1", (int64_t)value,
                               "figure of the converted data");
        else
            dh_summary_number(figures, stats.figures[i].name, "1", value, "figure of the converted data");
    }
    *summary = figures;
    return DH_OK;
}
