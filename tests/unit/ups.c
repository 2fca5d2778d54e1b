/* UPS: loss curves, batteries. */
#include "models/power_parts.h"
#include "models/ups.h"
#include "tests/unit/power_world.h"

#include <math.h>

static void near(double got, double wanted, double relative) {
    if (!(fabs(got - wanted) <= relative * fabs(wanted)))
        fail_msg("%.12g instead of %.12g", got, wanted);
}

/* Rows of ref_power_conversion_curves.csv: efficiencies .96 .97 .968 and .966 .975 .971 at 25, 50, 100 %. */
void loss_curves_go_through_three_points(void **state) {
    (void)state;
    const double x[3] = {0.25, 0.5, 1};
    double abc[3];
    dh_loss_through(x, (const double[3]){0.96, 0.97, 0.968}, abc);
    near(abc[0], 0.007869226473, 1e-9);
    near(abc[1], 0.005190139445, 1e-9);
    near(abc[2], 0.01999848532, 1e-9);
    near(0.1 / (0.1 + abc[0] + 0.1 * abc[1] + 0.01 * abc[2]), 0.9209101608, 1e-9);
    dh_loss_through(x, (const double[3]){0.966, 0.975, 0.971}, abc);
    near(abc[0], 0.007778805074, 1e-9);
    near(abc[2], 0.02400779368, 1e-9);
}

/* Rows of ref_transformer.csv: 2.5 MVA, 99.5 % at half load; copper, 150 K rise, 0.9 ohmic, 30 degC. */
void transformer_loss_follows_nameplate_and_temperature(void **state) {
    (void)state;
    struct dh_transformer_loss t = dh_transformer_nameplate(2.5e6, 0.995, 0.5, 0.5);
    near(t.no_load_w, 3140.703518, 1e-9);
    near(t.load_w, 12562.81407, 1e-9);
    near(t.no_load_w + t.load_w * dh_transformer_warmth(DH_CONDUCTOR_COPPER, 150, 0.9, 1, 30), 15952.72796,
         1e-9);
    near(t.no_load_w + t.load_w * 0.25 * dh_transformer_warmth(DH_CONDUCTOR_COPPER, 150, 0.9, 0.5, 30),
         5739.41101, 1e-9);
    /* At full load in the reference air the factor is 1, whatever the metal. */
    near(dh_transformer_warmth(DH_CONDUCTOR_ALUMINIUM, 65, 0.7, 1, 20), 1, 1e-15);
}

/* 600 kW at 208 V and at 415 V: 1670 A and 835 A (FACILITY A4). */
void line_current_and_loss_are_ohms(void **state) {
    (void)state;
    near(dh_line_current_a(600e3, 208, 1), 1665.4, 1e-4);
    near(dh_line_current_a(600e3, 415, 1), 834.7, 1e-4);
    near(dh_line_loss_w(1000, 5e-5, 100), 15000, 1e-12);
}

void battery_runtime_is_energy_over_power(void **state) {
    (void)state;
    /* 100 kWh, 80 % usable, 95 %: 76 kWh at 1.2 MW are 228 s. */
    struct dh_ups_battery_spec b = {
        .energy_j = 3.6e8, .usable = 0.8, .inverter = 0.95, .kind = DH_UPS_LITHIUM, .rated_at_s = 36000};
    near(dh_ups_runtime_s(&b, 1, 1.2e6), 228, 1e-12);
    near(dh_ups_runtime_s(&b, 4, 1.2e6), 912, 1e-12);
    /* Lead, rated at 10 h: at ten times the power of that, t = 10 h (1/10)^1.2. */
    b.kind = DH_UPS_VRLA;
    b.peukert = 1.2;
    double slow_w = 0.8 * 0.95 * 3.6e8 / 36000;
    near(dh_ups_runtime_s(&b, 1, slow_w), 36000, 1e-12);
    near(dh_ups_runtime_s(&b, 1, 10 * slow_w), 36000 * pow(0.1, 1.2), 1e-9);
}

/* 12 modules of 100 kW; 400 kW at most at 50 %: 8 and one redundant run, and lose 9 (1 + 2 x + 3 x^2) kW. */
void modules_that_are_not_needed_are_switched_off(void **state) {
    (void)state;
    struct power_world w;
    power_world_open(&w,
                     "<utility id='u' rated='2 MW'/><ups id='a' feed='u' rated='100 kW' count='12' "
                     "redundant='1'><loss a='0.01' b='0.02' c='0.03'/></ups>",
                     "<row id='w' rack='r' count='4' feed='a'/>");
    int32_t a = stage_of(&w, "a");
    dh_power_set_staging(&w.p, a, 0.5);
    dh_power_settle(&w.p, 10);
    double x = 4. / 9;
    near(dh_uw_to_w(w.p.stage_loss[a].power), 9 * 1e5 * (0.01 + 0.02 * x + 0.03 * x * x), 1e-9);
    dh_power_set_staging(&w.p, a, 0);
    dh_power_settle(&w.p, 20);
    x = 1. / 3;
    near(dh_uw_to_w(w.p.stage_loss[a].power), 12 * 1e5 * (0.01 + 0.02 * x + 0.03 * x * x), 1e-9);
    power_world_close(&w);
}
