/* Reading and writing of quantities. A text is taken as an exact decimal, scaled by the unit's exact ratio,
 * and rounded once: "10.2 kW" and "10200 W", "1.5 h" and "5400 s" give the same bits. */
#include "sim/units.h"

#include "sim/text.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    enum dh_dimension dimension;
    const char *symbol;
    const char *scale_text, *offset_text; /* as in units.def: "1.0 / 60.0", an exact ratio */
    double scale;
};

static const struct unit units[] = {
#define DIMENSION(name, si, about)
#define UNIT(dimension, symbol, scale, offset) {DH_DIM_##dimension, symbol, #scale, #offset, scale},
#include "sim/units.def"
#undef DIMENSION
#undef UNIT
};
enum { N_UNIT = sizeof units / sizeof *units };

static const char *const dimension_si[DH_N_DIMENSION] = {
    "1",
#define DIMENSION(name, si, about) si,
#define UNIT(dimension, symbol, scale, offset)
#include "sim/units.def"
#undef DIMENSION
#undef UNIT
};

static const char *const dimension_name[DH_N_DIMENSION] = {
    "number",
#define DIMENSION(name, si, about) about,
#define UNIT(dimension, symbol, scale, offset)
#include "sim/units.def"
#undef DIMENSION
#undef UNIT
};

const char *dh_dimension_si(enum dh_dimension dimension) {
    return dimension_si[dimension];
}

const char *dh_dimension_name(enum dh_dimension dimension) {
    return dimension_name[dimension];
}

/* ---- decimals ------------------------------------------------------------------------------------------ */

enum {
    MAX_DIGITS = 256,     /* significant digits that a number may have */
    ROOM_DIGITS = 1200,   /* digits of an aligned sum: MAX_DIGITS, a scale, and ALIGN_MAX zeros */
    ALIGN_MAX = 700,      /* farther apart, one summand is far below half a unit of the other's last place */
    QUOTIENT_DIGITS = 80, /* then a sticky digit: decides every rounding that can occur */
    EXPONENT_MAX = 1000000, /* beyond it the number is infinite or zero anyway */
};

/* (-1)^negative × digits × 10^exponent; n = 0 is zero. digit[0] is the most significant. */
struct decimal {
    bool negative;
    int n;
    int32_t exponent;
    uint8_t digit[ROOM_DIGITS];
};

