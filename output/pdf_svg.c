#include "output/pdf_svg.h"

#include "output/svg.h"

#include <stdlib.h>
#include <string.h>

/* ---- looks ----------------------------------------------------------------------------------------------
 */

static const dh_rgb colors[8] = {0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7,
                                 0x56B4E9, 0xE69F00, 0x8A8F00, 0x4B5560};

struct look {
    struct dh_pdf_paint paint;
    double size;
    bool bold, halo, on; /* on: upon the shape before */
    dh_rgb color;        /* of text */
};

/* The rules of report_style.c. */
static void add_class(struct look *l, const char *class, size_t n) {
    static const struct {
        const char *class;
        bool fill, stroke;
        dh_rgb fill_color, stroke_color;
        double width, dash, gap, opacity;
    } shapes[] = {
        {"axis",  false, true,  0,        DH_PAPER_FINE, 1,   0, 0, 1   },
        {"grid",  false, true,  0,        DH_PAPER_RULE, 1,   0, 0, 1   },
        {"limit", false, true,  0,        DH_PAPER_BAD,  1.5, 6, 4, 1   },
        {"edge",  false, true,  0,        0xFFFFFF,      1,   0, 0, 1   },
        {"dot",   true,  true,  0xFFFFFF, DH_PAPER_FINE, 1.4, 0, 0, 1   },
        {"front", false, true,  0,        0x0072B2,      1.4, 3, 3, 1   },
        {"flow",  true,  false, 0x56B4E9, 0,             0,   0, 0, 0.35},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        if (strlen(shapes[i].class) != n || memcmp(shapes[i].class, class, n) != 0)
            continue;
        if (shapes[i].fill) {
            l->paint.fill = true;
            l->paint.fill_color = shapes[i].fill_color;
        }
        if (shapes[i].stroke) {
            l->paint.stroke = true;
            l->paint.stroke_color = shapes[i].stroke_color;
            l->paint.width = shapes[i].width;
            l->paint.dash = shapes[i].dash;
            l->paint.gap = shapes[i].gap;
        }
        l->paint.opacity = shapes[i].opacity;
        return;
    }
    if (n == 2 && strchr("flb", class[0]) && class[1] >= '1' && class[1] <= '8') {
        dh_rgb color = colors[class[1] - '1'];
        if (class[0] == 'l') {
            l->paint.stroke = true;
            l->paint.stroke_color = color;
            l->paint.width = 1.6;
        } else {
            l->paint.fill = true;
            l->paint.fill_color = color;
            l->paint.opacity = class[0] == 'b' ? 0.22 : 1;
        }
        return;
    }
    l->halo = l->halo || (n == 4 && memcmp(class, "halo", 4) == 0);
    l->on = l->on || (n >= 2 && memcmp(class, "on", 2) == 0);
    if (n == 5 && memcmp(class, "title", 5) == 0)
        l->size = 14;
    l->bold = l->bold || l->on || l->size == 14 || (n == 6 && memcmp(class, "strong", 6) == 0);
    if (n == 4 && memcmp(class, "tick", 4) == 0)
        l->color = DH_PAPER_FINE;
    if (n == 10 && memcmp(class, "limit-name", 10) == 0)
        l->color = DH_PAPER_BAD;
}

static struct look look_of(const char *classes, size_t n) {
    struct look l = {.paint = {.opacity = 1}, .size = 12, .color = DH_PAPER_TEXT};
    for (size_t at = 0; at < n;) {
        size_t word = 0;
        while (at + word < n && classes[at + word] != ' ')
            word++;
        add_class(&l, classes + at, word);
        at += word + 1;
    }
    return l;
}

/* Black or white, whichever is read upon a colour (relative luminance, WCAG 2.1, without its gamma). */
static dh_rgb upon(dh_rgb color) {
    double light = 0.2126 * (color >> 16 & 255) + 0.7152 * (color >> 8 & 255) + 0.0722 * (color & 255);
    return light > 130 ? 0x000000 : 0xFFFFFF;
}

