/* Instants as text and as calendar dates: proleptic Gregorian, UTC, no leap seconds. Days from civil dates
 * after E. G. Richards, "Calendars", in Explanatory Supplement to the Astronomical Almanac, 3rd ed., 2013,
 * section 15.11. */
#include "sim/units.h"

#include <stdbool.h>
#include <stdio.h>

enum { DAY_S = 86400, YEAR_MIN = 1900, YEAR_MAX = 2200 };

/* Days from 1970-01-01; years count from March, so that the leap day is the last. */
static int64_t days_of(int64_t year, int month, int day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct dh_calendar dh_calendar_of(int64_t unix_s) {
    int64_t days = unix_s / DAY_S, second = unix_s % DAY_S;
    if (second < 0) {
        second += DAY_S;
        days--;
    }
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    struct dh_calendar c;
    c.day = (int32_t)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    c.month = (int32_t)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    c.year = (int32_t)(year_of_era + era * 400 + (c.month <= 2));
    c.hour = (int32_t)(second / 3600);
    c.minute = (int32_t)(second / 60 % 60);
    c.second = (int32_t)(second % 60);
    c.weekday = (int32_t)(((days + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
    c.yearday = (int32_t)(days - days_of(c.year, 1, 1));
    return c;
}

void dh_timestamp_format(int64_t unix_s, char text[static 21]) {
    struct dh_calendar c = dh_calendar_of(unix_s);
    /* the remainders keep the compiler sure of the width, and change no value */
    snprintf(text, 21, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)c.year % 10000u, (unsigned)c.month % 100u,
             (unsigned)c.day % 100u, (unsigned)c.hour % 100u, (unsigned)c.minute % 100u,
             (unsigned)c.second % 100u);
}

/* n digits at *text; -1 when there are not. */
static int digits(const char **text, const char *end, int n) {
    int value = 0;
    for (int i = 0; i < n; i++) {
        if (*text >= end || **text < '0' || **text > '9')
            return -1;
        value = 10 * value + *(*text)++ - '0';
    }
    return value;
}

static bool eat(const char **text, const char *end, char c) {
    if (*text >= end || **text != c)
        return false;
    (*text)++;
    return true;
}

enum dh_err dh_timestamp_parse(const char *text, size_t n, int64_t *unix_s) {
    static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const char *end = text + n;
    int hour = 0, minute = 0, second = 0, offset_s = 0;
    int year = digits(&text, end, 4);
    bool dash = eat(&text, end, '-');
    int month = digits(&text, end, 2);
    bool dash2 = eat(&text, end, '-');
    int day = digits(&text, end, 2);
    if (year < 0 || month < 0 || day < 0 || !dash || !dash2)
        return DH_ERR_VALUE;
    if (text < end) {
        if (!eat(&text, end, 'T') && !eat(&text, end, ' '))
            return DH_ERR_VALUE;
        hour = digits(&text, end, 2);
        if (hour < 0 || !eat(&text, end, ':'))
            return DH_ERR_VALUE;
        minute = digits(&text, end, 2);
        if (minute < 0)
            return DH_ERR_VALUE;
        if (eat(&text, end, ':')) {
            second = digits(&text, end, 2);
            if (second < 0)
                return DH_ERR_VALUE;
        }
        if (text < end && !eat(&text, end, 'Z')) {
            int sign = *text == '+' ? 1 : *text == '-' ? -1 : 0;
            text++;
            int offset_h = digits(&text, end, 2);
            eat(&text, end, ':');
            int offset_min = digits(&text, end, 2);
            if (sign == 0 || offset_h < 0 || offset_min < 0)
                return DH_ERR_VALUE;
            if (offset_h > 14 || offset_min > 59)
                return DH_ERR_RANGE;
            offset_s = sign * (3600 * offset_h + 60 * offset_min);
        }
    }
    if (text != end)
        return DH_ERR_VALUE;
    if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 || hour > 23 || minute > 59 ||
        second > 59)
        return DH_ERR_RANGE;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day < 1 || day > month_days[month - 1] + (month == 2 && leap))
        return DH_ERR_RANGE;
    *unix_s = days_of(year, month, day) * DAY_S + 3600 * hour + 60 * minute + second - offset_s;
    return DH_OK;
}
