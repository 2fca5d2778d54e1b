/* Racks that are out of service or take no more jobs, at the shown instant: from what happened, and from
 * racks that draw nothing. Marked on every overlay. */
#ifndef DH_VIZ_RACK_MARK_H
#define DH_VIZ_RACK_MARK_H

#include "models/equipment.h"
#include "viz/source.h"

enum dh_rack_mark { DH_MARK_NONE, DH_MARK_PART, DH_MARK_DRAINED, DH_MARK_OUT, DH_N_RACK_MARK };
/* "out of service"; "" for none. */
const char *dh_rack_mark_word(enum dh_rack_mark mark);

struct dh_rack_marks {
    uint8_t *mark;             /* enum dh_rack_mark of each rack */
    int32_t *out;              /* nodes of each rack that failed and are not repaired */
    int32_t n[DH_N_RACK_MARK]; /* racks of each mark */
    int64_t events;            /* that were taken in */
    bool failed;               /* memory was short: nothing is marked */
};

/* Marks of the instant of the source's last seek. equipment: whose units incidents are about; drained: nodes
 * of each rack on which no job starts, NULL: there are none. */
void dh_rack_marks_read(struct dh_rack_marks *marks, struct dh_source *source,
                        const struct dh_equipment *equipment, const int32_t *drained);
void dh_rack_marks_free(struct dh_rack_marks *marks);

#endif