/* ---- reading --------------------------------------------------------------------------------------------
 */

struct element {
    const char *at, *end; /* between < and > */
};

static const char *attribute(const struct element *e, const char *name, size_t *n) {
    size_t length = strlen(name);
    for (const char *at = e->at; at + length + 2 < e->end; at++) {
        if (at[0] != ' ' || memcmp(at + 1, name, length) != 0 || at[length + 1] != '=' ||
            at[length + 2] != '"')
            continue;
        const char *value = at + length + 3, *close = memchr(value, '"', (size_t)(e->end - value));
        *n = close ? (size_t)(close - value) : 0;
        return close ? value : NULL;
    }
    *n = 0;
    return NULL;
}

/* "-12.5", as svg.c writes numbers; whatever the locale. */
static double number(const char **at) {
    double sign = 1, v = 0;
    if (**at == '-') {
        sign = -1;
        (*at)++;
    }
    while (**at >= '0' && **at <= '9')
        v = 10 * v + (*(*at)++ - '0');
    if (**at == '.')
        for (double place = 0.1; *++*at >= '0' && **at <= '9'; place /= 10)
            v += place * (**at - '0');
    return sign * v;
}

static double number_of(const struct element *e, const char *name) {
    size_t n;
    const char *at = attribute(e, name, &n);
    return at ? number(&at) : 0;
}

static struct look look(const struct element *e) {
    size_t n;
    const char *classes = attribute(e, "class", &n);
    return look_of(classes ? classes : "", n);
}

static bool is(const struct element *e, const char *name) {
    size_t n = strlen(name);
    return (size_t)(e->end - e->at) > n && memcmp(e->at, name, n) == 0 && e->at[n] == ' ';
}

/* Text up to the next tag, with the references of XML resolved. */
static void content(struct dh_text *out, const char *at) {
    static const struct {
        const char *name;
        const char *text;
    } all[] = {
        {"&amp;",  "&" },
        {"&lt;",   "<" },
        {"&gt;",   ">" },
        {"&quot;", "\""},
        {"&apos;", "'" },
        {"&#39;",  "'" },
    };
    while (*at && *at != '<') {
        bool known = false;
        for (size_t i = 0; i < sizeof all / sizeof *all && !known; i++)
            if (strncmp(at, all[i].name, strlen(all[i].name)) == 0) {
                dh_text_puts(out, all[i].text);
                at += strlen(all[i].name);
                known = true;
            }
        if (!known)
            dh_text_add(out, at++, 1);
    }
}

/* ---- drawing --------------------------------------------------------------------------------------------
 */

struct canvas {
    struct dh_pdf *pdf;
    double x, y, scale;
    dh_rgb under; /* colour of the shape before */
};

static double px(const struct canvas *c, double x) {
    return c->x + x * c->scale;
}
static double py(const struct canvas *c, double y) {
    return c->y + y * c->scale;
}

static struct dh_pdf_paint scaled(const struct canvas *c, struct dh_pdf_paint paint) {
    paint.width *= c->scale;
    paint.dash *= c->scale;
    paint.gap *= c->scale;
    return paint;
}

static void draw_text(struct canvas *c, const struct element *e) {
    struct look l = look(e);
    struct dh_text text = {0};
    size_t n;
    const char *anchor = attribute(e, "text-anchor", &n);
    double x = number_of(e, "x"), y = number_of(e, "y");
    content(&text, e->end + 1);
    double width = text.n > 0 ? dh_svg_width(text.at, l.size, l.bold) : 0;
    x -= !anchor ? 0 : anchor[0] == 'm' ? width / 2 : width;
    if (l.halo) {
        struct dh_pdf_paint paint = {.fill = true, .fill_color = 0xFFFFFF, .opacity = 0.8};
        dh_pdf_begin(c->pdf, &paint);
        dh_pdf_move(c->pdf, px(c, x - 1), py(c, y - 10));
        dh_pdf_to(c->pdf, px(c, x + width + 1), py(c, y - 10));
        dh_pdf_to(c->pdf, px(c, x + width + 1), py(c, y + 3));
        dh_pdf_to(c->pdf, px(c, x - 1), py(c, y + 3));
        dh_pdf_end(c->pdf, &paint);
    }
    if (text.n > 0)
        dh_pdf_text(c->pdf, px(c, x), py(c, y), l.size * c->scale, l.bold, l.on ? upon(c->under) : l.color,
                    text.at, text.n);
    c->pdf->failed = c->pdf->failed || text.failed;
    dh_text_free(&text);
}

