/* Values of CSV fields: exact decimals, seconds, instants. */
#include "scenarios/csv_read.h"

#include "sim/units.h"

#include <math.h>
#include <string.h>

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static void trim(const char **text, size_t *n) {
    while (*n > 0 && (**text == ' ' || **text == '\t')) {
        (*text)++;
        (*n)--;
    }
    while (*n > 0 && ((*text)[*n - 1] == ' ' || (*text)[*n - 1] == '\t'))
        (*n)--;
}

/* Seconds by their digits: nine decimals are nanoseconds, the tenth decides the rounding. */
static enum dh_err seconds_by_digits(const char *text, size_t n, dh_time *value) {
    size_t i = 0;
    bool negative = false, point = false, any = false, half = false;
    if (n > 0 && (text[0] == '-' || text[0] == '+'))
        negative = text[i++] == '-';
    int64_t ns = 0;
    int decimals = 0;
    for (; i < n; i++) {
        if (text[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (!is_digit(text[i]))
            return DH_ERR_NUMBER;
        any = true;
        int digit = text[i] - '0';
        if (decimals == 9) {
            half = digit >= 5;
            decimals++;
        }
        if (decimals > 9)
            continue;
        if (ns > (INT64_MAX - 9) / 10)
            return DH_ERR_RANGE;
        ns = 10 * ns + digit;
        decimals += point;
    }
    if (!any)
        return DH_ERR_NUMBER;
    for (; decimals < 9; decimals++) {
        if (ns > INT64_MAX / 10)
            return DH_ERR_RANGE;
        ns *= 10;
    }
    ns += half;
    *value = negative ? -ns : ns;
    return DH_OK;
}

enum dh_err dh_seconds_parse(const char *text, size_t n, dh_time *value) {
    trim(&text, &n);
    for (size_t i = n; i-- > 0;)
        if (text[i] == 'e' ||
            text[i] == 'E') { /* "1.7e+09": rare, and then a double's digits are all there are */
            double s = 0;
            size_t end = 0;
            enum dh_err err = dh_number_parse(text, n, &s, &end);
            if (err != DH_OK || end != n)
                return err != DH_OK ? err : DH_ERR_NUMBER;
            if (!(fabs(s) < 9.2e9))
                return DH_ERR_RANGE;
            *value = dh_time_from_s(s);
            return DH_OK;
        }
    return seconds_by_digits(text, n, value);
}

/* Exactly n digits as a number, or -1. */
static int32_t digits(const char *text, size_t room, size_t at, int n) {
    int32_t value = 0;
    for (int i = 0; i < n; i++) {
        if (at + (size_t)i >= room || !is_digit(text[at + (size_t)i]))
            return -1;
        value = 10 * value + (text[at + (size_t)i] - '0');
    }
    return value;
}

/* Days from 1970-01-01 to a day of the proleptic Gregorian calendar (H. Hinnant, chrono-compatible low-level
 * date algorithms). */
static int64_t days_of(int32_t year, int32_t month, int32_t day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int32_t days_in_month(int32_t year, int32_t month) {
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

enum dh_err dh_instant_parse(const char *text, size_t n, int64_t *unix_ns) {
    trim(&text, &n);
    int32_t year = digits(text, n, 0, 4), month = digits(text, n, 5, 2), day = digits(text, n, 8, 2);
    if (year < 0 || month < 0 || day < 0 || text[4] != '-' || text[7] != '-')
        return DH_ERR_NUMBER;
    if (year < 1900 || year > 2200 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return DH_ERR_RANGE;
    int32_t hour = 0, minute = 0, second = 0, offset_min = 0;
    dh_time fraction = 0;
    size_t at = 10;
    if (at < n && (text[at] == 'T' || text[at] == ' ')) {
        hour = digits(text, n, at + 1, 2);
        minute = digits(text, n, at + 4, 2);
        if (hour < 0 || minute < 0 || text[at + 3] != ':')
            return DH_ERR_NUMBER;
        at += 6;
        if (at < n && text[at] == ':') {
            second = digits(text, n, at + 1, 2);
            if (second < 0)
                return DH_ERR_NUMBER;
            at += 3;
            size_t end = at;
            while (end < n && (is_digit(text[end]) || (end == at && text[end] == '.')))
                end++;
            if (end > at && dh_seconds_parse(text + at, end - at, &fraction) != DH_OK)
                return DH_ERR_NUMBER;
            at = end;
        }
        while (at < n && text[at] == ' ')
            at++;
        if (at < n && text[at] == 'Z') {
            at++;
        } else if (n - at == 3 && strncmp(text + at, "UTC", 3) == 0) {
            at += 3;
        } else if (at < n && (text[at] == '+' || text[at] == '-')) {
            int32_t sign = text[at] == '-' ? -1 : 1, hours = digits(text, n, at + 1, 2);
            size_t colon = at + 3 < n && text[at + 3] == ':';
            int32_t minutes = at + 3 < n ? digits(text, n, at + 3 + colon, 2) : 0;
            if (hours < 0 || minutes < 0 || hours > 14 || minutes > 59)
                return DH_ERR_NUMBER;
            offset_min = sign * (60 * hours + minutes);
            at += at + 3 < n ? 5 + colon : 3;
        }
    }
    if (at != n)
        return DH_ERR_NUMBER;
    if (hour > 24 || minute > 59 || second > 60 || (hour == 24 && (minute || second || fraction)))
        return DH_ERR_RANGE;
    int64_t s = days_of(year, month, day) * 86400 + hour * 3600 + (minute - offset_min) * 60 + second;
    *unix_ns = s * DH_NS_PER_S + fraction;
    return DH_OK;
}

/* ---- fields -------------------------------------------------------------------------------------------- */

static enum dh_err fail_value(const struct dh_csv *csv, int32_t column, enum dh_err code,
                              const char *wanted) {
    const struct dh_csv_field *field = &csv->fields[column];
    struct dh_place place = dh_csv_place(csv, column);
    if (field->n == 0)
        return dh_fail(csv->in.diag, code, place, "%s is empty, must be %s", csv->columns[column].text,
                       wanted);
    bool cut = csv->in.ended && column == csv->n_column - 1;
    return dh_fail(csv->in.diag, code, place, "%s: '%.*s' is not %s%s", csv->columns[column].text,
                   (int)(field->n < 40 ? field->n : 40), field->text, wanted,
                   cut ? " (is the file cut off?)" : "");
}

static enum dh_err fail_range(const struct dh_csv *csv, int32_t column, double min, double max) {
    const struct dh_csv_field *field = &csv->fields[column];
    return dh_fail(csv->in.diag, DH_ERR_RANGE, dh_csv_place(csv, column),
                   "%s: %.*s is not within %.10g and %.10g", csv->columns[column].text,
                   (int)(field->n < 40 ? field->n : 40), field->text, min, max);
}

enum dh_err dh_csv_double(const struct dh_csv *csv, int32_t column, double min, double max, double *value) {
    const char *text = csv->fields[column].text;
    size_t n = csv->fields[column].n, end = 0;
    trim(&text, &n);
    enum dh_err err = dh_number_parse(text, n, value, &end);
    if (err == DH_ERR_NUMBER || (err == DH_OK && end != n))
        return fail_value(csv, column, DH_ERR_NUMBER, "a decimal number");
    if (err != DH_OK || !(*value >= min && *value <= max))
        return fail_range(csv, column, min, max);
    return DH_OK;
}

enum dh_err dh_csv_integer(const struct dh_csv *csv, int32_t column, int64_t min, int64_t max,
                           int64_t *value) {
    const char *text = csv->fields[column].text;
    size_t n = csv->fields[column].n, i = 0;
    trim(&text, &n);
    bool negative = n > 0 && text[0] == '-', any = false, large = false;
    i += n > 0 && (text[0] == '-' || text[0] == '+');
    int64_t sum = 0;
    for (; i < n && is_digit(text[i]); i++) {
        any = true;
        large = large || sum > (INT64_MAX - 9) / 10;
        sum = large ? sum : 10 * sum + (text[i] - '0');
    }
    /* "8.0": a whole number that a table program wrote as a float because its column has gaps */
    if (any && i < n && text[i] == '.')
        for (i++; i < n && text[i] == '0';)
            i++;
    if (!any || i != n)
        return fail_value(csv, column, DH_ERR_NUMBER, "a whole number");
    *value = negative ? -sum : sum;
    if (large || *value < min || *value > max)
        return fail_range(csv, column, (double)min, (double)max);
    return DH_OK;
}

enum dh_err dh_csv_seconds(const struct dh_csv *csv, int32_t column, dh_time *value) {
    enum dh_err err = dh_seconds_parse(csv->fields[column].text, csv->fields[column].n, value);
    if (err == DH_ERR_RANGE) {
        fail_range(csv, column, -9.2e9, 9.2e9);
        dh_diag_hint(csv->in.diag, "times are in seconds: are these milliseconds?");
    } else if (err != DH_OK) {
        fail_value(csv, column, err, "a number of seconds");
    }
    return err;
}

enum dh_err dh_csv_instant(const struct dh_csv *csv, int32_t column, int64_t *unix_ns) {
    enum dh_err err = dh_instant_parse(csv->fields[column].text, csv->fields[column].n, unix_ns);
    return err == DH_OK ? err : fail_value(csv, column, err, "a date and time such as 2026-01-01T05:00:00Z");
}
