/* Collects what sections put, and hands finished blocks to the layout of tables (page_pdf_table.c). */
#include "output/page_pdf.h"

#include "output/page_pdf_table.h"
#include "output/pdf_svg.h"
#include "output/svg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADING = 26, SUB = 18 }; /* pt that headings take */

static struct dh_pdf_doc *doc_of(struct dh_page *page) {
    return page->doc;
}

static const char *keep(struct dh_page *page, const char *text) {
    const char *kept = dh_arena_strdup(&page->mem, text ? text : "");
    if (!kept)
        doc_of(page)->failed = true;
    return kept ? kept : "";
}

static dh_rgb color_of(enum dh_tone tone) {
    return tone == DH_TONE_GOOD   ? DH_PAPER_GOOD
           : tone == DH_TONE_FAIR ? DH_PAPER_FAIR
           : tone == DH_TONE_BAD  ? DH_PAPER_BAD
           : tone == DH_TONE_FINE ? DH_PAPER_FINE
                                  : DH_PAPER_TEXT;
}

/* ---- room on pages ----------------------------------------------------------------------------------------
 */

void dh_pdf_turn(struct dh_pdf_doc *doc) {
    char room[200];
    dh_pdf_page(&doc->pdf);
    doc->y = DH_PDF_TOP;
    if (doc->pdf.n_page > 1 && doc->header) {
        const char *text = dh_svg_fit(room, sizeof room, doc->header, 7.5, DH_PDF_INSIDE);
        dh_pdf_text(&doc->pdf, DH_PDF_MARGIN, DH_PDF_MARGIN - 8, 7.5, false, DH_PAPER_FINE, text,
                    strlen(text));
    }
}

void dh_pdf_room(struct dh_pdf_doc *doc, double height) {
    double all = height + (doc->section ? HEADING : 0) + (doc->sub ? SUB : 0);
    if (doc->pdf.n_page == 0 || (doc->y + all > DH_PDF_BOTTOM && doc->y > DH_PDF_TOP))
        dh_pdf_turn(doc);
    if (doc->section) {
        const char *name = doc->section;
        double y = doc->y + (doc->y > DH_PDF_TOP ? 8 : 0);
        dh_pdf_mark(&doc->pdf, name, y);
        dh_pdf_line(&doc->pdf, DH_PDF_MARGIN, y, DH_PDF_MARGIN + DH_PDF_INSIDE, y, 1.2, DH_PAPER_TEXT);
        dh_pdf_text(&doc->pdf, DH_PDF_MARGIN, y + 12, 9.5, true, DH_PAPER_TEXT, name, strlen(name));
        doc->y = y + HEADING - 8;
        doc->section = NULL;
    }
    if (doc->sub) {
        dh_pdf_text(&doc->pdf, DH_PDF_MARGIN, doc->y + 12, 9, true, DH_PAPER_TEXT, doc->sub,
                    strlen(doc->sub));
        doc->y += SUB;
        doc->sub = NULL;
    }
}

size_t dh_pdf_line_end(const char *text, double size, bool bold, double width) {
    size_t fits = 0;
    double at = 0;
    for (size_t i = 0; text[i];) {
        size_t n = 1;
        while (((unsigned char)text[i + n] & 0xC0) == 0x80)
            n++;
        char one[8] = {0};
        memcpy(one, text + i, n < sizeof one ? n : sizeof one - 1);
        at += dh_svg_width(one, size, bold);
        if (at > width + 1e-6) {
            if (text[i] == ' ')
                return i;
            return fits > 0 ? fits : i > 0 ? i : n; /* a word that is wider is cut */
        }
        if (text[i] == ' ')
            fits = i;
        i += n;
    }
    return strlen(text);
}

/* ---- paragraphs, pictures, tiles --------------------------------------------------------------------------
 */

/* Wrapped text at x; a page's end may lie between its lines, but never behind the first or before the last.
 */
static void paragraph(struct dh_pdf_doc *doc, double x, double width, double size, bool bold, dh_rgb color,
                      const char *text) {
    while (*text) {
        size_t n = dh_pdf_line_end(text, size, bold, width);
        const char *rest = text + n + strspn(text + n, " ");
        size_t after = dh_pdf_line_end(rest, size, bold, width);
        bool pair = *rest && !rest[after]; /* the last two stay together */
        dh_pdf_room(doc, size * 1.35 * (pair ? 2 : 1));
        dh_pdf_text(&doc->pdf, x, doc->y + size, size, bold, color, text, n);
        doc->y += size * 1.35;
        text = rest;
    }
}

