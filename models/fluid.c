#include "models/fluid.h"

#include "scenarios/scenario.h"

struct dh_fluid dh_fluid_of(int32_t fluid) {
    if (fluid == DH_FLUID_PG25)
        return (struct dh_fluid){1020.0, 3900.0};
    return (struct dh_fluid){992.0, 4186.0};
}
