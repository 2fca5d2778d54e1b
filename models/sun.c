#include "models/sun.h"
#include "sim/math.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

static const double RAD = 3.14159265358979323846 / 180, PI = 3.14159265358979323846;

/* a cos(b + c t), a in 1e-8 rad or au, t in Julian millennia since 2000: table A4.2 of the report (VSOP87, P.
 * Bretagnon and G. Francou, Astron. Astrophys. 202, 1988). */
struct term {
    double a, b, c;
};

static const struct term longitude_0[] = {
    {175347046, 0,         0         },
    {3341656,   4.6692568, 6283.07585},
    {34894,     4.6261,    12566.1517},
    {3497,      2.7441,    5753.3849 },
    {3418,      2.8289,    3.5231    },
    {3136,      3.6277,    77713.7715},
    {2676,      4.4181,    7860.4194 },
    {2343,      6.1352,    3930.2097 },
    {1324,      0.7425,    11506.7698},
    {1273,      2.0371,    529.691   },
    {1199,      1.1096,    1577.3435 },
    {990,       5.233,     5884.927  },
    {902,       2.045,     26.298    },
    {857,       3.508,     398.149   },
    {780,       1.179,     5223.694  },
    {753,       2.533,     5507.553  },
    {505,       4.583,     18849.228 },
    {492,       4.205,     775.523   },
    {357,       2.92,      0.067     },
    {317,       5.849,     11790.629 },
    {284,       1.899,     796.298   },
    {271,       0.315,     10977.079 },
    {243,       0.345,     5486.778  },
    {206,       4.806,     2544.314  },
    {205,       1.869,     5573.143  },
    {202,       2.458,     6069.777  },
    {156,       0.833,     213.299   },
    {132,       3.411,     2942.463  },
    {126,       1.083,     20.775    },
    {115,       0.645,     0.98      },
    {103,       0.636,     4694.003  },
    {102,       0.976,     15720.839 },
    {102,       4.267,     7.114     },
    {99,        6.21,      2146.17   },
    {98,        0.68,      155.42    },
    {86,        5.98,      161000.69 },
    {85,        1.3,       6275.96   },
    {85,        3.67,      71430.7   },
    {80,        1.81,      17260.15  },
    {79,        3.04,      12036.46  },
    {75,        1.76,      5088.63   },
    {74,        3.5,       3154.69   },
    {74,        4.68,      801.82    },
    {70,        0.83,      9437.76   },
    {62,        3.98,      8827.39   },
    {61,        1.82,      7084.9    },
    {57,        2.78,      6286.6    },
    {56,        4.39,      14143.5   },
    {56,        3.47,      6279.55   },
    {52,        0.19,      12139.55  },
    {52,        1.33,      1748.02   },
    {51,        0.28,      5856.48   },
    {49,        0.49,      1194.45   },
    {41,        5.37,      8429.24   },
    {41,        2.4,       19651.05  },
    {39,        6.17,      10447.39  },
    {37,        6.04,      10213.29  },
    {37,        2.57,      1059.38   },
    {36,        1.71,      2352.87   },
    {36,        1.78,      6812.77   },
    {33,        0.59,      17789.85  },
    {30,        0.44,      83996.85  },
    {30,        2.74,      1349.87   },
    {25,        3.16,      4690.48   },
};
static const struct term longitude_1[] = {
    {628331966747, 0,        0         },
    {206059,       2.678235, 6283.07585},
    {4303,         2.6351,   12566.1517},
    {425,          1.59,     3.523     },
    {119,          5.796,    26.298    },
    {109,          2.966,    1577.344  }
};
static const struct term longitude_2[] = {
    {52919, 0,      0        },
    {8720,  1.0721, 6283.0758},
    {309,   0.867,  12566.152}
};
static const struct term latitude_0[] = {
    {280, 3.199, 84334.662},
    {102, 5.422, 5507.553 },
    {80,  3.88,  5223.69  },
    {44,  3.7,   2352.87  },
    {32,  4,     1577.34  }
};
static const struct term radius_0[] = {
    {100013989, 0,         0         },
    {1670700,   3.0984635, 6283.07585},
    {13956,     3.05525,   12566.1517},
    {3084,      5.1985,    77713.7715},
    {1628,      1.1739,    5753.3849 },
    {1576,      2.8469,    7860.4194 }
};
static const struct term radius_1[] = {
    {103019, 1.10749, 6283.07585},
    {1721,   1.0644,  12566.1517}
};

