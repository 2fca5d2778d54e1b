/* Reading of reference tables and the verdict on them, for the programs of tests/validation that compare
 * cooling models with ../shared/data/facility. Included once by each. */
#ifndef DH_TESTS_COOLING_CSV_H
#define DH_TESTS_COOLING_CSV_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 48 };
static const char *folder;
static char line[16384], *field[FIELDS];
static int n_field;

static FILE *open_csv(const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/facility/%s", folder, name);
    FILE *f = fopen(path, "r");
    if (f && !fgets(line, sizeof line, f)) {
        fclose(f);
        f = NULL;
    }
    if (!f)
        printf("not ok - cannot read %s\n", path);
    return f;
}

/* Next row into field[]; quoted fields may hold commas. */
static int next_row(FILE *f) {
    if (!fgets(line, sizeof line, f))
        return 0;
    line[strcspn(line, "\r\n")] = 0;
    n_field = 0;
    for (char *p = line;;) {
        char *to = p;
        int quoted = 0;
        field[n_field] = p;
        if (n_field < FIELDS - 1)
            n_field++;
        for (; *p && (quoted || *p != ','); p++) {
            if (*p == '"')
                quoted = !quoted;
            else
                *to++ = *p;
        }
        int more = *p == ',';
        p++;
        *to = 0;
        if (!more)
            return 1;
    }
}

static double num(int i) {
    return i < n_field && *field[i] ? strtod(field[i], NULL) : NAN;
}

static void verdict(int ok, const char *name, int rows, const char *what, double worst, double limit) {
    printf("%s - %s: %d rows, %s %.3g (limit %g)\n", ok ? "ok" : "not ok", name, rows, what, worst, limit);
}

static double rel(double a, double b) {
    double scale = fmax(fabs(b), 1e-300);
    return fabs(a - b) / scale;
}

#endif
