/* What a child process that reads a foreign file may do: little. Steps, each tighter than the one before. */
#ifndef DH_OUTPUT_SANDBOX_H
#define DH_OUTPUT_SANDBOX_H

/* Memory (512 MiB above what the process maps now), processor time (cpu_s until dh_sandbox_extend), no core
 * file; dies with its parent. */
void dh_sandbox_limit(int cpu_s);

/* From here no file, socket or program can be opened and no process made (seccomp on Linux; elsewhere, or
 * where it is not allowed, nothing happens): what is open can be read, memory be had, answers be sent. */
void dh_sandbox_close(void);

/* The file was found to be in order: ten minutes of processor time. */
void dh_sandbox_extend(void);

#endif
