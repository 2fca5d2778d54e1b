/* Programs that were started together (mpirun, srun) and share one piece of work meet in a folder: each rank
 * but 0 appends what it has to a file of its own, rank 0 reads them as they grow. Nothing is linked: MPI only
 * starts the programs, on one machine or on several that share the folder.
 *
 * The folder must be new to every start. Rank 0 says when it wants no more; the others say that they have
 * heard it; then rank 0 removes the folder. */
#ifndef DH_API_RANKS_H
#define DH_API_RANKS_H

#include "sim/diag.h"
#include "sim/text.h"

enum { DH_RANKS = 256 };

struct dh_ranks {
    char *folder; /* NULL: closed */
    int32_t rank, n;
    int files[DH_RANKS]; /* of rank 0: theirs, -1: not there yet; else files[0] is the own one */
    char bytes[65536];
};

/* DH_ERR_IO, DH_ERR_MEMORY. Close it in any case. */
enum dh_err dh_ranks_open(struct dh_ranks *r, const char *folder, int32_t rank, int32_t n,
                          struct dh_diag *diag);
/* What is new of rank k, to be used before the next call; no bytes: nothing yet. Only rank 0. */
enum dh_err dh_ranks_read(struct dh_ranks *r, int32_t k, const char **bytes, size_t *n, struct dh_diag *diag);
enum dh_err dh_ranks_write(struct dh_ranks *r, const char *bytes, size_t n, struct dh_diag *diag);
/* Does rank 0 want no more? */
bool dh_ranks_over(const struct dh_ranks *r);
/* Has rank k ended, though rank 0 wants more? */
bool dh_ranks_lost(const struct dh_ranks *r, int32_t k);
/* Of rank 0: tells the others, waits until they have heard it (a minute at most), and removes the folder. */
void dh_ranks_close(struct dh_ranks *r);

#endif
