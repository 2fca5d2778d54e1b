/* Compiles the CUDA kernels that are embedded in the library by NVRTC, for tests/cli/cuda_kernels.sh:
 *   cuda_nvrtc ARCH OUT      PTX for compute_NN, machine code for sm_NN
 * Status 0; 1 with NVRTC's log; 69 where there is no NVRTC, or it does not know ARCH. */
#include "models/gpu/cuda_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DH_CUDA_TABLE struct dh_cuda_nvrtc
static const struct dh_cuda_symbol symbols[] = {DH_CUDA_NVRTC(DH_CUDA_SYMBOL)};
static const char *const names[] = {"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", NULL};

int main(int argc, char **argv) {
    struct dh_cuda_library library;
    struct dh_cuda_nvrtc rtc;
    char message[300], option[80];
    if (argc != 3)
        return 64;
    if (!dh_cuda_library_open(&library, names, NULL, symbols, sizeof symbols / sizeof symbols[0], &rtc,
                              message, sizeof message)) {
        fprintf(stderr, "%s\n", message);
        return 69;
    }
    bool ptx = strncmp(argv[1], "compute_", 8) == 0;
    snprintf(option, sizeof option, "--gpu-architecture=%s", argv[1]);
    const char *options[] = {option, "--std=c++14"};
    nvrtcProgram program;
    size_t bytes = 0;
    int status = 1;
    char *image = NULL;
    if (rtc.nvrtcCreateProgram(&program, dh_cuda_source, "kernels.cu", 0, NULL, NULL))
        return 1;
    nvrtcResult result = rtc.nvrtcCompileProgram(program, 2, options);
    if (result) {
        rtc.nvrtcGetProgramLogSize(program, &bytes);
        char *log = calloc(1, bytes + 1);
        if (log && !rtc.nvrtcGetProgramLog(program, log))
            fprintf(stderr, "%s: %s\n%s\n", argv[1], rtc.nvrtcGetErrorString(result), log);
        free(log);
    } else if (!(ptx ? rtc.nvrtcGetPTXSize(program, &bytes) : rtc.nvrtcGetCUBINSize(program, &bytes)) &&
               bytes > 0 && (image = malloc(bytes)) &&
               !(ptx ? rtc.nvrtcGetPTX(program, image) : rtc.nvrtcGetCUBIN(program, image))) {
        FILE *out = fopen(argv[2], "wb");
        status = !out || fwrite(image, 1, bytes, out) != bytes;
        status |= !out || fclose(out);
    }
    free(image);
    rtc.nvrtcDestroyProgram(&program);
    dh_cuda_library_close(&library);
    return status;
}