static void put_chart(struct dh_pdf_doc *doc, const char *svg) {
    double width, height;
    for (const char *at = strstr(svg, "<svg"); at; at = strstr(at + 1, "<svg")) {
        if (!dh_pdf_svg_size(at, &width, &height))
            continue;
        double scale = DH_PDF_INSIDE / width;
        dh_pdf_room(doc, height * scale + 10);
        dh_pdf_svg(&doc->pdf, at, DH_PDF_MARGIN, doc->y + 4, scale);
        doc->y += height * scale + 10;
    }
}

static void put_tiles(struct dh_pdf_doc *doc) {
    enum { PER_LINE = 5, HIGH = 46, GAP = 6 };
    double wide = (DH_PDF_INSIDE - (PER_LINE - 1) * GAP) / PER_LINE;
    int32_t n = doc->n_tile;
    doc->n_tile = 0;
    for (int32_t i = 0; i < n; i++) {
        const struct dh_pdf_tile *t = &doc->tiles[i];
        char room[160];
        if (i % PER_LINE == 0)
            dh_pdf_room(doc, HIGH + GAP);
        double x = DH_PDF_MARGIN + (wide + GAP) * (i % PER_LINE), size = 13;
        dh_pdf_rect(&doc->pdf, x, doc->y, wide, HIGH, DH_PAPER_SOFT);
        const char *name = dh_svg_fit(room, sizeof room, t->name, 7, wide - 12);
        dh_pdf_text(&doc->pdf, x + 6, doc->y + 11, 7, false, DH_PAPER_FINE, name, strlen(name));
        while (size > 6 && dh_svg_width(t->value, size, true) > wide - 12)
            size -= 0.5;
        dh_pdf_text(&doc->pdf, x + 6, doc->y + 27, size, true, DH_PAPER_TEXT, t->value, strlen(t->value));
        if (!isnan(t->share)) {
            double share = fmin(fmax(t->share, 0), 1);
            snprintf(room, sizeof room, "%.1f %% of the limit", 100 * t->share);
            dh_pdf_rect(&doc->pdf, x + 6, doc->y + 31, wide - 12, 3, DH_PAPER_RULE);
            dh_pdf_rect(&doc->pdf, x + 6, doc->y + 31, (wide - 12) * share, 3,
                        t->share > 0.95 ? DH_PAPER_FAIR : DH_PAPER_GOOD);
            dh_pdf_text(&doc->pdf, x + 6, doc->y + 42, 6.5, false, DH_PAPER_FINE, room, strlen(room));
        }
        if (i % PER_LINE == PER_LINE - 1 || i + 1 == n)
            doc->y += HIGH + GAP;
    }
    doc->y += 4;
}

/* What waits comes before what is next. */
static void flush(struct dh_page *page) {
    struct dh_pdf_doc *doc = doc_of(page);
    if (doc->n_tile > 0)
        put_tiles(doc);
    if (doc->n_row > 0) {
        dh_pdf_table(doc);
        doc->n_row = 0;
    }
}

/* ---- the form
 * ----------------------------------------------------------------------------------------------- */

static void title(struct dh_page *page, const char *name, const char *about, const char *line) {
    struct dh_pdf_doc *doc = doc_of(page);
    doc->header = keep(page, name);
    dh_pdf_room(doc, 60);
    paragraph(doc, DH_PDF_MARGIN, DH_PDF_INSIDE, 19, true, DH_PAPER_TEXT, doc->header);
    paragraph(doc, DH_PDF_MARGIN, DH_PDF_INSIDE, 11, false, DH_PAPER_TEXT, keep(page, about));
    paragraph(doc, DH_PDF_MARGIN, DH_PDF_INSIDE, 8.5, false, DH_PAPER_FINE, keep(page, line));
    doc->y += 8;
}

