/* bench_rack_heat: microseconds for one step of the racks' thermal networks, best of five, by processor time.
 * 400 racks, half with cold plates, leakage on: settled; with a temperature that moves; throttled. */
#include "tests/unit/cooling_plant.h"

#include <stdio.h>
#include <time.h>

static struct small_plant x;

static void leaky(struct small_plant *p) {
    p->device.leakage_w = 60;
    for (int32_t r = 0; r < 200; r++)
        p->rack_fan_max_w[r] = 1000;
}

static double best_us(double swing_k, double above_k) {
    enum { STEPS = 20000 };
    double best_s = 1e9;
    for (int batch = 0; batch < 5; batch++) {
        clock_t start = clock();
        for (int i = 0; i < STEPS; i++) {
            double now_k = above_k + swing_k * (i % 100) / 100.0;
            for (int32_t r = 0; r < x.f.n_rack; r++)
                x.s.rack_inlet_degc[r] = x.s.rack_coolant_degc[r] = 25 + now_k;
            dh_rack_heat_step(&x.p.rack_heat, &x.f, &x.s, 60);
        }
        double s = (double)(clock() - start) / CLOCKS_PER_SEC;
        best_s = s < best_s ? s : best_s;
    }
    return best_s / STEPS * 1e6;
}

int main(void) {
    small_plant_make(&x, 200, 1e4, 200, 1e5, leaky);
    for (int32_t r = 0; r < 400; r++)
        small_plant_board(&x, r, 600);
    printf("rack_heat,400 racks settled,%.2f us/step\n", best_us(0, 0));
    printf("rack_heat,400 racks moving by 10 K in 100 steps,%.2f us/step\n", best_us(10, 0));
    printf("rack_heat,400 racks throttled,%.2f us/step\n", best_us(0, 45));
    return 0;
}
