/* read_result info|jobs|summary|recover|GROUP FILE [COLUMNS|OUT]: what the commands info, export, report and
 * recover do with a result file, for tests. */
#include "output/export.h"
#include "output/recover.h"

#include <stdio.h>
#include <string.h>

static enum dh_err info(struct dh_result *result) {
    const struct dh_result_info *i = dh_result_contents(result);
    printf("%s %s %s %.17g\n", i->status, i->scenario, i->start, i->duration_s);
    for (int32_t k = 0; k < i->n_dataset; k++) {
        const struct dh_result_dataset *d = &i->datasets[k];
        printf("/%s/%s %lld x %lld (%s, %s) [%s]\n", d->group, d->name, (long long)d->rows,
               (long long)d->columns, d->dimension[0], d->dimension[1], d->unit);
    }
    return DH_OK;
}

static enum dh_err summary(struct dh_result *result) {
    struct dh_summary s = {0};
    enum dh_err err = dh_result_summary(result, "summary", &s);
    for (int32_t i = 0; i < s.n_entry; i++)
        printf("%s %s %.17g\n", s.entries[i].key, s.entries[i].text ? s.entries[i].text : s.entries[i].unit,
               dh_summary_value(&s, s.entries[i].key));
    dh_summary_free(&s);
    return err;
}

int main(int argc, char **argv) {
    if (argc < 3)
        return 2;
    struct dh_diag diag = {0};
    struct dh_result *result = NULL;
    enum dh_err err;
    if (strcmp(argv[1], "recover") == 0)
        err = argc > 3 ? dh_recover(argv[2], argv[3], &diag) : DH_ERR_USAGE;
    else
        err = dh_result_open(&result, argv[2], &diag);
    if (!err && result)
        err = strcmp(argv[1], "info") == 0      ? info(result)
              : strcmp(argv[1], "summary") == 0 ? summary(result)
              : strcmp(argv[1], "jobs") == 0
                  ? dh_export_jobs(result, stdout, &diag)
                  : dh_export_table(result, argv[1], argc > 3 ? argv[3] : NULL, stdout, &diag);
    for (int32_t i = 0; i < diag.n_message; i++)
        fprintf(stderr, "%s: %s: %s\n", diag.messages[i].place.file, dh_err_code(diag.messages[i].code),
                diag.messages[i].text);
    dh_result_close(result);
    dh_diag_free(&diag);
    return dh_err_exit_status(err);
}
