#include "output/pdf.h"

#include <datahall/datahall.h>

#include <libdeflate.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- drawing --------------------------------------------------------------------------------------------
 */

static struct dh_text *page(struct dh_pdf *pdf) {
    return pdf->failed || pdf->n_page == 0 ? NULL : &pdf->pages[pdf->at];
}

void dh_pdf_page(struct dh_pdf *pdf) {
    if (pdf->failed)
        return;
    if (pdf->n_page == pdf->n_room) {
        int32_t room = pdf->n_room > 0 ? 2 * pdf->n_room : 16;
        struct dh_text *grown = realloc(pdf->pages, (size_t)room * sizeof *grown);
        if (!grown) {
            pdf->failed = true;
            return;
        }
        pdf->pages = grown;
        pdf->n_room = room;
    }
    pdf->at = pdf->n_page++;
    pdf->pages[pdf->at] = (struct dh_text){0};
}

void dh_pdf_mark(struct dh_pdf *pdf, const char *name, double y) {
    if (pdf->n_mark == DH_PDF_MARKS)
        return;
    snprintf(pdf->marks[pdf->n_mark].name, sizeof pdf->marks->name, "%s", name);
    pdf->marks[pdf->n_mark].page = pdf->at;
    pdf->marks[pdf->n_mark++].y = y;
}

/* Hundredths, whatever the locale. */
static void put(struct dh_text *out, double v) {
    long hundredths = lround(v * 100), whole = labs(hundredths) / 100, rest = labs(hundredths) % 100;
    dh_text_printf(out, "%s%ld", hundredths < 0 ? "-" : "", whole);
    if (rest != 0)
        dh_text_printf(out, rest % 10 == 0 ? ".%ld" : ".%02ld", rest % 10 == 0 ? rest / 10 : rest);
    dh_text_puts(out, " ");
}

static void put_point(struct dh_text *out, double x, double y) {
    put(out, x);
    put(out, DH_PDF_HEIGHT - y);
}

static void put_color(struct dh_text *out, dh_rgb color, const char *operator) {
    for (int shift = 16; shift >= 0; shift -= 8)
        put(out, (double)(color >> shift & 255) / 255);
    dh_text_printf(out, "%s\n", operator);
}

/* The next character of UTF-8, '?' for what is none. */
static uint32_t next(const char **at, const char *end) {
    const unsigned char *s = (const unsigned char *)*at;
    int more = s[0] < 0x80 ? 0 : s[0] >= 0xF0 ? 3 : s[0] >= 0xE0 ? 2 : s[0] >= 0xC0 ? 1 : -1;
    uint32_t c = more <= 0 ? s[0] : s[0] & (0x3Fu >> more);
    (*at)++;
    if (more < 0)
        return '?';
    for (int i = 0; i < more; i++) {
        if (*at >= end || ((unsigned char)**at & 0xC0) != 0x80)
            return '?';
        c = c << 6 | ((unsigned char)**at & 0x3F);
        (*at)++;
    }
    return c;
}

/* Code in WinAnsiEncoding (ISO 32000-1, annex D). */
static int ansi(uint32_t c) {
    static const struct {
        uint16_t unicode;
        uint8_t code;
    } others[] = {
        {0x20AC, 0x80},
        {0x201A, 0x82},
        {0x0192, 0x83},
        {0x201E, 0x84},
        {0x2026, 0x85},
        {0x2020, 0x86},
        {0x2021, 0x87},
        {0x02C6, 0x88},
        {0x2030, 0x89},
        {0x0160, 0x8A},
        {0x2039, 0x8B},
        {0x0152, 0x8C},
        {0x017D, 0x8E},
        {0x2018, 0x91},
        {0x2019, 0x92},
        {0x201C, 0x93},
        {0x201D, 0x94},
        {0x2022, 0x95},
        {0x2013, 0x96},
        {0x2014, 0x97},
        {0x02DC, 0x98},
        {0x2122, 0x99},
        {0x0161, 0x9A},
        {0x203A, 0x9B},
        {0x0153, 0x9C},
        {0x017E, 0x9E},
        {0x0178, 0x9F},
        {0x2212, '-' },
        {0x202F, ' ' },
        {0x2009, ' ' },
    };
    if ((c >= ' ' && c <= '~') || (c >= 0xA0 && c <= 0xFF))
        return (int)c;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i].unicode == c)
            return others[i].code;
    return '?';
}

static void put_string(struct dh_text *out, const char *text, size_t n) {
    const char *end = text + n;
    dh_text_puts(out, "(");
    while (text < end) {
        int code = ansi(next(&text, end));
        char one = (char)code;
        if (code == '(' || code == ')' || code == '\\')
            dh_text_puts(out, "\\");
        if (code < 127)
            dh_text_add(out, &one, 1);
        else
            dh_text_printf(out, "\\%03o", (unsigned)code);
    }
    dh_text_puts(out, ")");
}

