/* A page on a terminal: figures in columns, wrapped text, colours where they are wanted. */
#include "output/report_page.h"

#include <stdio.h>
#include <string.h>

static const char *const colors[] = {
    [DH_TONE_GOOD] = "1;32", [DH_TONE_FAIR] = "1;33", [DH_TONE_BAD] = "1;31", [DH_TONE_FINE] = "2"};

static void paint(struct dh_page *page, const char *code) {
    if (page->style.color && code)
        dh_text_printf(page->out, "\033[%sm", code);
}

static void cut_blanks(struct dh_text *out) {
    while (out->n > 0 && out->at[out->n - 1] == ' ')
        out->at[--out->n] = '\0';
}

static void title(struct dh_page *page, const char *name, const char *about, const char *line) {
    paint(page, "1");
    dh_text_puts(page->out, name);
    paint(page, "0");
    if (about)
        dh_text_printf(page->out, ": %s", about);
    dh_text_printf(page->out, "\n%s\n\n", line);
}

/* Words behind `first`, which ends at a column. */
static void wrap(struct dh_page *page, int at, const char *first, int indent, const char *s) {
    bool begun = false;
    at += dh_page_columns(first);
    dh_text_puts(page->out, first);
    while (*s) {
        s += strspn(s, " ");
        if (!*s)
            break;
        size_t n = strcspn(s, " ");
        char word[256];
        snprintf(word, sizeof word, "%.*s", (int)n, s);
        int w = dh_page_columns(word);
        begun = begun || at > indent;
        if (begun && at + 1 + w > page->style.width) {
            dh_text_printf(page->out, "\n%*s", indent, "");
            at = indent;
        } else if (begun) {
            dh_text_puts(page->out, " ");
            at++;
        }
        begun = true;
        dh_text_add(page->out, s, n);
        at += w;
        s += n;
    }
    dh_text_puts(page->out, "\n");
}

static void verdict(struct dh_page *page, enum dh_tone tone, const char *word, const char *says) {
    paint(page, colors[tone]);
    dh_text_puts(page->out, word);
    paint(page, "0");
    wrap(page, (int)strlen(word), " ", 2, says);
}

static void glance(struct dh_page *page, const char *name, const char *says) {
    char first[16];
    snprintf(first, sizeof first, "  %-10s", name);
    wrap(page, 0, first, 12, says);
}

static void table(struct dh_page *page, const char *name, const char *const *columns, int n, bool sub) {
    bool bare = sub && !name[0]; /* heads alone */
    if (!bare) {
        dh_text_puts(page->out, "\n");
        paint(page, "1");
    } else {
        paint(page, "2");
    }
    dh_text_printf(page->out, "%*s%-*s", sub && !bare ? 2 : 0, "", page->label_width - (sub && !bare ? 2 : 0),
                   name);
    if (!bare)
        paint(page, "0;2");
    for (int c = 0; c < n; c++)
        dh_text_printf(page->out, "%*s", DH_PAGE_COLUMN, columns[c] ? columns[c] : "");
    paint(page, "0");
    cut_blanks(page->out);
    dh_text_puts(page->out, "\n");
}

static void label(struct dh_page *page, int depth, const char *name) {
    int room = page->label_width - 2 * depth, n = dh_page_columns(name);
    if (page->label_width < DH_PAGE_LABEL && n > room) { /* five columns behind it leave no more room */
        const char *end = name;
        for (n = 0; n < room; n++)
            for (end++; ((unsigned char)*end & 0xC0) == 0x80;)
                end++;
        dh_text_printf(page->out, "%*s%.*s", 2 * depth, "", (int)(end - name), name);
        return;
    }
    int pad = room - n;
    dh_text_printf(page->out, "%*s%s%*s", 2 * depth, "", name,
                   pad > 0                             ? pad
                   : page->label_width < DH_PAGE_LABEL ? 0
                                                       : 1,
                   "");
}

static void cell(struct dh_page *page, enum dh_tone tone, const char *text) {
    int pad = DH_PAGE_COLUMN - dh_page_columns(text);
    paint(page, colors[tone]);
    dh_text_printf(page->out, "%*s%s", pad > 0 ? pad : 1, "", text);
    if (colors[tone])
        paint(page, "0");
    page->n_cell++;
}

static void note(struct dh_page *page, const char *text) {
    dh_text_printf(page->out, "%s%s", page->n_cell > 0 ? "   " : "", text);
}

static void end_line(struct dh_page *page) {
    cut_blanks(page->out);
    dh_text_puts(page->out, "\n");
    page->n_cell = 0;
}

static void group(struct dh_page *page, const char *name) {
    dh_text_printf(page->out, "  %s\n", name);
}

static void wrapped(struct dh_page *page, enum dh_tone tone, const char *first, int indent, const char *s) {
    paint(page, colors[tone]);
    wrap(page, 0, first, indent, s);
    if (colors[tone])
        paint(page, "0");
}

static void end(struct dh_page *page) {
    (void)page;
}

const struct dh_page_form dh_page_form_text = {title, verdict,  glance, table,   label, cell,
                                               note,  end_line, group,  wrapped, end};