static void draw_shape(struct canvas *c, const struct element *e, const double *xy, int n) {
    struct look l = look(e);
    struct dh_pdf_paint paint = scaled(c, l.paint);
    dh_pdf_begin(c->pdf, &paint);
    for (int i = 0; i < n; i++)
        (i == 0 ? dh_pdf_move : dh_pdf_to)(c->pdf, px(c, xy[2 * i]), py(c, xy[2 * i + 1]));
    if (n > 2)
        dh_pdf_close(c->pdf);
    dh_pdf_end(c->pdf, &paint);
    if (l.paint.fill)
        c->under = l.paint.fill_color;
}

static void draw_path(struct canvas *c, const struct element *e) {
    size_t n;
    const char *at = attribute(e, "d", &n);
    struct look l = look(e);
    struct dh_pdf_paint paint = scaled(c, l.paint);
    if (!at || n == 0)
        return;
    const char *end = at + n;
    dh_pdf_begin(c->pdf, &paint);
    while (at < end) {
        char step = *at++;
        double v[6];
        for (int i = 0; i < (step == 'C' ? 6 : step == 'Z' ? 0 : 2); i++) {
            v[i] = number(&at);
            at += *at == ' ';
        }
        if (step == 'M')
            dh_pdf_move(c->pdf, px(c, v[0]), py(c, v[1]));
        else if (step == 'L')
            dh_pdf_to(c->pdf, px(c, v[0]), py(c, v[1]));
        else if (step == 'C')
            dh_pdf_curve(c->pdf, px(c, v[0]), py(c, v[1]), px(c, v[2]), py(c, v[3]), px(c, v[4]),
                         py(c, v[5]));
        else if (step == 'Z')
            dh_pdf_close(c->pdf);
    }
    dh_pdf_end(c->pdf, &paint);
}

bool dh_pdf_svg_size(const char *svg, double *width, double *height) {
    const char *box = svg ? strstr(svg, "viewBox=\"0 0 ") : NULL;
    if (!box)
        return false;
    box += strlen("viewBox=\"0 0 ");
    *width = number(&box);
    box += *box == ' ';
    *height = number(&box);
    return *width > 0 && *height > 0;
}

void dh_pdf_svg(struct dh_pdf *pdf, const char *svg, double x, double y, double scale) {
    struct canvas c = {pdf, x, y, scale, 0xFFFFFF};
    for (const char *at = strchr(svg, '<'); at; at = strchr(at + 1, '<')) {
        struct element e = {at + 1, strchr(at, '>')};
        if (!e.end || strncmp(e.at, "/svg", 4) == 0)
            return;
        if (is(&e, "text")) {
            draw_text(&c, &e);
        } else if (is(&e, "line")) {
            double xy[] = {number_of(&e, "x1"), number_of(&e, "y1"), number_of(&e, "x2"),
                           number_of(&e, "y2")};
            draw_shape(&c, &e, xy, 2);
        } else if (is(&e, "rect")) {
            double x0 = number_of(&e, "x"), y0 = number_of(&e, "y"), x1 = x0 + number_of(&e, "width"),
                   y1 = y0 + number_of(&e, "height");
            double xy[] = {x0, y0, x1, y0, x1, y1, x0, y1};
            draw_shape(&c, &e, xy, 4);
        } else if (is(&e, "path")) {
            draw_path(&c, &e);
        }
    }
}
