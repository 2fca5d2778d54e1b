#include "output/svg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Thousandths of the size, from blank to tilde. */
static const int16_t regular[95] = {
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333,  278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667,  611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278,  556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500,  500, 334, 260, 334, 584};
static const int16_t heavy[95] = {
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667,
    611, 778, 722, 278, 556, 722, 611, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 333, 278, 333, 584, 556, 333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556,
    278, 889, 611, 611, 611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584};

double dh_svg_width(const char *text, double size, bool bold) {
    const int16_t *widths = bold ? heavy : regular;
    int sum = 0;
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c >= ' ' && *c <= '~')
            sum += widths[*c - ' '];
        else if ((*c & 0xC0) != 0x80)
            sum += widths['m' - ' '];
    return sum * size / 1000;
}

const char *dh_svg_fit(char *room, size_t n, const char *text, double size, double width) {
    snprintf(room, n, "%s", text);
    size_t cut = strlen(room);
    while (dh_svg_width(room, size, false) > width && cut > 1) {
        do
            cut--;
        while (cut > 1 && ((unsigned char)room[cut] & 0xC0) == 0x80);
        while (cut + 4 > n)
            cut--;
        memcpy(room + cut, "...", 4);
    }
    return room;
}

/* One decimal, none for a whole number; never -0. */
static void put(struct dh_text *out, double v) {
    long tenths = lround(v * 10);
    if (tenths % 10 == 0)
        dh_text_printf(out, "%ld", tenths / 10);
    else
        dh_text_printf(out, "%s%ld.%ld", tenths < 0 ? "-" : "", labs(tenths) / 10, labs(tenths) % 10);
}

static void put_attr(struct dh_text *out, const char *name, double v) {
    dh_text_printf(out, " %s=\"", name);
    put(out, v);
    dh_text_puts(out, "\"");
}

static void put_tip(struct dh_text *out, const char *element, const char *tip) {
    if (!tip) {
        dh_text_puts(out, "/>\n");
        return;
    }
    dh_text_puts(out, "><title>");
    dh_text_put_xml(out, tip);
    dh_text_printf(out, "</title></%s>\n", element);
}

void dh_svg_begin(struct dh_text *out, double width, double height, const char *title) {
    dh_text_puts(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 ");
    put(out, width);
    dh_text_puts(out, " ");
    put(out, height);
    dh_text_puts(out, "\" aria-label=\"");
    dh_text_put_xml(out, title);
    dh_text_puts(out, "\">\n");
}

void dh_svg_end(struct dh_text *out) {
    dh_text_puts(out, "</svg>\n");
}

void dh_svg_text(struct dh_text *out, double x, double y, enum dh_anchor anchor, const char *class,
                 const char *text) {
    static const char *const anchors[] = {"", " text-anchor=\"middle\"", " text-anchor=\"end\""};
    if (!text[0])
        return;
    dh_text_puts(out, "<text");
    put_attr(out, "x", x);
    put_attr(out, "y", y);
    dh_text_puts(out, anchors[anchor]);
    if (class[0])
        dh_text_printf(out, " class=\"%s\"", class);
    dh_text_puts(out, ">");
    dh_text_put_xml(out, text);
    dh_text_puts(out, "</text>\n");
}

void dh_svg_line(struct dh_text *out, double x1, double y1, double x2, double y2, const char *class) {
    dh_text_printf(out, "<line class=\"%s\"", class);
    put_attr(out, "x1", x1);
    put_attr(out, "y1", y1);
    put_attr(out, "x2", x2);
    put_attr(out, "y2", y2);
    dh_text_puts(out, "/>\n");
}

void dh_svg_rect(struct dh_text *out, double x, double y, double w, double h, const char *class,
                 const char *tip) {
    dh_text_printf(out, "<rect class=\"%s\"", class);
    put_attr(out, "x", x);
    put_attr(out, "y", y);
    put_attr(out, "width", fmax(w, 0));
    put_attr(out, "height", fmax(h, 0));
    put_tip(out, "rect", tip);
}

void dh_svg_path_begin(struct dh_text *out, const char *class) {
    dh_text_printf(out, "<path class=\"%s\" d=\"", class);
}

static void point(struct dh_text *out, double x, double y) {
    put(out, x);
    dh_text_puts(out, " ");
    put(out, y);
}

void dh_svg_path_move(struct dh_text *out, double x, double y) {
    dh_text_puts(out, "M");
    point(out, x, y);
}

void dh_svg_path_to(struct dh_text *out, double x, double y) {
    dh_text_puts(out, "L");
    point(out, x, y);
}

void dh_svg_path_curve(struct dh_text *out, double x1, double y1, double x2, double y2, double x, double y) {
    dh_text_puts(out, "C");
    point(out, x1, y1);
    dh_text_puts(out, " ");
    point(out, x2, y2);
    dh_text_puts(out, " ");
    point(out, x, y);
}

void dh_svg_path_close(struct dh_text *out) {
    dh_text_puts(out, "Z");
}

void dh_svg_path_end(struct dh_text *out, const char *tip) {
    dh_text_puts(out, "\"");
    put_tip(out, "path", tip);
}
