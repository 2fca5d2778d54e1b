/* The ids of a REFS attribute: words separated by blanks. Private to scenarios/. */
#ifndef DH_SCENARIOS_REFS_H
#define DH_SCENARIOS_REFS_H

#include <stdint.h>
#include <string.h>

/* The next word of a list that may be NULL, and its length; NULL behind the last. To go on: word + n. */
static inline const char *dh_refs_next(const char *list, size_t *n) {
    if (!list)
        return NULL;
    list += strspn(list, " ");
    *n = strcspn(list, " ");
    return *n > 0 ? list : NULL;
}

static inline int32_t dh_refs_count(const char *list) {
    int32_t count = 0;
    size_t n = 0;
    for (const char *id = dh_refs_next(list, &n); id; id = dh_refs_next(id + n, &n))
        count++;
    return count;
}

#endif
