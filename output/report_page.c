#include "output/report_page.h"

#include "sim/diag.h"

#include <math.h>
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

/* ---- writing ----------------------------------------------------------------------------------------------
 */

void dh_page_paint(struct dh_page *page, const char *code) {
    if (page->style.color)
        dh_text_printf(page->out, "\033[%sm", code);
}

static int columns_of(const char *s) {
    int n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

void dh_page_heading(struct dh_page *page, const char *title, const char *c1, const char *c2,
                     const char *c3) {
    dh_text_puts(page->out, "\n");
    dh_page_paint(page, "1");
    dh_text_printf(page->out, "%-*s", DH_PAGE_LABEL, title);
    dh_page_paint(page, "0;2");
    dh_text_printf(page->out, "%s%*s%*s%*s", "", c1 ? DH_PAGE_COLUMN : 0, c1 ? c1 : "",
                   c2 ? DH_PAGE_COLUMN : 0, c2 ? c2 : "", c3 ? DH_PAGE_COLUMN : 0, c3 ? c3 : "");
    dh_page_paint(page, "0");
    while (page->out->n > 0 && page->out->at[page->out->n - 1] == ' ')
        page->out->at[--page->out->n] = '\0';
    dh_text_puts(page->out, "\n");
}

void dh_page_label(struct dh_page *page, int depth, const char *name) {
    int pad = DH_PAGE_LABEL - 2 * depth - columns_of(name);
    dh_text_printf(page->out, "%*s%s%*s", 2 * depth, "", name, pad > 1 ? pad : 1, "");
}

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

/* A right-aligned cell "1,234.5 kWh"; an absent value leaves it blank. */
void dh_page_cell(struct dh_page *page, double v, int decimals, const char *unit) {
    char number[64], both[96];
    if (isnan(v)) {
        dh_text_printf(page->out, "%*s", DH_PAGE_COLUMN, "");
        return;
    }
    snprintf(both, sizeof both, "%s%s%s", dh_page_grouped(number, v, decimals), unit[0] ? " " : "", unit);
    int pad = DH_PAGE_COLUMN - columns_of(both);
    dh_text_printf(page->out, "%*s%s", pad > 0 ? pad : 1, "", both);
}

void dh_page_percent(struct dh_page *page, double share) {
    dh_page_cell(page, 100 * share, 1, "%");
}

void dh_page_end_line(struct dh_page *page) {
    while (page->out->n > 0 && page->out->at[page->out->n - 1] == ' ')
        page->out->at[--page->out->n] = '\0';
    dh_text_puts(page->out, "\n");
}

/* One name, one figure; nothing when it is absent. */
void dh_page_line(struct dh_page *page, const char *name, double v, int decimals, const char *unit) {
    if (isnan(v))
        return;
    dh_page_label(page, 1, name);
    dh_page_cell(page, v, decimals, unit);
    dh_page_end_line(page);
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

void dh_page_duration_cell(struct dh_page *page, double s) {
    char room[64];
    dh_text_printf(page->out, "%*s", DH_PAGE_COLUMN, isnan(s) ? "" : dh_page_duration(room, s));
}

void dh_page_wait_cell(struct dh_page *page, double s) {
    char room[64];
    dh_text_printf(page->out, "%*s", DH_PAGE_COLUMN, isnan(s) ? "" : dh_page_wait(room, s));
}

/* Text broken at blanks to the page's width, behind first at column at, later lines indented. */
void dh_page_wrapped(struct dh_page *page, int at, const char *first, int indent, const char *s) {
    at += columns_of(first);
    dh_text_puts(page->out, first);
    while (*s) {
        s += strspn(s, " ");
        if (!*s)
            break;
        size_t n = strcspn(s, " ");
        char word[256];
        snprintf(word, sizeof word, "%.*s", (int)n, s);
        int w = columns_of(word);
        if (at > indent && at + 1 + w > page->style.width) {
            dh_text_printf(page->out, "\n%*s", indent, "");
            at = indent;
        } else if (at > indent) {
            dh_text_puts(page->out, " ");
            at++;
        }
        dh_text_add(page->out, s, n);
        at += w;
        s += n;
    }
    dh_text_puts(page->out, "\n");
}
