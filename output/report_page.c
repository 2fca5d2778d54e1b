#include "output/report_page.h"

#include "sim/diag.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

double dh_page_value(const struct dh_page *page, const char *key) {
    return dh_summary_value(page->summary, key);
}

const char *dh_page_text(struct dh_page *page, const char *key) {
    const struct dh_summary_entry *entry = dh_summary_find(page->summary, key);
    return entry && entry->kind == DH_SUMMARY_TEXT && entry->text[0]
               ? dh_text_escape(&page->mem, entry->text, strlen(entry->text))
               : NULL;
}

/* Key of row i of a list: "constraints.3.name". */
static const char *list_key(char key[static 96], const char *list, int i, const char *member) {
    snprintf(key, 96, "%s.%d.%s", list, i, member);
    return key;
}

double dh_page_list_value(const struct dh_page *page, const char *list, int i, const char *member) {
    char key[96];
    return dh_page_value(page, list_key(key, list, i, member));
}

const char *dh_page_list_text(struct dh_page *page, const char *list, int i, const char *member) {
    char key[96];
    return dh_page_text(page, list_key(key, list, i, member));
}

/* ---- figures ----------------------------------------------------------------------------------------------
 */

/* "12,345.6": decimals fixed, a comma every three digits. */
const char *dh_page_grouped(char room[static 64], double v, int decimals) {
    char plain[48];
    if (!isfinite(v) || fabs(v) >= 1e15) {
        snprintf(room, 64, "%.6g", v);
        return room;
    }
    snprintf(plain, sizeof plain, "%.*f", decimals, v);
    if (strspn(plain, "-0.") == strlen(plain) && plain[0] == '-')
        memmove(plain, plain + 1, strlen(plain)); /* no -0.0 */
    size_t sign = plain[0] == '-', digits = strcspn(plain + sign, "."), n = 0;
    for (size_t i = 0; plain[i]; i++) {
        if (i > sign && i < sign + digits && (digits - (i - sign)) % 3 == 0)
            room[n++] = ',';
        room[n++] = plain[i];
    }
    room[n] = '\0';
    return room;
}

/* Durations in the unit that a planner would say. */
const char *dh_page_duration(char room[static 64], double s) {
    char number[64];
    if (isnan(s))
        snprintf(room, 64, "-");
    else if (s == 0)
        snprintf(room, 64, "0 s");
    else if (s < 0.9995)
        snprintf(room, 64, "%s ms", dh_page_grouped(number, 1e3 * s, 1));
    else if (s < 120)
        snprintf(room, 64, "%s s", dh_page_grouped(number, s, 1));
    else if (s < 2 * 3600)
        snprintf(room, 64, "%s min", dh_page_grouped(number, s / 60, 1));
    else if (s < 3 * 86400)
        snprintf(room, 64, "%s h", dh_page_grouped(number, s / 3600, 1));
    else
        snprintf(room, 64, "%s d", dh_page_grouped(number, s / 86400, 1));
    return room;
}

const char *dh_page_wait(char room[static 64], double s) {
    if (s > 0 && s < 0.05)
        snprintf(room, 64, "under 0.1 s");
    else if (s > 0 && s < 0.95)
        snprintf(room, 64, "%.1f s", s);
    else
        dh_page_duration(room, s);
    return room;
}

const char *dh_page_short(char room[static 64], double v, const char *const units[4]) {
    char number[64];
    int u = 0;
    for (; fabs(v) >= 999.95 && u < 3; u++)
        v /= 1000;
    snprintf(room, 64, "%s %s",
             dh_page_grouped(number, v,
                             fabs(v) < 10    ? 3
                             : fabs(v) < 100 ? 2
                                             : 1),
             units[u]);
    return room;
}

int dh_page_columns(const char *s) {
    int n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

/* ---- writing ----------------------------------------------------------------------------------------------
 */

void dh_page_heading(struct dh_page *page, const char *title, const char *c1, const char *c2,
                     const char *c3) {
    const char *columns[3] = {c1, c2, c3};
    int n = c3 ? 3 : c2 ? 2 : c1 ? 1 : 0;
    page->label_width = DH_PAGE_LABEL;
    page->form->table(page, title, columns, n, false);
}

void dh_page_wide(struct dh_page *page, const char *title, const char *const columns[static 5], bool sub) {
    page->label_width = DH_PAGE_NARROW;
    page->form->table(page, title, columns, 5, sub);
}

void dh_page_label(struct dh_page *page, int depth, const char *name) {
    page->form->label(page, depth, name ? name : "");
}

void dh_page_text_cell(struct dh_page *page, enum dh_tone tone, const char *text) {
    page->form->cell(page, tone, text ? text : "");
}

void dh_page_cell(struct dh_page *page, double v, int decimals, const char *unit) {
    char number[64], both[96] = "";
    unit = dh_page_unit(page, &v, unit);
    if (!isnan(v))
        snprintf(both, sizeof both, "%s%s%s", dh_page_grouped(number, v, decimals), unit[0] ? " " : "", unit);
    page->form->cell(page, DH_TONE_PLAIN, both);
}

void dh_page_percent(struct dh_page *page, double share) {
    dh_page_cell(page, 100 * share, 1, "%");
}

void dh_page_duration_cell(struct dh_page *page, double s) {
    char room[64];
    page->form->cell(page, DH_TONE_PLAIN, isnan(s) ? "" : dh_page_duration(room, s));
}

void dh_page_wait_cell(struct dh_page *page, double s) {
    char room[64];
    page->form->cell(page, DH_TONE_PLAIN, isnan(s) ? "" : dh_page_wait(room, s));
}

enum { LONGEST = 1024 };

void dh_page_note(struct dh_page *page, const char *format, ...) {
    char text[LONGEST];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    page->form->note(page, text);
}

void dh_page_end_line(struct dh_page *page) {
    page->form->end_line(page);
}

void dh_page_line(struct dh_page *page, const char *name, double v, int decimals, const char *unit) {
    if (isnan(v))
        return;
    dh_page_label(page, 1, name);
    dh_page_cell(page, v, decimals, unit);
    dh_page_end_line(page);
}

void dh_page_fact(struct dh_page *page, const char *name, const char *format, ...) {
    char text[LONGEST];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    dh_page_label(page, 1, name);
    page->form->note(page, text);
    dh_page_end_line(page);
}

void dh_page_group(struct dh_page *page, const char *name) {
    page->form->group(page, name);
}

void dh_page_wrapped(struct dh_page *page, enum dh_tone tone, const char *first, int indent, const char *s) {
    page->form->wrapped(page, tone, first, indent, s);
}

void dh_page_says(struct dh_page *page, const char *format, ...) {
    char text[LONGEST];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    page->form->wrapped(page, DH_TONE_PLAIN, "  ", 2, text);
}
