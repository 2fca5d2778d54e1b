/* The file of samples: <catalog><samples …> as scenarios/scenario.def has it, for 'datahall calibrate fit'.
 *
 * It grows as FILE.part, which is well-formed after each addition, so that what was measured is there
 * whatever happens to the device or the program; the end renames it to FILE. Texts that a driver gave are
 * cleaned, see dh_gpu_clean. Values outside the ranges of the language are left out. */
#ifndef DH_MODELS_GPU_SAMPLES_H
#define DH_MODELS_GPU_SAMPLES_H

#include "models/gpu/sustain.h"

struct dh_gpu_writer; /* one file */

struct dh_gpu_heading {
    const char *backend;
    struct dh_gpu_info info;
    const char *tool; /* version */
    double load_average, budget_s;
    int64_t unix_s; /* when it began */
};

/* What is known at the end. */
struct dh_gpu_ending {
    double spent_s;
    bool complete, noisy, shared, failed;
};

/* Begins FILE.part. NULL with a sentence in message where it cannot be written. */
struct dh_gpu_writer *dh_gpu_writer_open(const char *path, const struct dh_gpu_heading *heading,
                                         char *message, size_t room);
void dh_gpu_writer_sample(struct dh_gpu_writer *writer, const struct dh_gpu_sample *sample);
void dh_gpu_writer_sustained(struct dh_gpu_writer *writer, const struct dh_gpu_sustained *sustained);
void dh_gpu_writer_refusal(struct dh_gpu_writer *writer, const struct dh_gpu_point *point, const char *why);
/* Says how it stands now; the file of a program that is killed says this. */
void dh_gpu_writer_mark(struct dh_gpu_writer *writer, const struct dh_gpu_ending *ending);
/* Ends the file and renames it. With nothing in it, it is removed. false with a sentence in message where
 * anything failed; FILE.part then stays. Frees the writer. */
bool dh_gpu_writer_close(struct dh_gpu_writer *writer, const struct dh_gpu_ending *ending, char *message,
                         size_t room);

/* Cleans a driver's text in place: what is not whole UTF-8, a control character, not allowed in XML, or
 * begins a reference to a parameter of a scenario becomes '?'. */
void dh_gpu_clean(char *text);

#endif
