/* Work in a process of its own, which answers through a pipe: runs side by side that cannot take one another
 * down. */
#ifndef DH_API_CHILD_H
#define DH_API_CHILD_H

#include "sim/diag.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct dh_child {
    pid_t pid;
    int from; /* what it writes; -1: closed */
};

/* work(self, to) runs in the child, which ends when it returns. others: children whose pipes are not for this
 * one. DH_ERR_IO. */
enum dh_err dh_child_start(struct dh_child *child, void (*work)(void *self, int to), void *self,
                           const struct dh_child *others, int32_t n_other, struct dh_diag *diag);
/* Waits for its end; kills it before where it is not wanted any more. Closes the pipe. */
void dh_child_end(struct dh_child *child, bool unwanted);

/* All n bytes, however many calls it takes; false: nobody reads any more. */
bool dh_child_send(int to, const void *bytes, size_t n);

#endif
