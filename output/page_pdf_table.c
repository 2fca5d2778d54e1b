/* Tables on pages. Columns are as wide as what they hold; where that is too much letters become smaller, and
 * then cells take more lines. Notes stand behind the cells, or below them where there is no room. */
#include "output/page_pdf_table.h"

#include "output/pdf_svg.h"
#include "output/svg.h"

#include <math.h>
#include <string.h>

enum {
    PAD = 10,
    INDENT = 12,
    NOTE = 110,
    ONE = 90
}; /* between columns; a depth; least width of notes; room of a lone column */

struct layout {
    double size, width, label, cells[DH_PDF_COLUMNS], note; /* widths; width: of all */
    bool note_below, any_note;
};

static double longest_word(const char *text, double size, bool bold) {
    double most = 0;
    while (*text) {
        char word[64];
        size_t n = strcspn(text, " "), kept = n < sizeof word - 1 ? n : sizeof word - 1;
        memcpy(word, text, kept);
        word[kept] = '\0';
        most = fmax(most, dh_svg_width(word, size, bold));
        text += n + strspn(text + n, " ");
    }
    return most;
}

static double indent_of(const struct dh_pdf_row *row) {
    return row->depth > 1 ? (row->depth - 1) * (double)INDENT : 0;
}

/* What notes do not need goes to heads, so that they stand on one line. */
static void widen_heads(struct layout *l, const struct dh_pdf_doc *doc, double *left) {
    double note = 0;
    for (int32_t i = 0; i < doc->n_row; i++)
        if (doc->rows[i].note && doc->rows[i].n_cell > 0)
            note = fmax(note, dh_svg_width(doc->rows[i].note, l->size, false) + PAD);
    for (int c = 0; c < doc->n_column; c++) {
        double more = dh_svg_width(doc->columns[c], l->size, false) - l->cells[c];
        if (more <= 0 || l->cells[c] <= 0 || more > *left - note)
            continue;
        l->cells[c] += more;
        *left -= more;
    }
    if (l->note > 0)
        l->note = *left;
}

/* Widths at a size of letters; narrow: cells may break at blanks. Returns what is left over. */
static double measure(struct layout *l, const struct dh_pdf_doc *doc, double size, bool narrow) {
    double note = 0;
    *l = (struct layout){.size = size};
    for (int c = 0; c < doc->n_column; c++)
        l->cells[c] = longest_word(doc->columns[c], size, false);
    for (int32_t i = 0; i < doc->n_row; i++) {
        const struct dh_pdf_row *row = &doc->rows[i];
        if (row->kind == DH_PDF_GROUP)
            continue;
        l->label = fmax(l->label, dh_svg_width(row->label, size, false) + indent_of(row));
        for (int c = 0; c < row->n_cell; c++)
            l->cells[c] = fmax(l->cells[c], narrow ? longest_word(row->cells[c], size, false)
                                                   : dh_svg_width(row->cells[c], size, false));
        if (row->note && row->n_cell > 0) {
            note = fmax(note, dh_svg_width(row->note, size, false));
            l->any_note = true;
        }
    }
    l->label = fmin(l->label, DH_PDF_INSIDE * (narrow ? 0.26 : 0.42));
    double left = DH_PDF_INSIDE - l->label;
    for (int c = 0; c < DH_PDF_COLUMNS; c++)
        if (l->cells[c] > 0)
            left -= l->cells[c] + PAD;
    l->note_below = l->any_note && left < fmin(note + PAD, NOTE);
    l->note = l->any_note && !l->note_below ? left : 0;
    return left;
}

static void lay_out(struct layout *l, const struct dh_pdf_doc *doc) {
    for (double size = 8.5; size >= 6.5; size -= 0.5) {
        double left = measure(l, doc, size, false);
        if (left >= (size > 7.5 && l->any_note ? fmin(NOTE, left) : 0) && left >= 0 &&
            !(l->note_below && size > 7.5))
            break;
    }
    double left = measure(l, doc, l->size, false);
    if (left < 0)
        left = measure(l, doc, l->size, true);
    int n = 0;
    double sum = 0;
    widen_heads(l, doc, &left);
    for (int c = 0; c < DH_PDF_COLUMNS; c++) {
        n += l->cells[c] > 0;
        sum += l->cells[c];
    }
    l->width = DH_PDF_INSIDE;
    if (n == 1 && !l->any_note && left > ONE) { /* a figure far from its name is hard to read */
        l->width -= left - ONE;
        left = ONE;
    }
    for (int c = 0; c < DH_PDF_COLUMNS && n > 0; c++)
        if (l->cells[c] > 0 && left < 0) /* words are cut */
            l->cells[c] += left * l->cells[c] / sum;
        else if (l->cells[c] > 0 && l->note == 0)
            l->cells[c] += left / n;
}

/* Draws text in lines of a width, or only counts them (pdf NULL). Returns how many. */
static int lines(struct dh_pdf *pdf, double x, double y, double width, const struct layout *l, bool right,
                 dh_rgb color, const char *text) {
    int count = 0;
    while (*text) {
        size_t n = dh_pdf_line_end(text, l->size, false, width);
        if (pdf) {
            char line[400];
            size_t kept = n < sizeof line - 1 ? n : sizeof line - 1;
            memcpy(line, text, kept);
            line[kept] = '\0';
            double at = right ? x + width - dh_svg_width(line, l->size, false) : x;
            dh_pdf_text(pdf, at, y + l->size + count * l->size * 1.25, l->size, false, color, text, n);
        }
        text += n + strspn(text + n, " ");
        count++;
    }
    return count;
}

