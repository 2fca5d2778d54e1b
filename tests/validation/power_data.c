/* power_data FOLDER: transformer losses and conversion curves against every row of ref_transformer.csv and
 * ref_power_conversion_curves.csv (FACILITY.md F14). Prints TAP with row counts and the largest difference.
 */
#include "models/power_parts.h"
#include "models/ups.h"
#include "tests/validation/cooling_csv.h"

/* case, S_VA, NL_W, LL_W, pu, loss and efficiency without temperature, loss in 30 degC (copper, 150 K, 0.9).
 */
static void transformers(void) {
    FILE *f = open_csv("ref_transformer.csv");
    if (!f)
        return;
    int n = 0;
    double plain = 0, warm = 0, nameplate = 0;
    while (next_row(f)) {
        n++;
        double share = num(4), loss = num(2) + num(3) * share * share;
        plain = fmax(plain, fmax(rel(loss, num(5)), rel(share * num(1) / (share * num(1) + loss), num(6))));
        double warmth = dh_transformer_warmth(DH_CONDUCTOR_COPPER, 150, 0.9, share, 30);
        warm = fmax(warm, rel(num(2) + num(3) * share * share * warmth, num(7)));
        /* The nameplate that the row comes from: efficiency at its best load, where both losses are equal. */
        double best = sqrt(num(2) / num(3)), efficiency = best * num(1) / (best * num(1) + 2 * num(2));
        struct dh_transformer_loss t = dh_transformer_nameplate(num(1), efficiency, best, best);
        nameplate = fmax(nameplate, fmax(rel(t.no_load_w, num(2)), rel(t.load_w, num(3))));
    }
    fclose(f);
    verdict(n == 28 && plain <= 1e-8, "ref_transformer, without temperature", n, "relative", plain, 1e-8);
    verdict(n == 28 && warm <= 1e-8, "ref_transformer, warm", n, "relative", warm, 1e-8);
    verdict(n == 28 && nameplate <= 1e-8, "ref_transformer, from nameplate", n, "relative", nameplate, 1e-8);
}

static const char *const names[] = {"ups_double_conversion_modern", "ups_double_conversion_SiC_97.5",
                                    "ups_eco_mode_99", "ups_legacy_transformer"};
static const double efficiencies[][3] = {
    {0.960, 0.970, 0.968},
    {0.966, 0.975, 0.971},
    {0.985, 0.990, 0.992},
    {0.880, 0.915, 0.935}
};

/* device, a, b, c, load share, efficiency, loss over rating. */
static void curves(void) {
    FILE *f = open_csv("ref_power_conversion_curves.csv");
    if (!f)
        return;
    int n = 0, fitted = 0;
    double worst = 0, fit = 0;
    while (next_row(f)) {
        n++;
        /* A stage of one unit of 1 MW. */
        struct dh_loss_spec loss = {.efficiency = NAN, .a = num(1), .b = num(2), .c = num(3)};
        struct dh_eco_mode_spec same = {.a = loss.a, .b = loss.b, .c = loss.c};
        struct dh_stage_loss stage = dh_ups_eco_loss(&same, 1e6, 1);
        double x = num(4), w = 1e6 * x;
        double lost = stage.fixed_w + stage.linear * w + stage.square_per_w * w * w;
        worst = fmax(worst, fmax(rel(lost / 1e6, num(6)), rel(w / (w + lost), num(5))));
        for (int i = 0; i < 4; i++) {
            double abc[3];
            if (strcmp(field[0], names[i]) != 0)
                continue;
            fitted++;
            dh_loss_through((const double[3]){0.25, 0.5, 1}, efficiencies[i], abc);
            for (int k = 0; k < 3; k++)
                fit = fmax(fit, rel(abc[k], num(1 + k)));
        }
    }
    fclose(f);
    verdict(n == 78 && worst <= 1e-8, "ref_power_conversion_curves", n, "relative", worst, 1e-8);
    verdict(fitted == 52 && fit <= 1e-8, "a, b, c through three catalogue points", fitted, "relative", fit,
            1e-8);
}

int main(int argc, char **argv) {
    folder = argc > 1 ? argv[1] : "../shared/data";
    transformers();
    curves();
    return 0;
}
