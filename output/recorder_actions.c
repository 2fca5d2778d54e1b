#include "output/recorder_actions.h"

#include "output/h5_file.h"
#include "output/recorder_file.h"

#include <stdlib.h>

static const char *word(const struct dh_action *a, int column) {
    switch (column) {
    case 0:
        return a->at_text;
    case 1:
        return dh_deed_word(a->deed);
    case 2:
        return a->what;
    case 3:
        return a->value_text;
    default:
        return a->lasts;
    }
}

enum dh_err dh_recorder_actions(struct dh_recorder *recorder, const struct dh_action *first) {
    static const char *const names[] = {"at", "do", "what", "value", "for"};
    static const char *const abouts[] = {"when, from the horizon's start or as an instant", "what was done",
                                         "to what", "what it was set to; GPUs of a job", "for how long"};
    struct dh_h5_file *h5 = dh_recorder_file(recorder);
    int64_t n = 0;
    for (const struct dh_action *a = first; a; a = a->next)
        n++;
    if (!h5 || n == 0)
        return DH_OK;
    const char **texts = malloc((size_t)n * sizeof *texts);
    enum dh_err err = texts ? dh_h5_group(h5, "actions", "what was done in the run by hand") : DH_ERR_MEMORY;
    if (err == DH_OK)
        err = dh_h5_counter(h5, "actions", "action", "number of the action", n);
    for (int c = 0; c < 5 && err == DH_OK; c++) {
        int64_t i = 0;
        for (const struct dh_action *a = first; a; a = a->next)
            texts[i++] = word(a, c);
        err = dh_h5_texts(h5, "actions", "action", names[c], abouts[c], n, texts);
    }
    free(texts);
    return err;
}
