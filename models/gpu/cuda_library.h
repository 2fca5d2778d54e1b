/* NVIDIA's libraries at run time. Looked for in this order, the working directory never: the folder that the
 * user gave, the loader's own path, $CUDA_HOME/lib64 (where absolute, and not in a set-user-id program),
 * /usr/local/cuda/lib64. */
#ifndef DH_MODELS_GPU_CUDA_LIBRARY_H
#define DH_MODELS_GPU_CUDA_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

struct dh_cuda_symbol {
    const char *name;
    size_t offset; /* of its pointer in the table */
    bool needed;
};

enum { DH_CUDA_NEEDED = true, DH_CUDA_OPTIONAL = false };
#define DH_CUDA_SYMBOL(need, result, function, arguments)                                                    \
    {.name = #function, .offset = offsetof(DH_CUDA_TABLE, function), .needed = DH_CUDA_##need},

struct dh_cuda_library {
    void *handle;   /* NULL: not there */
    char path[512]; /* as it was opened */
};

/* Opens the first of `names` (NULL at the end) that is there and has every function that is needed, and fills
 * the table: optional ones become NULL where missing. What is missing, or why, is one clause in message
 * ("libcublasLt.so.13 not found"; "/opt/x/libcuda.so.1 lacks cuGraphLaunch"). */
bool dh_cuda_library_open(struct dh_cuda_library *library, const char *const *names, const char *directory,
                          const struct dh_cuda_symbol *symbols, size_t n_symbols, void *table, char *message,
                          size_t room);
void dh_cuda_library_close(struct dh_cuda_library *library);

#endif