void dh_pdf_text(struct dh_pdf *pdf, double x, double y, double size, bool bold, dh_rgb color,
                 const char *text, size_t n) {
    struct dh_text *out = page(pdf);
    if (!out || n == 0)
        return;
    put_color(out, color, "rg");
    dh_text_printf(out, "BT /%s ", bold ? "B" : "R");
    put(out, size);
    dh_text_puts(out, "Tf ");
    put_point(out, x, y);
    dh_text_puts(out, "Td ");
    put_string(out, text, n);
    dh_text_puts(out, " Tj ET\n");
}

static const double opacities[] = {1, 0.22, 0.35, 0.8};
enum { N_OPACITY = sizeof opacities / sizeof *opacities };

void dh_pdf_begin(struct dh_pdf *pdf, const struct dh_pdf_paint *paint) {
    struct dh_text *out = page(pdf);
    if (!out)
        return;
    dh_text_puts(out, "q ");
    for (int i = 1; i < N_OPACITY; i++)
        if (paint->opacity == opacities[i])
            dh_text_printf(out, "/O%d gs ", i);
    if (paint->fill)
        put_color(out, paint->fill_color, "rg");
    if (paint->stroke) {
        put_color(out, paint->stroke_color, "RG");
        put(out, paint->width);
        dh_text_puts(out, "w 1 j ");
    }
    if (paint->stroke && paint->dash > 0) {
        dh_text_puts(out, "[");
        put(out, paint->dash);
        put(out, paint->gap);
        dh_text_puts(out, "] 0 d ");
    }
}

static void put_step(struct dh_pdf *pdf, const double *xy, int n, const char *operator) {
    struct dh_text *out = page(pdf);
    for (int i = 0; out && i < n; i++)
        put_point(out, xy[2 * i], xy[2 * i + 1]);
    if (out)
        dh_text_printf(out, "%s\n", operator);
}

void dh_pdf_move(struct dh_pdf *pdf, double x, double y) {
    put_step(pdf, (double[]){x, y}, 1, "m");
}
void dh_pdf_to(struct dh_pdf *pdf, double x, double y) {
    put_step(pdf, (double[]){x, y}, 1, "l");
}
void dh_pdf_curve(struct dh_pdf *pdf, double x1, double y1, double x2, double y2, double x, double y) {
    put_step(pdf, (double[]){x1, y1, x2, y2, x, y}, 3, "c");
}
void dh_pdf_close(struct dh_pdf *pdf) {
    put_step(pdf, NULL, 0, "h");
}
void dh_pdf_end(struct dh_pdf *pdf, const struct dh_pdf_paint *paint) {
    put_step(pdf, NULL, 0,
             paint->fill && paint->stroke ? "B Q"
             : paint->fill                ? "f Q"
             : paint->stroke              ? "S Q"
                                          : "n Q");
}

void dh_pdf_rect(struct dh_pdf *pdf, double x, double y, double w, double h, dh_rgb color) {
    struct dh_text *out = page(pdf);
    if (!out)
        return;
    put_color(out, color, "rg");
    put_point(out, x, y + h);
    put(out, w);
    put(out, h);
    dh_text_puts(out, "re f\n");
}

void dh_pdf_line(struct dh_pdf *pdf, double x1, double y1, double x2, double y2, double width, dh_rgb color) {
    struct dh_pdf_paint paint = {.stroke = true, .stroke_color = color, .width = width, .opacity = 1};
    dh_pdf_begin(pdf, &paint);
    dh_pdf_move(pdf, x1, y1);
    dh_pdf_to(pdf, x2, y2);
    dh_pdf_end(pdf, &paint);
}

/* ---- the file -------------------------------------------------------------------------------------------
 */

/* Objects in order: catalog, pages, info, two fonts, outlines; then a page and its content each; then the
 * outline's items. */
enum { CATALOG = 1, PAGES, INFO, REGULAR, BOLD, OUTLINES, FIRST };

struct file {
    struct dh_text *out;
    size_t base;
    size_t *offsets; /* of each object */
    int32_t n_object;
};

static void begin_object(struct file *f, int32_t number) {
    f->offsets[number] = f->out->n - f->base;
    dh_text_printf(f->out, "%d 0 obj\n", (int)number);
}

static enum dh_err put_content(struct file *f, int32_t number, const struct dh_text *content) {
    struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
    size_t room = c ? libdeflate_zlib_compress_bound(c, content->n) : 0;
    char *packed = c ? malloc(room) : NULL;
    size_t n =
        packed ? libdeflate_zlib_compress(c, content->n > 0 ? content->at : "", content->n, packed, room) : 0;
    begin_object(f, number);
    dh_text_printf(f->out, "<</Length %zu/Filter/FlateDecode>>stream\n", n);
    dh_text_add(f->out, packed ? packed : "", n);
    dh_text_puts(f->out, "\nendstream endobj\n");
    free(packed);
    libdeflate_free_compressor(c);
    return n > 0 ? DH_OK : DH_ERR_MEMORY;
}