static void verdict(struct dh_page *page, enum dh_tone tone, const char *word, const char *says) {
    struct dh_pdf_doc *doc = doc_of(page);
    const double size = 10.5, inside = DH_PDF_INSIDE - 24;
    double first = dh_svg_width(word, size, true) + 6;
    int32_t lines = 1;
    size_t begin = dh_pdf_line_end(says, size, false, inside - first);
    for (const char *at = says + begin + strspn(says + begin, " "); *at; lines++) {
        size_t n = dh_pdf_line_end(at, size, false, inside);
        at += n + strspn(at + n, " ");
    }
    double high = lines * size * 1.35 + 14;
    dh_pdf_room(doc, high + 10);
    dh_pdf_rect(&doc->pdf, DH_PDF_MARGIN, doc->y, DH_PDF_INSIDE, high, DH_PAPER_SOFT);
    dh_pdf_rect(&doc->pdf, DH_PDF_MARGIN, doc->y, 4, high, color_of(tone));
    double y = doc->y + 7 + size, x = DH_PDF_MARGIN + 14;
    dh_pdf_text(&doc->pdf, x, y, size, true, color_of(tone), word, strlen(word));
    dh_pdf_text(&doc->pdf, x + first, y, size, false, DH_PAPER_TEXT, says, begin);
    for (const char *at = says + begin + strspn(says + begin, " "); *at;) {
        size_t n = dh_pdf_line_end(at, size, false, inside);
        y += size * 1.35;
        dh_pdf_text(&doc->pdf, x, y, size, false, DH_PAPER_TEXT, at, n);
        at += n + strspn(at + n, " ");
    }
    doc->y += high + 10;
}

static void glance(struct dh_page *page, const char *name, const char *says) {
    struct dh_pdf_doc *doc = doc_of(page);
    flush(page);
    dh_pdf_room(doc, 30);
    dh_pdf_text(&doc->pdf, DH_PDF_MARGIN, doc->y + 9, 9, true, DH_PAPER_TEXT, name, strlen(name));
    paragraph(doc, DH_PDF_MARGIN + 58, DH_PDF_INSIDE - 58, 9, false, DH_PAPER_TEXT, says);
    doc->y += 2;
    dh_pdf_line(&doc->pdf, DH_PDF_MARGIN, doc->y, DH_PDF_MARGIN + DH_PDF_INSIDE, doc->y, 0.4, DH_PAPER_RULE);
    doc->y += 2;
}

static void table(struct dh_page *page, const char *name, const char *const *columns, int n, bool sub) {
    struct dh_pdf_doc *doc = doc_of(page);
    flush(page);
    if (name[0] && sub)
        doc->sub = keep(page, name);
    else if (name[0])
        doc->section = keep(page, name);
    doc->n_column = n < DH_PDF_COLUMNS ? n : DH_PDF_COLUMNS;
    page->n_column = doc->n_column;
    for (int c = 0; c < doc->n_column; c++)
        doc->columns[c] = keep(page, columns[c]);
    if (name[0] && !sub && doc->chart.n > 0) {
        put_chart(doc, doc->chart.at);
        doc->failed = doc->failed || doc->chart.failed;
        dh_text_free(&doc->chart);
        doc->chart = (struct dh_text){0};
    }
}

static struct dh_pdf_row *add_row(struct dh_page *page) {
    struct dh_pdf_doc *doc = doc_of(page);
    if (doc->n_row == doc->n_row_room) {
        int32_t room = doc->n_row_room > 0 ? 2 * doc->n_row_room : 64;
        struct dh_pdf_row *grown = realloc(doc->rows, (size_t)room * sizeof *grown);
        if (!grown) {
            doc->failed = true;
            return NULL;
        }
        doc->rows = grown;
        doc->n_row_room = room;
    }
    struct dh_pdf_row *row = &doc->rows[doc->n_row++];
    *row = (struct dh_pdf_row){0};
    return row;
}

static struct dh_pdf_row *last_row(struct dh_page *page) {
    struct dh_pdf_doc *doc = doc_of(page);
    return doc->n_row > 0 ? &doc->rows[doc->n_row - 1] : NULL;
}

static void label(struct dh_page *page, int depth, const char *name) {
    while (*name == ' ') { /* names that indent themselves */
        name++;
        depth = 2;
    }
    struct dh_pdf_row *row = add_row(page);
    if (!row)
        return;
    row->depth = depth;
    row->label = keep(page, name);
}

