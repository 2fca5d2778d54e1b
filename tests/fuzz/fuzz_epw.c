/* Arbitrary bytes as a epw file: no crash, no leak, and at most one error. `make fuzz` runs each target for a
 * while. */
#include "scenarios/weather_file.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct dh_weather_file weather = {0};
    struct dh_diag diag = {0};
    enum dh_err err = dh_epw_read_memory(&weather, (const char *)data, size, "fuzz", 0, &diag);
    if (diag.n_error != (err != DH_OK))
        abort();
    for (int32_t i = 0; err == DH_OK && i < weather.n; i++)
        if (!isnan(weather.dry_bulb_degc[i]) && !(fabs(weather.dry_bulb_degc[i]) <= 90))
            abort();
    dh_weather_file_free(&weather);
    dh_diag_free(&diag);
    return 0;
}