static void put_outline(struct file *f, const struct dh_pdf *pdf) {
    int32_t first = FIRST + 2 * pdf->n_page, last = first + pdf->n_mark - 1;
    begin_object(f, OUTLINES);
    if (pdf->n_mark > 0)
        dh_text_printf(f->out, "<</Type/Outlines/First %d 0 R/Last %d 0 R/Count %d>>endobj\n", (int)first,
                       (int)last, (int)pdf->n_mark);
    else
        dh_text_puts(f->out, "<</Type/Outlines/Count 0>>endobj\n");
    for (int32_t i = 0; i < pdf->n_mark; i++) {
        begin_object(f, first + i);
        dh_text_printf(f->out, "<</Parent %d 0 R/Title ", OUTLINES);
        put_string(f->out, pdf->marks[i].name, strlen(pdf->marks[i].name));
        if (i > 0)
            dh_text_printf(f->out, "/Prev %d 0 R", (int)(first + i - 1));
        if (i + 1 < pdf->n_mark)
            dh_text_printf(f->out, "/Next %d 0 R", (int)(first + i + 1));
        dh_text_printf(f->out, "/Dest[%d 0 R/XYZ 0 ", (int)(FIRST + 2 * pdf->marks[i].page));
        put(f->out, DH_PDF_HEIGHT - pdf->marks[i].y);
        dh_text_puts(f->out, "null]>>endobj\n");
    }
}

enum dh_err dh_pdf_write(const struct dh_pdf *pdf, const char *title, struct dh_text *out) {
    int32_t n = FIRST + 2 * pdf->n_page + pdf->n_mark;
    struct file f = {out, out->n, calloc((size_t)n, sizeof *f.offsets), n};
    enum dh_err err = f.offsets && !pdf->failed ? DH_OK : DH_ERR_MEMORY;
    for (int32_t i = 0; i < pdf->n_page; i++)
        err = pdf->pages[i].failed ? DH_ERR_MEMORY : err;
    if (err != DH_OK) {
        free(f.offsets);
        return err;
    }
    dh_text_puts(out, "%PDF-1.4\n%\xE2\xE3\xCF\xD3\n");
    begin_object(&f, CATALOG);
    dh_text_printf(
        out,
        "<</Type/Catalog/Pages %d 0 R/Outlines %d 0 R/Lang(en)/ViewerPreferences<</DisplayDocTitle "
        "true>>>>endobj\n",
        PAGES, OUTLINES);
    begin_object(&f, PAGES);
    dh_text_printf(out, "<</Type/Pages/Count %d/MediaBox[0 0 ", (int)pdf->n_page);
    put(out, DH_PDF_WIDTH);
    put(out, DH_PDF_HEIGHT);
    dh_text_printf(out, "]/Resources<</Font<</R %d 0 R/B %d 0 R>>/ExtGState<<", REGULAR, BOLD);
    for (int i = 1; i < N_OPACITY; i++) {
        dh_text_printf(out, "/O%d<</ca ", i);
        put(out, opacities[i]);
        dh_text_puts(out, ">>");
    }
    dh_text_puts(out, ">>>>/Kids[");
    for (int32_t i = 0; i < pdf->n_page; i++)
        dh_text_printf(out, "%d 0 R ", (int)(FIRST + 2 * i));
    dh_text_puts(out, "]>>endobj\n");
    begin_object(&f, INFO);
    dh_text_puts(out, "<</Title ");
    put_string(out, title, strlen(title));
    dh_text_printf(out, "/Producer(datahall %s)>>endobj\n", DH_VERSION);
    for (int32_t font = REGULAR; font <= BOLD; font++) {
        begin_object(&f, font);
        dh_text_printf(out,
                       "<</Type/Font/Subtype/Type1/BaseFont/Helvetica%s/Encoding/WinAnsiEncoding>>endobj\n",
                       font == BOLD ? "-Bold" : "");
    }
    put_outline(&f, pdf);
    for (int32_t i = 0; i < pdf->n_page && err == DH_OK; i++) {
        begin_object(&f, FIRST + 2 * i);
        dh_text_printf(out, "<</Type/Page/Parent %d 0 R/Contents %d 0 R>>endobj\n", PAGES,
                       (int)(FIRST + 2 * i + 1));
        err = put_content(&f, FIRST + 2 * i + 1, &pdf->pages[i]);
    }
    size_t table = out->n - f.base;
    dh_text_printf(out, "xref\n0 %d\n0000000000 65535 f \n", (int)n);
    for (int32_t i = 1; i < n; i++)
        dh_text_printf(out, "%010zu 00000 n \n", f.offsets[i]);
    dh_text_printf(out, "trailer<</Size %d/Root %d 0 R/Info %d 0 R>>\nstartxref\n%zu\n%%%%EOF\n", (int)n,
                   CATALOG, INFO, table);
    free(f.offsets);
    return err == DH_OK && out->failed ? DH_ERR_MEMORY : err;
}

void dh_pdf_free(struct dh_pdf *pdf) {
    for (int32_t i = 0; i < pdf->n_page; i++)
        dh_text_free(&pdf->pages[i]);
    free(pdf->pages);
    *pdf = (struct dh_pdf){0};
}