static double series(const struct term *terms, int n, double t) {
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += terms[i].a * dh_cos(terms[i].b + terms[i].c * t);
    return sum * 1e-8;
}
#define SERIES(terms, t) series(terms, (int)(sizeof(terms) / sizeof *(terms)), t)

/* Nutation in longitude and obliquity, 1e-4 arc seconds: the larger terms of table A4.3 (IAU 1980). Multiples
 * of the moon's elongation, the sun's and the moon's anomaly, the moon's argument of latitude and its node.
 */
static const struct {
    int8_t of[5];
    double psi, psi_per_century, epsilon;
} nutation[] = {
    {{0, 0, 0, 0, 1},   -171996, -174.2, 92025},
    {{-2, 0, 0, 2, 2},  -13187,  -1.6,   5736 },
    {{0, 0, 0, 2, 2},   -2274,   -0.2,   977  },
    {{0, 0, 0, 0, 2},   2062,    0.2,    -895 },
    {{0, 1, 0, 0, 0},   1426,    -3.4,   54   },
    {{0, 0, 1, 0, 0},   712,     0.1,    -7   },
    {{-2, 1, 0, 2, 2},  -517,    1.2,    224  },
    {{0, 0, 0, 2, 1},   -386,    -0.4,   200  },
    {{0, 0, 1, 2, 2},   -301,    0,      129  },
    {{-2, -1, 0, 2, 2}, 217,     -0.5,   -95  },
    {{-2, 0, 1, 0, 0},  -158,    0,      0    },
    {{-2, 0, 0, 2, 1},  129,     0.1,    -70  },
    {{0, 0, -1, 2, 2},  123,     0,      -53  },
};

struct nutation_rad {
    double psi, epsilon;
};

static struct nutation_rad nutation_at(double t) { /* t: Julian centuries since 2000 */
    const double argument_deg[5] = {
        297.85036 + 445267.11148 * t - 0.0019142 * t * t, 357.52772 + 35999.05034 * t - 0.0001603 * t * t,
        134.96298 + 477198.867398 * t + 0.0086972 * t * t, 93.27191 + 483202.017538 * t - 0.0036825 * t * t,
        125.04452 - 1934.136261 * t + 0.0020708 * t * t};
    struct nutation_rad sum = {0};
    for (size_t i = 0; i < sizeof nutation / sizeof *nutation; i++) {
        double angle = 0;
        for (int k = 0; k < 5; k++)
            angle += nutation[i].of[k] * argument_deg[k] * RAD;
        sum.psi += (nutation[i].psi + nutation[i].psi_per_century * t) * dh_sin(angle);
        sum.epsilon += nutation[i].epsilon * dh_cos(angle);
    }
    const double unit = RAD / 3600 * 1e-4;
    return (struct nutation_rad){sum.psi * unit, sum.epsilon * unit};
}

/* Angle of the point (x, y), -pi to pi: the half of an angle has tangent t / (1 + sqrt(1 + t^2)); after three
 * halvings the series is exact to a rounding. */
static double angle_of(double y, double x) {
    if (x == 0 && y == 0)
        return 0;
    bool steep = fabs(y) > fabs(x);
    double t = steep ? x / y : y / x;
    for (int i = 0; i < 3; i++)
        t /= 1 + sqrt(1 + t * t);
    double sum = 0, power = t, square = t * t;
    for (int k = 1; k < 24; k += 2, power *= -square)
        sum += power / k;
    double angle = 8 * sum;
    if (steep)
        return y > 0 ? PI / 2 - angle : -PI / 2 - angle;
    return x > 0 ? angle : y >= 0 ? angle + PI : angle - PI;
}

struct vector {
    double x, y, z;
};

/* Towards the sun from the Earth's centre, in equatorial coordinates of the date; sidereal time of Greenwich.
 */
