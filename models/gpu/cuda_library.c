#include "models/gpu/cuda_library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool fill(struct dh_cuda_library *library, const struct dh_cuda_symbol *symbols, size_t n, void *table,
                 char *message, size_t room) {
    for (size_t i = 0; i < n; i++) {
        void *symbol = dlsym(library->handle, symbols[i].name);
        if (!symbol && symbols[i].needed) {
            snprintf(message, room, "%s lacks %s", library->path, symbols[i].name);
            return false;
        }
        memcpy((char *)table + symbols[i].offset, &symbol, sizeof symbol);
    }
    return true;
}

bool dh_cuda_library_open(struct dh_cuda_library *library, const char *const *names, const char *directory,
                          const struct dh_cuda_symbol *symbols, size_t n_symbols, void *table, char *message,
                          size_t room) {
    const char *home = secure_getenv("CUDA_HOME");
    /* NULL: the loader's path */
    const struct {
        const char *folder, *below;
    } places[] = {
        {directory,         ""      },
        {NULL,              ""      },
        {home,              "/lib64"},
        {"/usr/local/cuda", "/lib64"}
    };
    bool told = false; /* a library that is there but of no use is the better reason */
    snprintf(message, room, "%s not found", names[0]);
    for (size_t p = 0; p < sizeof places / sizeof places[0]; p++) {
        if (p != 1 && (!places[p].folder || places[p].folder[0] != '/'))
            continue;
        for (int i = 0; names[i]; i++) {
            const char *folder = places[p].folder ? places[p].folder : "";
            int n = snprintf(library->path, sizeof library->path, "%s%s%s%s", folder, places[p].below,
                             folder[0] ? "/" : "", names[i]);
            if (n < 0 || (size_t)n >= sizeof library->path)
                continue;
            library->handle = dlopen(library->path, RTLD_NOW | RTLD_LOCAL);
            if (!library->handle) {
                const char *why = dlerror();
                if (!told && folder[0] && access(library->path, F_OK) == 0) {
                    snprintf(message, room, "%s cannot be loaded: %s", library->path, why ? why : "?");
                    told = true;
                }
                continue;
            }
            char lacks[sizeof library->path + 80];
            if (fill(library, symbols, n_symbols, table, lacks, sizeof lacks))
                return true;
            dlclose(library->handle);
            if (!told)
                snprintf(message, room, "%s", lacks);
            told = true;
        }
    }
    *library = (struct dh_cuda_library){0};
    return false;
}

void dh_cuda_library_close(struct dh_cuda_library *library) {
    if (library->handle)
        dlclose(library->handle);
    *library = (struct dh_cuda_library){0};
}
