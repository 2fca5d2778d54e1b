/* Who started this program beside others: mpirun or srun say so in the environment, whether MPI is used or
 * not. */
#include "sim/app/app.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *rank, *size;
} starters[] = {
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"}, /* Open MPI */
    {"PMI_RANK",             "PMI_SIZE"            }, /* MPICH, Intel MPI, srun --mpi=pmi2 */
};

static bool whole(const char *text, long most, int32_t *number) {
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    *number = (int32_t)n;
    return errno == 0 && end != text && !*end && n >= 0 && n <= most;
}

bool app_ranks(int32_t *rank, int32_t *n) {
    *rank = 0;
    *n = 1;
    for (size_t i = 0; i < sizeof starters / sizeof *starters; i++) {
        const char *own = getenv(starters[i].rank), *all = getenv(starters[i].size);
        if (own && all)
            return whole(all, 1000000, n) && *n > 0 && whole(own, *n - 1, rank);
    }
    return true;
}

char *app_ranks_folder(const char *beside) {
    static const char *const names[] = {"PMIX_NAMESPACE", "OMPI_MCA_ess_base_jobid", "PMI_JOBID",
                                        "SLURM_JOB_ID"};
    const char *start = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && !start; i++)
        start = getenv(names[i]);
    if (!start)
        start = "ranks";
    size_t room = strlen(beside) + strlen(start) + 16;
    char *folder = malloc(room);
    if (folder)
        snprintf(folder, room, "%s.ranks-%s", beside, start);
    for (char *c = folder ? folder + strlen(beside) : NULL; c && *c; c++)
        if (*c == '/')
            *c = '-';
    return folder;
}
