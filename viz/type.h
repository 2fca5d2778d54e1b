/* Type: how wide words are, in the font that the view is drawn with. DejaVu Sans and DejaVu Sans Bold 2.37
 * where they are installed (digits of one width, so that numbers do not wobble), else a bitmap of 8 x 16
 * pixels that is built in. */
#ifndef DH_VIZ_TYPE_H
#define DH_VIZ_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dh_type_size { DH_SMALL, DH_BODY, DH_TITLE, DH_BIG, DH_N_TYPE_SIZE };

struct dh_type {
    int scale;   /* pixels of the screen for one of the design: 1, 2, 3 … */
    bool bitmap; /* the built-in font: all characters alike */
};

/* Height of the letters' em, in pixels, and of a line. */
int dh_type_px(const struct dh_type *type, enum dh_type_size size);
int dh_type_line(const struct dh_type *type, enum dh_type_size size);
/* Pixels from one character to the next: whole ones, as drawing puts each character on a pixel. */
int dh_type_advance(const struct dh_type *type, enum dh_type_size size, bool bold, uint32_t character);
/* Width of n bytes of UTF-8. */
int dh_type_width(const struct dh_type *type, enum dh_type_size size, bool bold, const char *text, size_t n);
/* How many bytes of a text fit into a width; whole characters. */
size_t dh_type_fits(const struct dh_type *type, enum dh_type_size size, bool bold, const char *text, size_t n,
                    int width);

/* The next character of UTF-8 text, which is moved behind it; what is none is U+FFFD. 0 at the end. */
uint32_t dh_utf8_next(const char **text, const char *end);

/* Every character that the fonts are asked for; 0 past the end. Others are drawn as a question mark. */
uint32_t dh_type_character(int32_t i);

#endif
