#include "tests/tests.h"

#include "models/psychro.h"

#include <math.h>
#include <string.h>

/* Rows of psychrolib's tests (@3066345, MIT), which come from tables 1-3 of the ASHRAE Handbook of
 * Fundamentals 2017, chapter 1: function, up to three arguments, value, tolerance (relative where below 0,
 * absolute otherwise). */
static const struct {
    const char *function;
    double a, b, c, want, tolerance;
} row[] = {
    {"saturation",                -60,        0,                0,     1.08,                0.01   },
    {"saturation",                -20,        0,                0,     103.24,              -0.0003},
    {"saturation",                -5,         0,                0,     401.74,              -0.0003},
    {"saturation",                5,          0,                0,     872.6,               -0.0003},
    {"saturation",                25,         0,                0,     3169.7,              -0.0003},
    {"saturation",                50,         0,                0,     12351.3,             -0.0003},
    {"saturation",                100,        0,                0,     101418.0,            -0.0003},
    {"saturation",                150,        0,                0,     476101.4,            -0.0003},
    {"humidity of saturated air", -50,        101325,           0,     2.43e-05,            -0.01  },
    {"humidity of saturated air", -20,        101325,           0,     0.0006373,           -0.01  },
    {"humidity of saturated air", -5,         101325,           0,     0.0024863,           -0.005 },
    {"humidity of saturated air", 5,          101325,           0,     0.005425,            -0.005 },
    {"humidity of saturated air", 25,         101325,           0,     0.020173,            -0.005 },
    {"humidity of saturated air", 50,         101325,           0,     0.086863,            -0.01  },
    {"humidity of saturated air", 85,         101325,           0,     0.838105,            -0.02  },
    {"enthalpy of saturated air", -50,        101325,           0,     -50222,              -0.01  },
    {"enthalpy of saturated air", -20,        101325,           0,     -18542,              -0.01  },
    {"enthalpy of saturated air", -5,         101325,           0,     1164,                -0.03  },
    {"enthalpy of saturated air", 5,          101325,           0,     18639,               -0.01  },
    {"enthalpy of saturated air", 25,         101325,           0,     76504,               -0.01  },
    {"enthalpy of saturated air", 50,         101325,           0,     275353,              -0.01  },
    {"enthalpy of saturated air", 85,         101325,           0,     2307539,             -0.01  },
    {"enthalpy",                  30,         0.02,             0,     81316,               -0.0003},
    {"volume",                    30,         0.02,             95461, 0.940855374352943,   -0.0003},
    {"density",                   30,         0.02,             95461, 1.08411986348219,    -0.0003},
    {"pressure",                  -500,       0,                0,     107478,              1      },
    {"pressure",                  0,          0,                0,     101325,              1      },
    {"pressure",                  500,        0,                0,     95461,               1      },
    {"pressure",                  1000,       0,                0,     89875,               1      },
    {"pressure",                  4000,       0,                0,     61640,               1      },
    {"pressure",                  10000,      0,                0,     26436,               1      },
    {"humidity from wet bulb",    30,         25,               95461, 0.0192281274241096,  -0.0003},
    {"humidity from wet bulb",    -1,         -5,               95461, 0.00120399819933844, -0.0003},
 /* dry bulb, humidity ratio, pressure: three points of an independent grid, 5e-4 K */
    {"wet bulb",                  -0.50,      0.00268615818492, 95461, -2.26522789,         5e-4   },
    {"wet bulb",                  18.00,      0.0154521454575,  84300, 17.8874315,          5e-4   },
    {"wet bulb",                  32.00,      0.0218028187679,  84300, 25.2607962,          5e-4   },
    {"dew point",                 410.519621, 0,                0,     -4.7475391,          1e-5   },
    {"dew point",                 2043.64872, 0,                0,     17.840346,           1e-5   },
    {"dew point",                 2855.12054, 0,                0,     23.2608243,          1e-5   },
};

static double evaluate(int i) {
    const char *f = row[i].function;
    double a = row[i].a, b = row[i].b, c = row[i].c;
    return !strcmp(f, "saturation")                  ? dh_psy_saturation_pa(a)
           : !strcmp(f, "humidity of saturated air") ? dh_psy_humidity_saturated(a, b)
           : !strcmp(f, "enthalpy of saturated air") ? dh_psy_enthalpy_saturated(a, b)
           : !strcmp(f, "enthalpy")                  ? dh_psy_enthalpy_j_per_kg(a, b)
           : !strcmp(f, "volume")                    ? dh_psy_volume_m3_per_kg(a, b, c)
           : !strcmp(f, "density")                   ? dh_psy_density_kg_per_m3(a, b, c)
           : !strcmp(f, "pressure")                  ? dh_psy_pressure_pa(a)
           : !strcmp(f, "humidity from wet bulb")    ? dh_psy_humidity_from_wet_bulb(a, b, c)
           : !strcmp(f, "wet bulb")                  ? dh_psy_wet_bulb_degc(a, b, c)
           : !strcmp(f, "dew point")                 ? dh_psy_dew_point_degc(a)
                                                     : NAN;
}

void moist_air_reproduces_ashrae_tables(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        double got = evaluate((int)i), tolerance = row[i].tolerance;
        double off = tolerance < 0 ? fabs(got / row[i].want - 1.0) : fabs(got - row[i].want);
        if (!(off <= fabs(tolerance)))
            fail_msg("%s(%g, %g, %g) = %.10g, not %.10g", row[i].function, row[i].a, row[i].b, row[i].c, got,
                     row[i].want);
    }
}

void wet_bulb_lies_between_dew_point_and_dry_bulb(void **state) {
    (void)state;
    for (double t = -30; t <= 45; t += 2.5) {
        double before = -INFINITY;
        for (double phi = 0.02; phi <= 1.0; phi += 0.07) {
            double w = dh_psy_humidity_from_relative(t, phi, 95000);
            double wet = dh_psy_wet_bulb_degc(t, w, 95000),
                   dew = dh_psy_dew_point_degc(phi * dh_psy_saturation_pa(t));
            assert_true(wet <= t + 1e-9 && wet >= dew - 1e-6 && wet > before);
            before = wet;
            /* the same humidity back, but in the band of two solutions at 0 degC */
            if (fabs(wet) > 0.8)
                assert_true(fabs(dh_psy_humidity_from_wet_bulb(t, wet, 95000) - w) < 1e-7);
        }
        assert_true(fabs(dh_psy_relative(t, dh_psy_humidity_from_relative(t, 0.4, 95000), 95000) - 0.4) <
                    1e-12);
    }
}

void saturated_temperature_inverts_enthalpy(void **state) {
    (void)state;
    for (double t = -40; t <= 70; t += 1.7) {
        double h = dh_psy_enthalpy_saturated(t, 90000);
        assert_true(fabs(dh_psy_saturated_degc(h, 90000, t - 8) - t) < 1e-8);
    }
}
