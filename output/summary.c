#include "output/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct dh_summary_entry *add(struct dh_summary *summary, const char *key, const char *unit,
                                    enum dh_summary_kind kind, const char *about) {
    if (summary->err)
        return NULL;
    if (summary->n_entry == summary->n_room) {
        int32_t room = summary->n_room ? 2 * summary->n_room : 128;
        struct dh_summary_entry *more = realloc(summary->entries, (size_t)room * sizeof *more);
        if (!more) {
            summary->err = DH_ERR_MEMORY;
            return NULL;
        }
        summary->entries = more;
        summary->n_room = room;
    }
    struct dh_summary_entry *entry = &summary->entries[summary->n_entry];
    *entry = (struct dh_summary_entry){.key = dh_arena_strdup(&summary->mem, key),
                                       .unit = dh_arena_strdup(&summary->mem, unit ? unit : "1"),
                                       .about = dh_arena_strdup(&summary->mem, about ? about : ""),
                                       .kind = kind,
                                       .number = NAN};
    if (!entry->key || !entry->unit || !entry->about) {
        summary->err = DH_ERR_MEMORY;
        return NULL;
    }
    summary->n_entry++;
    return entry;
}

void dh_summary_number(struct dh_summary *summary, const char *key, const char *unit, double value,
                       const char *about) {
    if (isnan(value))
        return;
    struct dh_summary_entry *entry = add(summary, key, unit, DH_SUMMARY_NUMBER, about);
    if (entry)
        entry->number = value;
}

void dh_summary_integer(struct dh_summary *summary, const char *key, const char *unit, int64_t value,
                        const char *about) {
    struct dh_summary_entry *entry = add(summary, key, unit, DH_SUMMARY_INTEGER, about);
    if (entry)
        entry->integer = value;
}

void dh_summary_text(struct dh_summary *summary, const char *key, const char *text, const char *about) {
    struct dh_summary_entry *entry = add(summary, key, "", DH_SUMMARY_TEXT, about);
    if (!entry)
        return;
    entry->text = dh_arena_strdup(&summary->mem, text ? text : "");
    if (!entry->text) {
        summary->n_entry--;
        summary->err = DH_ERR_MEMORY;
    }
}

const struct dh_summary_entry *dh_summary_find(const struct dh_summary *summary, const char *key) {
    for (int32_t i = 0; i < summary->n_entry; i++)
        if (strcmp(summary->entries[i].key, key) == 0)
            return &summary->entries[i];
    return NULL;
}

double dh_summary_value(const struct dh_summary *summary, const char *key) {
    const struct dh_summary_entry *entry = dh_summary_find(summary, key);
    if (!entry || entry->kind == DH_SUMMARY_TEXT)
        return NAN;
    return entry->kind == DH_SUMMARY_INTEGER ? (double)entry->integer : entry->number;
}

void dh_summary_free(struct dh_summary *summary) {
    free(summary->entries);
    dh_arena_free(&summary->mem);
    *summary = (struct dh_summary){0};
}