/* Copies what is in use, not all the room. */
static void decimal_copy(struct decimal *to, const struct decimal *from) {
    to->negative = from->negative;
    to->n = from->n;
    to->exponent = from->exponent;
    memcpy(to->digit, from->digit, (size_t)from->n);
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static void decimal_trim(struct decimal *d) {
    int leading = 0;
    while (leading < d->n && d->digit[leading] == 0)
        leading++;
    memmove(d->digit, d->digit + leading, (size_t)(d->n - leading));
    d->n -= leading;
    while (d->n > 0 && d->digit[d->n - 1] == 0) {
        d->n--;
        d->exponent++;
    }
    if (d->n == 0)
        d->exponent = 0;
}

/* Reads [+-]digits[.digits][e[+-]digits] at text; *end is behind it. */
static bool decimal_parse(const char *text, size_t n, struct decimal *d, size_t *end) {
    size_t i = 0;
    d->negative = false;
    d->n = 0;
    d->exponent = 0;
    if (i < n && (text[i] == '+' || text[i] == '-'))
        d->negative = text[i++] == '-';
    bool any = false, point = false;
    for (; i < n; i++) {
        if (text[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (!is_digit(text[i]))
            break;
        any = true;
        d->exponent -= point;
        if (d->n == 0 && text[i] == '0')
            continue;
        if (d->n == MAX_DIGITS)
            return false;
        d->digit[d->n++] = (uint8_t)(text[i] - '0');
    }
    if (!any)
        return false;
    if (i < n && (text[i] == 'e' || text[i] == 'E')) {
        size_t k = i + 1;
        bool negative = false;
        if (k < n && (text[k] == '+' || text[k] == '-'))
            negative = text[k++] == '-';
        if (k >= n || !is_digit(text[k]))
            return false;
        int32_t exponent = 0;
        for (; k < n && is_digit(text[k]); k++)
            exponent = exponent < EXPONENT_MAX ? 10 * exponent + (text[k] - '0') : exponent;
        d->exponent += negative ? -exponent : exponent;
        i = k;
    }
    if (i < n && (text[i] == '.' || text[i] == 'x' || text[i] == 'X'))
        return false; /* "1.2.3", "0x1p4" */
    decimal_trim(d);
    *end = i;
    return true;
}

static void decimal_multiply(struct decimal *d, uint64_t factor) {
    if (factor == 1)
        return;
    uint8_t product[ROOM_DIGITS];
    int at = ROOM_DIGITS;
    uint64_t carry = 0;
    for (int i = d->n - 1; i >= 0; i--) {
        carry += d->digit[i] * factor;
        product[--at] = (uint8_t)(carry % 10);
        carry /= 10;
    }
    for (; carry > 0; carry /= 10)
        product[--at] = (uint8_t)(carry % 10);
    d->n = ROOM_DIGITS - at;
    memcpy(d->digit, product + at, (size_t)d->n);
    decimal_trim(d);
}

/* Appends zeros until the exponent is down to exponent. */
static void decimal_align(struct decimal *d, int32_t exponent) {
    while (d->exponent > exponent && d->n < ROOM_DIGITS) {
        d->digit[d->n++] = 0;
        d->exponent--;
    }
}

/* |a| against |b| for equal exponents and no leading zeros. */
static int decimal_compare(const struct decimal *a, const struct decimal *b) {
    return a->n != b->n ? a->n - b->n : memcmp(a->digit, b->digit, (size_t)a->n);
}

static void decimal_add(struct decimal *a, const struct decimal *summand) {
    if (summand->n == 0)
        return;
    struct decimal b;
    decimal_copy(&b, summand);
    if (a->n == 0 || (b.exponent - a->exponent > ALIGN_MAX)) {
        decimal_copy(a, &b);
        return;
    }
    if (a->exponent - b.exponent > ALIGN_MAX)
        return;
    decimal_align(a, b.exponent);
    decimal_align(&b, a->exponent);
    if (decimal_compare(a, &b) < 0) {
        struct decimal swap;
        decimal_copy(&swap, a);
        decimal_copy(a, &b);
        decimal_copy(&b, &swap);
    }
    int sign = a->negative == b.negative ? 1 : -1, carry = 0;
    uint8_t sum[ROOM_DIGITS + 1];
    for (int i = 0; i < a->n; i++) {
        int digit = a->digit[a->n - 1 - i] + carry + (i < b.n ? sign * b.digit[b.n - 1 - i] : 0);
        carry = digit > 9 ? 1 : digit < 0 ? -1 : 0;
        sum[a->n - i] = (uint8_t)(digit - 10 * carry);
    }
    sum[0] = (uint8_t)carry; /* 0 or 1: |a| >= |b| */
    int skip = carry ? 0 : 1;
    a->n = a->n + 1 - skip;
    memcpy(a->digit, sum + skip, (size_t)a->n);
    decimal_trim(a);
}

static pthread_once_t locale_once = PTHREAD_ONCE_INIT;
static locale_t c_locale;

static void locale_make(void) {
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* text is already known to be a decimal number; glibc's strtod rounds it correctly. */
static double c_strtod(const char *text) {
    pthread_once(&locale_once, locale_make);
    return c_locale ? strtod_l(text, NULL, c_locale) : strtod(text, NULL);
}

/* d / divisor, rounded once to the nearest double. */
static enum dh_err decimal_round(const struct decimal *d, uint64_t divisor, double *value) {
    if (d->n == 0) {
        *value = 0;
        return DH_OK;
    }
    char text[ROOM_DIGITS + QUOTIENT_DIGITS + 40];
    int n = 0, i = 0;
    if (d->negative)
        text[n++] = '-';
    uint64_t rest = 0;
    int32_t exponent = d->exponent;
    int significant = 0;
    for (; i < d->n || (rest > 0 && significant < QUOTIENT_DIGITS); i++) {
        rest = 10 * rest + (i < d->n ? d->digit[i] : 0);
        exponent -= i >= d->n;
        uint64_t digit = rest / divisor;
        rest %= divisor;
        if (digit > 0 || significant > 0) {
            text[n++] = (char)('0' + digit);
            significant++;
        }
    }
    if (significant == 0)
        text[n++] = '0';
    if (rest > 0) {
        text[n++] = '1';
        exponent--;
    }
    snprintf(text + n, sizeof text - (size_t)n, "e%d", exponent);
    double rounded = c_strtod(text);
    if (!isfinite(rounded) || fabs(rounded) < 2.2250738585072014e-308)
        return DH_ERR_RANGE;
    *value = rounded;
    return DH_OK;
}

/* ---- units --------------------------------------------------------------------------------------------- */

struct ratio {
    struct decimal above;
    uint64_t below; /* its powers of ten are in above's exponent */
};

/* "5.0 / 9.0" of units.def, exactly. */
static void ratio_of(struct ratio *ratio, const char *text) {
    size_t end = 0, n = strlen(text);
    ratio->below = 1;
    decimal_parse(text, n, &ratio->above, &end);
    const char *slash = strchr(text, '/');
    if (!slash)
        return;
    struct decimal below;
    slash += 1 + strspn(slash + 1, " ");
    decimal_parse(slash, strlen(slash), &below, &end);
    ratio->below = 0;
    for (int i = 0; i < below.n; i++)
        ratio->below = 10 * ratio->below + below.digit[i];
    ratio->above.exponent -= below.exponent;
}

static uint64_t decimal_integer(const struct decimal *d) {
    uint64_t value = 0;
    for (int i = 0; i < d->n; i++)
        value = 10 * value + d->digit[i];
    return value;
}

static enum dh_err to_si(const struct decimal *number, const struct unit *unit, double *value) {
    struct decimal sum;
    struct ratio scale, offset;
    decimal_copy(&sum, number);
    ratio_of(&scale, unit->scale_text);
    ratio_of(&offset, unit->offset_text);
    decimal_multiply(&sum, decimal_integer(&scale.above));
    if (sum.n > 0)
        sum.exponent += scale.above.exponent;
    if (offset.below != scale.below) /* only "x / 1" beside "y / n" occurs */
        decimal_multiply(&offset.above, scale.below);
    decimal_add(&sum, &offset.above);
    return decimal_round(&sum, scale.below, value);
}

static const struct unit *unit_find(enum dh_dimension dimension, const char *symbol, size_t n) {
    for (int i = 0; i < N_UNIT; i++)
        if (units[i].dimension == dimension && strlen(units[i].symbol) == n &&
            memcmp(units[i].symbol, symbol, n) == 0)
            return &units[i];
    return NULL;
}

/* "W, kW, MW", for hints. */
static void units_list(enum dh_dimension dimension, char *list, size_t room) {
    size_t used = 0;
    list[0] = '\0';
    for (int i = 0; i < N_UNIT && used < room; i++)
        if (units[i].dimension == dimension)
            used += (size_t)snprintf(list + used, room - used, "%s%s", used ? ", " : "", units[i].symbol);
}

/* Text in messages: at most so much of what stands in the file. */
static int shown(size_t n) {
    return n > 60 ? 60 : (int)n;
}

static enum dh_err fail_unit(struct dh_diag *diag, struct dh_place place, const char *text, size_t n,
                             const char *symbol, size_t n_symbol, enum dh_dimension dimension) {
    if (dimension == DH_DIM_NUMBER) {
        dh_fail(diag, DH_ERR_UNIT, place, "'%.*s' has a unit, but a number without unit is meant", shown(n),
                text);
        if (n_symbol == 1 && *symbol == '%')
            dh_diag_hint(diag, "write a share: 0.96 for 96 %%");
        return DH_ERR_UNIT;
    }
    char list[256];
    units_list(dimension, list, sizeof list);
    if (n_symbol == 0)
        dh_fail(diag, DH_ERR_UNIT, place, "'%.*s' has no unit; a %s is meant", shown(n), text,
                dimension_name[dimension]);
    else
        dh_fail(diag, DH_ERR_UNIT, place, "'%.*s' is not a unit of %s", shown(n_symbol), symbol,
                dimension_name[dimension]);
    dh_diag_hint(diag, "units that fit: %s", list);
    return DH_ERR_UNIT;
}

static enum dh_err fail_number(struct dh_diag *diag, struct dh_place place, const char *text, size_t n,
                               enum dh_dimension dimension) {
    dh_fail(diag, DH_ERR_NUMBER, place, "'%.*s' is not a %s", shown(n), text, dimension_name[dimension]);
    if (memchr(text, ',', n))
        dh_diag_hint(diag, "write the decimal point as '.'");
    else if (dimension == DH_DIM_NUMBER)
        dh_diag_hint(diag, "write a decimal number: 0.96");
    else
        dh_diag_hint(diag, "write a decimal number and a unit: 10.2 %s", dimension_si[dimension]);
    return DH_ERR_NUMBER;
}

static bool begins_like_unit(const char *text) {
    return (*text >= 'A' && *text <= 'Z') || (*text >= 'a' && *text <= 'z') || *text == '%' || *text == '/' ||
           strncmp(text, "1/", 2) == 0 || strncmp(text, "\xC2\xB0", 2) == 0 ||
           strncmp(text, "\xC2\xB5", 2) == 0;
}

enum dh_err dh_quantity_parse(const char *text, size_t n, enum dh_dimension dimension, double *value,
                              struct dh_diag *diag, struct dh_place place) {
    struct decimal number;
    size_t end = 0;
    if (!decimal_parse(text, n, &number, &end))
        return fail_number(diag, place, text, n, dimension);
    size_t symbol = end + (end < n && text[end] == ' ');
    size_t n_symbol = n - symbol;
    const struct unit plain = {DH_DIM_NUMBER, "", "1", "0", 1};
    const struct unit *unit = &plain;
    if (n_symbol > 0 && !begins_like_unit(text + symbol))
        return fail_number(diag, place, text, n, dimension);
    if (dimension != DH_DIM_NUMBER)
        unit = unit_find(dimension, text + symbol, n_symbol);
    if (!unit || (dimension == DH_DIM_NUMBER && symbol < n))
        return fail_unit(diag, place, text, n, text + symbol, n_symbol, dimension);
    if (dimension == DH_DIM_NUMBER && end < n)
        return fail_number(diag, place, text, n, dimension); /* a blank behind it */
    if (to_si(&number, unit, value) != DH_OK)
        return dh_fail(diag, DH_ERR_RANGE, place, "'%.*s' is outside the range of floating-point numbers",
                       shown(n), text);
    return DH_OK;
}

enum dh_err dh_integer_parse(const char *text, size_t n, int64_t *value, struct dh_diag *diag,
                             struct dh_place place) {
    size_t i = n > 0 && (text[0] == '-' || text[0] == '+');
    bool negative = n > 0 && text[0] == '-';
    bool fits = true;
    uint64_t magnitude = 0, limit = (uint64_t)INT64_MAX + negative;
    if (i == n)
        return dh_fail(diag, DH_ERR_NUMBER, place, "'%.*s' is not a whole number", shown(n), text);
    for (; i < n; i++) {
        if (!is_digit(text[i]))
            return dh_fail(diag, DH_ERR_NUMBER, place, "'%.*s' is not a whole number", shown(n), text);
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (magnitude > (limit - digit) / 10)
            fits = false;
        else
            magnitude = 10 * magnitude + digit;
    }
    if (!fits)
        return dh_fail(diag, DH_ERR_RANGE, place, "'%.*s' does not fit into 64 bits", shown(n), text);
    *value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return DH_OK;
}

enum dh_err dh_number_parse(const char *text, size_t n, double *value, size_t *end) {
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    size_t i = 0;
    bool negative = false, any = false, point = false;
    if (n > 0 && (text[0] == '-' || text[0] == '+'))
        negative = text[i++] == '-';
    uint64_t mantissa = 0;
    int32_t exponent = 0, digits = 0;
    for (; i < n && (is_digit(text[i]) || (text[i] == '.' && !point)); i++) {
        if (text[i] == '.') {
            point = true;
            continue;
        }
        any = true;
        exponent -= point;
        digits += mantissa > 0 || text[i] != '0';
        if (digits <= 18)
            mantissa = 10 * mantissa + (uint64_t)(text[i] - '0');
    }
    if (!any)
        return DH_ERR_NUMBER;
    bool scientific = i + 1 < n && (text[i] == 'e' || text[i] == 'E') &&
                      (is_digit(text[i + 1]) ||
                       (i + 2 < n && (text[i + 1] == '+' || text[i + 1] == '-') && is_digit(text[i + 2])));
    /* Clinger's fast path: both operands exact, one rounding */
    if (!scientific && mantissa < UINT64_C(1) << 53 && digits <= 18 && exponent >= -22) {
        double magnitude = (double)mantissa / power[-exponent];
        *value = negative && mantissa ? -magnitude : magnitude;
        *end = i;
        return DH_OK;
    }
    size_t stop = i;
    if (scientific) {
        stop = i + 2;
        while (stop < n && is_digit(text[stop]))
            stop++;
    }
    struct decimal number;
    size_t read = 0;
    if (!decimal_parse(text, stop, &number, &read)) {
        if (digits <= MAX_DIGITS)
            return DH_ERR_NUMBER;
        return DH_ERR_RANGE; /* more digits than any log writes */
    }
    *end = stop;
    return decimal_round(&number, 1, value);
}

/* ---- writing ------------------------------------------------------------------------------------------- */

/* Units that datahall reads but does not write: they would puzzle who wrote another. */
static bool is_written(const struct unit *unit) {
    bool temperature =
        unit->dimension == DH_DIM_TEMPERATURE || unit->dimension == DH_DIM_TEMPERATURE_DIFFERENCE;
    return strcmp(unit->symbol, "ft") != 0 && !strstr(unit->symbol, "bit") &&
           (!temperature || strcmp(unit->symbol, dimension_si[unit->dimension]) == 0);
}

/* value as the shortest number of this unit that reads back as value. False when none does. */
static bool format_in(double value, const struct unit *unit, enum dh_dimension dimension, char *text,
                      size_t room, int *n_digit) {
    struct dh_place nowhere = {0};
    double in_unit = value / unit->scale; /* units with an offset are not written */
    char mantissa[64];
    double back = NAN;
    const char *blank = dimension == DH_DIM_NUMBER ? "" : " ";
    enum { LAST_DIGITS = 24 }; /* the division above may be off by a rounding: then the last digit is moved */
    for (int attempt = 1; attempt <= 17 + LAST_DIGITS; attempt++) {
        int digits = attempt > 17 ? 17 : attempt;
        char raw[64];
        snprintf(raw, sizeof raw, "%.*e", digits - 1, in_unit);
        if (digits < 16 && fabs(strtod(raw, NULL) * unit->scale - value) > 1e-14 * fabs(value))
            continue; /* too few digits: no need to look closely (raw is in this locale, as strtod is) */
        char *e = strchr(raw, 'e');
        int exponent = atoi(e + 1);
        char figures[32];
        int n = 0;
        for (const char *c = raw; c < e; c++)
            if (is_digit(*c))
                figures[n++] = *c; /* whatever the locale's decimal point is */
        if (attempt > 17) {
            figures[n] = '\0';
            int64_t step = attempt - 17,
                    moved = strtoll(figures, NULL, 10) + (step % 2 ? step / 2 + 1 : -step / 2);
            n = snprintf(figures, sizeof figures, "%lld", (long long)moved);
            exponent += n - 17;
        }
        while (n > 1 && figures[n - 1] == '0')
            n--;
        const char *sign = in_unit < 0 ? "-" : "";
        if (exponent >= n - 1 && exponent < 15)
            snprintf(mantissa, sizeof mantissa, "%s%.*s%.*s", sign, n, figures, exponent - n + 1,
                     "000000000000000");
        else if (exponent >= 0 && exponent < n - 1)
            snprintf(mantissa, sizeof mantissa, "%s%.*s.%.*s", sign, exponent + 1, figures, n - exponent - 1,
                     figures + exponent + 1);
        else if (exponent < 0 && exponent >= -6)
            snprintf(mantissa, sizeof mantissa, "%s0.%.*s%.*s", sign, -exponent - 1, "000000", n, figures);
        else
            snprintf(mantissa, sizeof mantissa, "%s%.1s%s%.*se%d", sign, figures, n > 1 ? "." : "", n - 1,
                     figures + 1, exponent);
        snprintf(text, room, "%s%s%s", mantissa, blank, unit->symbol);
        if (dh_quantity_parse(text, strlen(text), dimension, &back, NULL, nowhere) == DH_OK &&
            back == value) {
            *n_digit = 0;
            for (const char *c = mantissa; *c && *c != 'e'; c++)
                *n_digit += is_digit(*c);
            return true;
        }
    }
    return false;
}

void dh_quantity_format(double value, enum dh_dimension dimension, char *text, size_t room) {
    const struct unit plain = {DH_DIM_NUMBER, "", "1", "0", 1};
    char best[96] = "";
    int best_digits = 0;
    double best_scale = 0;
    if (dimension == DH_DIM_NUMBER)
        format_in(value, &plain, dimension, best, sizeof best, &best_digits);
    for (int i = 0; i < N_UNIT; i++) {
        if (units[i].dimension != dimension || !is_written(&units[i]))
            continue;
        char attempt[96];
        int n_digit = 0;
        bool first = best[0] == '\0';
        if (!first && (value == 0 || fabs(value) < units[i].scale))
            continue; /* "0.3 MW" is written "300 kW" */
        if (!format_in(value, &units[i], dimension, attempt, sizeof attempt, &n_digit))
            continue;
        /* fewest digits, then the largest unit: "15 min", not "900 s" or "0.25 h"; "100 s", not "1.667 min"
         */
        bool below_one = fabs(value) < best_scale && best_scale > units[i].scale;
        if (first || below_one || n_digit < best_digits ||
            (n_digit == best_digits && units[i].scale > best_scale)) {
            memcpy(best, attempt, sizeof best);
            best_digits = n_digit;
            best_scale = units[i].scale;
        }
    }
    snprintf(text, room, "%s", best);
}
