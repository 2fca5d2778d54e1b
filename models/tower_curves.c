#include "models/tower_curves.h"

/* Row 3 i + j: (water/air)^i range^j, times wet bulb to the power of the column. */
static const double york[9][3] = {
    {-0.359741205,        -0.055053608,     0.0023850432      },
    {0.173926877,         -0.0248473764,    0.00048430224     },
    {-0.005589849456,     0.0005770079712,  -0.00001342427256 },
    {2.84765801111111,    -0.121765149,     0.0014599242      },
    {1.680428651,         -0.0166920786,    -0.0007190532     },
    {-0.025485194448,     0.0000487491696,  0.00002719234152  },
    {-0.0653766255555556, -0.002278167,     0.0002500254      },
    {-0.0910565458,       0.00318176316,    0.000038621772    },
    {-0.0034285382352,    0.00000856589904, -0.000001516821552},
};

/* In the order of the terms below. */
static const double cooltools[35] = {
    0.52049709836241,  -10.617046395344,  10.7292974722538,  -2.74988377158227, 4.73629943913743,
    -8.25759700874711, 1.57640938114136,  6.51119643791324,  1.50433525206692,  -3.2888529287801,
    0.02577861453538,  0.18246428931525,  -0.08189472914009, -0.21501000399629, 0.01867413096353,
    0.053682417759,    -0.00270968955115, 0.00112277498589,  -0.00127758497498, 7.60420796601607E-05,
    1.43600088336017,  -0.5198695909109,  0.11733957691051,  1.50492810819924,  -0.13589890592697,
    -0.15257758186651, -0.05338438281146, 0.00493294869566,  -0.00796260394174, 0.00022261982862,
    -0.05439520015681, 0.00474266879162,  -0.01858546718156, 0.00115667701294,  0.00080737066446,
};

double dh_tower_york_approach_k(double t, double r, double water, double air) {
    double lg = water / air, sum = 0.0;
    for (int i = 2; i >= 0; i--) {
        double by_range = 0.0;
        for (int j = 2; j >= 0; j--) {
            const double *c = york[3 * i + j];
            by_range = by_range * r + c[0] + (c[1] + c[2] * t) * t;
        }
        sum = sum * lg + by_range;
    }
    return sum;
}

double dh_tower_cooltools_approach_k(double t, double r, double w, double a) {
    const double *c = cooltools;
    return c[0] + a * (c[1] + a * (c[2] + a * c[3])) + w * (c[4] + a * (c[5] + a * c[6])) +
           w * w * (c[7] + c[8] * a + c[9] * w) + t * (c[10] + a * (c[11] + c[12] * a)) +
           w * t * (c[13] + c[14] * a + c[15] * w) + t * t * (c[16] + c[17] * a + c[18] * w + c[19] * t) +
           r * (c[20] + a * (c[21] + c[22] * a) + w * (c[23] + c[24] * a + c[25] * w)) +
           t * r * (c[26] + c[27] * a + c[28] * w + c[29] * t) +
           r * r * (c[30] + c[31] * a + c[32] * w + c[33] * t + c[34] * r);
}

static bool clamp_to(double *x, double low, double high) {
    double was = *x;
    *x = was < low ? low : was > high ? high : was;
    return *x != was;
}

bool dh_tower_york_inside(double *t, double *r, double *water, double *air) {
    bool out = clamp_to(t, -34.4, 26.7);
    out |= clamp_to(r, 1.1, 22.2);
    out |= clamp_to(water, 0.75, 1.25);
    out |= clamp_to(air, *water / 8.0, 1.25);
    return out;
}

bool dh_tower_cooltools_inside(double *t, double *r, double *water, double *air) {
    bool out = clamp_to(t, -1.0, 26.7);
    out |= clamp_to(r, 1.1, 11.1);
    out |= clamp_to(water, 0.75, 1.25);
    out |= clamp_to(air, 0.2, 1.25); /* the fit has no lowest air flow: that of the fans */
    return out;
}
