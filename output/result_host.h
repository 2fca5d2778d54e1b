/* Who makes the child processes that read result files.
 *
 * A program with one thread forks them itself. Where a run writes a result on another thread, a copy of the
 * process would have HDF5's own state in the middle of whatever that thread is doing: there, a host is
 * started before the second thread is, and forks the readers in its stead. */
#ifndef DH_OUTPUT_RESULT_HOST_H
#define DH_OUTPUT_RESULT_HOST_H

#include <datahall/err.h>

struct dh_result_host;

/* To be called while the process has one thread. DH_ERR_MEMORY, DH_ERR_IO with errno. */
enum dh_err dh_result_host_start(struct dh_result_host **out);
void dh_result_host_stop(struct dh_result_host *host); /* NULL is allowed; readers that are open go on */

/* A socket to a new reader of a file (h5_read.h says what it speaks); -1: errno says why. *process: a
 * descriptor of the reader, to end it by (pidfd); -1 where there is none. */
int dh_result_host_reader(struct dh_result_host *host, const char *path, int *process);

/* In a child process: serves a file over a socket, in a sandbox. Does not return. */
_Noreturn void dh_result_serve(const char *path, int socket);

#endif