static struct vector geocentric(double unix_s, double *distance_au, double *sidereal_rad) {
    const double delta_t_s = 69; /* terrestrial time less UT, 64 s in 2000 and 69 s in 2025 */
    double days = (unix_s - 946728000.0) / 86400; /* since 2000-01-01T12:00Z */
    double t = (days + delta_t_s / 86400) / 36525, m = t / 10;
    double l = SERIES(longitude_0, m) + m * (SERIES(longitude_1, m) + m * SERIES(longitude_2, m));
    double b = SERIES(latitude_0, m), r = SERIES(radius_0, m) + m * SERIES(radius_1, m);
    struct nutation_rad nut = nutation_at(t);
    double obliquity =
        (84381.448 - 46.8150 * t - 0.00059 * t * t + 0.001813 * t * t * t) / 3600 * RAD + nut.epsilon;
    double lambda = l + PI + nut.psi - 20.4898 / 3600 * RAD / r; /* aberration */
    double cl = dh_cos(lambda), sl = dh_sin(lambda), cb = dh_cos(-b), sb = dh_sin(-b);
    double ce = dh_cos(obliquity), se = dh_sin(obliquity);
    /* Whole turns are taken away before the angle becomes radians. */
    double turns = days - floor(days);
    *sidereal_rad =
        (280.46061837 + 360 * turns + 0.98564736629 * days + 0.000387933 * (days / 36525) * (days / 36525)) *
            RAD +
        nut.psi * ce;
    *distance_au = r;
    return (struct vector){cb * cl, cb * sl * ce - sb * se, cb * sl * se + sb * ce};
}

/* Elevation rises by as much, degrees (table of the report, step 3.14). */
static double refraction_deg(double elevation_deg, const struct dh_place_on_earth *place) {
    const double radius_deg = 0.26667, at_horizon_deg = 0.5667;
    if (elevation_deg < -(radius_deg + at_horizon_deg))
        return 0;
    double angle = (elevation_deg + 10.3 / (elevation_deg + 5.11)) * RAD;
    return place->pressure_pa / 101000 * 283 / (273 + place->temp_degc) * 1.02 /
           (60 * dh_sin(angle) / dh_cos(angle));
}

struct dh_sun_direction dh_sun_direction(const struct dh_place_on_earth *place, double unix_s) {
    double r, sidereal;
    struct vector s = geocentric(unix_s, &r, &sidereal);
    double phi = place->latitude_deg * RAD, theta = sidereal + place->longitude_deg * RAD;
    double cp = dh_cos(phi), sp = dh_sin(phi), ct = dh_cos(theta), st = dh_sin(theta);
    /* The observer, in equatorial radii of the Earth (flattening as in the report), lifts the horizon. */
    const double flat = 0.99664719, height = place->altitude_m / 6378140;
    double u = 1 / sqrt(cp * cp + flat * flat * sp * sp); /* cos and sin of atan(flat tan phi) */
    double rho_cos = cp * u + height * cp, rho_sin = flat * flat * sp * u + height * sp;
    double parallax = dh_sin(8.794 / 3600 * RAD / r);
    s.x -= parallax * rho_cos * ct;
    s.y -= parallax * rho_cos * st;
    s.z -= parallax * rho_sin;
    double towards = ct * s.x + st * s.y;
    double east = -st * s.x + ct * s.y, north = -sp * towards + cp * s.z, up = cp * towards + sp * s.z;
    double across = sqrt(east * east + north * north);
    double elevation = angle_of(up, across);
    elevation += refraction_deg(elevation / RAD, place) * RAD;
    double flat_part = dh_cos(elevation) / across;
    return (struct dh_sun_direction){east * flat_part, north * flat_part, dh_sin(elevation), r};
}

double dh_sun_zenith_deg(const struct dh_sun_direction *sun) {
    return 90 - angle_of(sun->up, sqrt(sun->east * sun->east + sun->north * sun->north)) / RAD;
}

double dh_sun_azimuth_deg(const struct dh_sun_direction *sun) {
    double deg = angle_of(sun->east, sun->north) / RAD;
    return deg < 0 ? deg + 360 : deg;
}