/* ---- rows -------------------------------------------------------------------------------------------------
 */

static double put_heads(struct dh_pdf_doc *doc, const struct layout *l, bool draw) {
    double x = DH_PDF_MARGIN + l->label;
    int most = 0;
    for (int pass = 0; pass < (draw ? 2 : 1); pass++, x = DH_PDF_MARGIN + l->label)
        for (int c = 0; c < doc->n_column; c++) {
            double width = l->cells[c];
            if (width <= 0)
                continue;
            int n = lines(NULL, 0, 0, width, l, true, 0, doc->columns[c]);
            if (pass == 1) /* heads of one line stand at the bottom of the row */
                lines(&doc->pdf, x + PAD, doc->y + (most - n) * l->size * 1.25, width, l, true, DH_PAPER_FINE,
                      doc->columns[c]);
            most = n > most ? n : most;
            x += width + PAD;
        }
    double high = most > 0 ? most * l->size * 1.25 + 4 : 0;
    if (draw && most > 0) {
        doc->y += high;
        dh_pdf_line(&doc->pdf, DH_PDF_MARGIN, doc->y, DH_PDF_MARGIN + l->width, doc->y, 0.6, DH_PAPER_FINE);
    }
    return high;
}

/* Height of a row; draws it where pdf is not NULL. */
static double put_row(struct dh_pdf_doc *doc, const struct layout *l, const struct dh_pdf_row *row,
                      struct dh_pdf *pdf) {
    double y = doc->y + 2, x = DH_PDF_MARGIN, line = l->size * 1.25;
    if (row->kind == DH_PDF_GROUP) {
        if (pdf)
            dh_pdf_text(pdf, x, y + l->size + 4, l->size, true, DH_PAPER_TEXT, row->label,
                        strlen(row->label));
        return line + 8;
    }
    double in = indent_of(row);
    dh_rgb color = row->depth > 1 ? DH_PAPER_FINE : DH_PAPER_TEXT;
    bool alone = row->n_cell == 0 && !row->note; /* nothing beside it */
    int most = lines(pdf, x + in, y, (alone ? DH_PDF_INSIDE : l->label) - in, l, false, color, row->label);
    x += l->label;
    for (int c = 0; c < row->n_cell; c++) {
        int n = lines(pdf, x + PAD, y, l->cells[c], l, true,
                      row->tones[c] == DH_TONE_BAD ? DH_PAPER_BAD : DH_PAPER_TEXT, row->cells[c]);
        most = n > most ? n : most;
        if (l->cells[c] > 0)
            x += l->cells[c] + PAD;
    }
    for (int c = row->n_cell; c < DH_PDF_COLUMNS && row->n_cell > 0; c++)
        if (l->cells[c] > 0)
            x += l->cells[c] + PAD;
    double high = most * line;
    if (row->note && row->n_cell == 0) { /* instead of cells */
        double width = DH_PDF_MARGIN + DH_PDF_INSIDE - x - PAD;
        int n = lines(pdf, x + PAD, y, width, l, false, DH_PAPER_TEXT, row->note);
        high = fmax(high, n * line);
    } else if (row->note && l->note_below) {
        y += high;
        high += line * lines(pdf, DH_PDF_MARGIN + INDENT, y, DH_PDF_INSIDE - INDENT, l, false, DH_PAPER_FINE,
                             row->note);
    } else if (row->note) {
        int n = lines(pdf, x + PAD, y, l->note - PAD, l, false, DH_PAPER_TEXT, row->note);
        high = fmax(high, n * line);
    }
    return high + 4;
}

void dh_pdf_table(struct dh_pdf_doc *doc) {
    struct layout l;
    const struct dh_pdf_row *group = NULL;
    lay_out(&l, doc);
    double heads = put_heads(doc, &l, false);
    for (int32_t i = 0; i < doc->n_row; i++) {
        const struct dh_pdf_row *row = &doc->rows[i];
        double need = put_row(doc, &l, row, NULL);
        bool leads = row->kind == DH_PDF_GROUP;
        group = leads ? row : group;
        if (i == 0)
            need += heads;
        if ((i == 0 || leads) && i + 1 < doc->n_row) /* never alone at a page's end */
            need += put_row(doc, &l, &doc->rows[i + 1], NULL);
        if (i + 2 == doc->n_row) /* nor the last one on the next page */
            need += put_row(doc, &l, &doc->rows[i + 1], NULL);
        int32_t before = doc->pdf.n_page;
        dh_pdf_room(doc, fmin(need, DH_PDF_BOTTOM - DH_PDF_TOP - heads));
        bool turned = doc->pdf.n_page != before;
        if (i == 0 || turned)
            put_heads(doc, &l, true);
        if (turned && i > 0 && group && !leads && row->depth > 0) { /* whose rows these are */
            doc->y += put_row(doc, &l, group, &doc->pdf);
        }
        double high = put_row(doc, &l, row, &doc->pdf);
        doc->y += high;
        dh_pdf_line(&doc->pdf, DH_PDF_MARGIN, doc->y, DH_PDF_MARGIN + l.width, doc->y, 0.3, DH_PAPER_RULE);
    }
    doc->y += 4;
}
