/* Numbers as people read them: "12.4 MW", "3 h 20 min", "14 Mar 2027 16:20". */
#ifndef DH_VIZ_FORMAT_H
#define DH_VIZ_FORMAT_H

#include <datahall/time.h>

#include <stddef.h>
#include <stdint.h>

enum { DH_FORMAT_ROOM = 48 };

/* A value in a unit of models/state.def ("W", "degC", "s", "B/s", "USD", "1", …), scaled with its prefix,
 * about four digits; number and unit apart, so that they can be set in different sizes. An en dash for what
 * is not known. */
struct dh_figure {
    char number[24], unit[16];
};
struct dh_figure dh_figure_of(double value, const char *unit);
/* The same in one text. */
const char *dh_format(char room[static DH_FORMAT_ROOM], double value, const char *unit);

/* An instant of a run that began at start_unix_s: date and time of day, UTC, seconds only where with_s. */
const char *dh_format_instant(char room[static DH_FORMAT_ROOM], int64_t start_unix_s, dh_time at, int with_s);
/* A length of time: "45 s", "3 h 20 min", "12.5 d". */
const char *dh_format_span(char room[static DH_FORMAT_ROOM], double s);

/* Round steps for an axis over low … high with about n of them: 1, 2 or 5 times a power of ten. */
double dh_axis_step(double low, double high, int n);
/* Round steps of time, s: seconds to months. */
double dh_axis_time_step(double span_s, int n);

#endif
