/* Colours: of the view's parts, and maps from a value to a colour. The maps keep their order of lightness for
 * eyes that tell fewer colours apart; categories are those of Okabe and Ito. */
#ifndef DH_VIZ_PALETTE_H
#define DH_VIZ_PALETTE_H

#include <stdint.h>

enum dh_palette {
    DH_CIVIDIS, /* J. Nunez, C. Anderton, R. Renslow, PLoS ONE 13(7), 2018 */
    DH_VIRIDIS, /* S. van der Walt, N. Smith, matplotlib 2.0, 2015, as is the next */
    DH_INFERNO,
    DH_DIVERGING, /* blue, grey, orange: below and above a set-point, or less and more */
    DH_N_PALETTE
};
extern const char *const dh_palette_names[DH_N_PALETTE];

/* 256 colours 0xRRGGBB, from the least to the greatest. */
const uint32_t *dh_palette(enum dh_palette palette);
/* Row of a value between low and high; the ends for what lies beyond. Not for NAN. */
uint8_t dh_palette_shade(double value, double low, double high);

/* Eight colours that stay apart for any eyes (M. Okabe, K. Ito, Color Universal Design, 2008), the black one
 * made light for a dark ground. */
uint32_t dh_category_color(int32_t i);

/* The view's own. */
enum {
    DH_GROUND = 0x0E1116,
    DH_PANEL = 0x171C23,
    DH_RAISED = 0x222A34,
    DH_RULE = 0x2F3945,
    DH_INK_STRONG = 0xE6EDF3,
    DH_INK_PLAIN = 0xC3CDD6,
    DH_INK_FAINT = 0x8C99A6,
    DH_ACCENT = 0x56B4E9,
    DH_AMBER = 0xF0B429,
    DH_RED = 0xF47067,
    DH_GREEN = 0x3FB68B,
    DH_COLD = 0x1D3A57,
    DH_HOT = 0x4A2B23,
    DH_NO_DATA = 0x39434F
};

#endif
