#include "output/recorder_actions.h"

#include "output/action_log.h"
#include "output/recorder_file.h"

#include <stdlib.h>

enum dh_err dh_recorder_actions(struct dh_recorder *recorder, const struct dh_action *first) {
    struct dh_h5_file *h5 = dh_recorder_file(recorder);
    int64_t n = 0;
    if (h5) /* what was kept on the way is told in full */
        DH_TRY(dh_h5_remove(h5, DH_ACTION_LOG));
    for (const struct dh_action *a = first; a; a = a->next)
        n++;
    if (!h5 || n == 0)
        return DH_OK;
    const char **texts = malloc((size_t)n * DH_ACTION_WORDS * sizeof *texts);
    enum dh_err err = texts ? DH_OK : DH_ERR_MEMORY;
    for (int64_t i = 0; err == DH_OK && first; first = first->next)
        for (int c = 0; c < DH_ACTION_WORDS; c++)
            texts[i++] = dh_action_word(first, c);
    if (err == DH_OK)
        err = dh_actions_write(h5, n, texts);
    free(texts);
    return err;
}
