/* The file of a run that goes on: NAME.part until it is done, NAME from then on. Names, sizes and locks
 * alone; what is in it is read by output/result_read.h. */
#ifndef DH_OUTPUT_RESULT_DRAFT_H
#define DH_OUTPUT_RESULT_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file as it was at some moment. */
struct dh_result_look {
    uint64_t device, inode;
    int64_t bytes, changed_ns; /* changed: time of its last change, as the file system has it */
    bool written;              /* a living process writes it: it holds the lock of the writer */
};

/* False: there is no regular file of this name, or it may not be read. */
bool dh_result_look(const char *path, struct dh_result_look *out);
/* The same file, whatever it is called now. */
bool dh_result_look_same(const struct dh_result_look *a, const struct dh_result_look *b);

/* What to open for a result that is called path: NAME.part where there is no NAME, else path itself. In room
 * where that is large enough; otherwise path. */
const char *dh_result_draft(const char *path, char *room, size_t n);
/* What a run renames path to when it is done: NAME of NAME.part, else path itself. Likewise in room. */
const char *dh_result_final(const char *path, char *room, size_t n);

#endif
