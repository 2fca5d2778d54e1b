/* Opening what a scenario names: regular files inside its folder, nothing else. Private to scenarios/. */
#ifndef DH_SCENARIOS_SCENARIO_FILE_H
#define DH_SCENARIOS_SCENARIO_FILE_H

#include <datahall/err.h>
#include "sim/arena.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* Functions return DH_OK or a code with *why, one sentence part ("is not a regular file"). */

/* A file of the command line's: any path, but a regular file. */
enum dh_err dh_file_open(const char *path, int *fd, struct stat *status, const char **why);

/* Is path written as a path may be: relative, without "..", of harmless characters? Opens nothing. */
enum dh_err dh_file_path_check(const char *path, const char **why);

/* A file that a scenario names: below the folder also after all links are followed. */
enum dh_err dh_file_open_inside(int folder_fd, const char *path, int *fd, struct stat *status,
                                const char **why);

/* All of it, at most limit bytes, with a terminator behind. */
enum dh_err dh_file_read(struct dh_arena *arena, int fd, const struct stat *status, size_t limit, char **text,
                         size_t *n, const char **why);

#endif