static void cell(struct dh_page *page, enum dh_tone tone, const char *text) {
    struct dh_pdf_row *row = last_row(page);
    if (!row || row->n_cell == DH_PDF_COLUMNS)
        return;
    row->tones[row->n_cell] = tone;
    row->cells[row->n_cell++] = keep(page, text);
}

static void note(struct dh_page *page, const char *text) {
    struct dh_pdf_row *row = last_row(page);
    if (row)
        row->note = keep(page, text);
}

static void end_line(struct dh_page *page) {
    (void)page;
}

static void group(struct dh_page *page, const char *name) {
    struct dh_pdf_row *row = add_row(page);
    if (!row)
        return;
    row->kind = DH_PDF_GROUP;
    row->label = keep(page, name);
}

static void wrapped(struct dh_page *page, enum dh_tone tone, const char *first, int indent, const char *s) {
    struct dh_pdf_doc *doc = doc_of(page);
    const double size = 8.5;
    (void)indent;
    flush(page);
    while (*first == ' ')
        first++;
    doc->y += 3;
    if (*first) {
        double width = dh_svg_width(first, size, true);
        bool beside = width < DH_PDF_INSIDE / 2;
        dh_pdf_room(doc, size * 2.7);
        if (beside) {
            double x = DH_PDF_MARGIN + width + 5;
            size_t n = dh_pdf_line_end(s, size, false, DH_PDF_INSIDE - width - 5);
            dh_pdf_text(&doc->pdf, DH_PDF_MARGIN, doc->y + size, size, true, color_of(tone), first,
                        strlen(first));
            dh_pdf_text(&doc->pdf, x, doc->y + size, size, false, DH_PAPER_TEXT, s, n);
            doc->y += size * 1.35;
            s += n + strspn(s + n, " ");
        } else {
            paragraph(doc, DH_PDF_MARGIN, DH_PDF_INSIDE, size, true, color_of(tone), first);
        }
    }
    paragraph(doc, DH_PDF_MARGIN + (*first ? 12 : 0), DH_PDF_INSIDE - (*first ? 12 : 0), size, false,
              *first ? DH_PAPER_TEXT : color_of(tone), s);
    doc->y += 2;
}

static void end(struct dh_page *page) {
    struct dh_pdf_doc *doc = doc_of(page);
    flush(page);
    if (doc->section || doc->sub)
        dh_pdf_room(doc, 0);
    doc->n_column = 0;
}

static void chart(struct dh_page *page, const struct dh_text *svg) {
    struct dh_pdf_doc *doc = doc_of(page);
    flush(page);
    if (svg->n > 0 && !svg->failed)
        put_chart(doc, svg->at);
    doc->failed = doc->failed || svg->failed;
}

static void tile(struct dh_page *page, const char *name, const char *value, double share) {
    struct dh_pdf_doc *doc = doc_of(page);
    if (doc->n_tile < DH_PDF_TILES)
        doc->tiles[doc->n_tile++] = (struct dh_pdf_tile){keep(page, name), keep(page, value), share};
}

const struct dh_page_form dh_page_form_pdf = {
    .title = title,
    .verdict = verdict,
    .glance = glance,
    .table = table,
    .label = label,
    .cell = cell,
    .note = note,
    .end_line = end_line,
    .group = group,
    .wrapped = wrapped,
    .end = end,
    .chart = chart,
    .tile = tile,
};

enum dh_err dh_page_pdf_write(struct dh_page *page, const char *title_text, struct dh_text *out) {
    struct dh_pdf_doc *doc = doc_of(page);
    end(page);
    for (int32_t i = 0; i < doc->pdf.n_page; i++) {
        char text[64];
        doc->pdf.at = i;
        snprintf(text, sizeof text, "page %d of %d", (int)i + 1, (int)doc->pdf.n_page);
        dh_pdf_text(&doc->pdf, DH_PDF_MARGIN + DH_PDF_INSIDE - dh_svg_width(text, 7.5, false),
                    DH_PDF_HEIGHT - DH_PDF_MARGIN + 14, 7.5, false, DH_PAPER_FINE, text, strlen(text));
    }
    enum dh_err err = doc->failed ? DH_ERR_MEMORY : dh_pdf_write(&doc->pdf, title_text, out);
    dh_pdf_free(&doc->pdf);
    dh_text_free(&doc->chart);
    free(doc->rows);
    *doc = (struct dh_pdf_doc){0};
    return err;
}
