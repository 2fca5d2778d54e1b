/* What a frame looks like, as a list of shapes and words: the view writes it, viz/sdl draws it, tests read
 * it. It knows no screen, no font file and no simulator. Coordinates are pixels from the top left, within
 * DH_SCENE_FAR (what is farther lies there: figures of files may be anything); colours 0xRRGGBB.
 *
 * Words are given the room that they may take. What does not fit is cut with an ellipsis, so that no text is
 * ever clipped or runs into its neighbour; widths come from viz/type.h, which the drawing keeps to. */
#ifndef DH_VIZ_SCENE_H
#define DH_VIZ_SCENE_H

#include "viz/type.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DH_SCENE_FAR 1e6f

struct dh_box {
    float x, y, w, h;
};

enum dh_ink_kind {
    DH_INK_RECT,   /* filled */
    DH_INK_FRAME,  /* its outline, `width` thick, inside */
    DH_INK_HATCH,  /* lines from lower left to upper right: a limit is crossed, or nothing is known */
    DH_INK_CELLS,  /* many rectangles, each in a shade of the palette: n cells from `first` */
    DH_INK_TEXELS, /* a picture of n columns and `rows` rows of colours from `first`, stretched over the box
                    */
    DH_INK_LINE,   /* a polyline of n points from `first`, `width` thick */
    DH_INK_BAND,   /* the area between two lines: n points of one from `first`, then n of the other */
    DH_INK_WORD,   /* n bytes from `first`, its left end at x, its line's top at y; box.w is what it takes */
    DH_INK_CLIP,   /* from here on only inside the box; an empty box: everywhere */
};

struct dh_ink {
    struct dh_box box;
    uint32_t color;
    int32_t first, n, rows;
    float width;
    uint8_t kind, layer, size, bold, alpha; /* size: enum dh_type_size; alpha 255: opaque */
    uint8_t cut; /* a word that had no room for all of it, and ends with an ellipsis */
};

struct dh_cell {
    struct dh_box box;
    uint8_t shade;
};

/* A part of the picture that answers the mouse. */
struct dh_hit {
    struct dh_box box;
    int32_t kind, row; /* for whoever made it */
    const char *tip;   /* what hovering shows; NULL: nothing. Lives as long as its maker says */
};

struct dh_scene {
    struct dh_box size;
    const struct dh_type *type;
    const uint32_t *palette; /* 256 colours of cells */
    struct dh_ink *inks;
    struct dh_cell *cells;
    uint32_t *texels;
    float *points; /* x, y */
    char *bytes;
    struct dh_hit *hits;
    int32_t n_ink, n_cell, n_texel, n_point, n_byte, n_hit;
    int32_t room_ink, room_cell, room_texel, room_point, room_byte, room_hit;
    uint8_t layer;
    int32_t n_lost; /* words that had no room even for an ellipsis */
    bool failed;    /* memory is exhausted: what did not fit is missing */
};

/* Empties it for a frame of w x h pixels; keeps its memory. The type and the palette are borrowed. */
void dh_scene_begin(struct dh_scene *scene, float w, float h, const struct dh_type *type,
                    const uint32_t *palette);
void dh_scene_free(struct dh_scene *scene);
/* What comes from here on lies on top: a layer more. Hits of a higher layer hide those below. */
void dh_scene_layer(struct dh_scene *scene);

void dh_scene_rect(struct dh_scene *scene, struct dh_box box, uint32_t color);
void dh_scene_tint(struct dh_scene *scene, struct dh_box box, uint32_t color, uint8_t alpha);
void dh_scene_frame(struct dh_scene *scene, struct dh_box box, float width, uint32_t color);
void dh_scene_hatch(struct dh_scene *scene, struct dh_box box, uint32_t color);
void dh_scene_clip(struct dh_scene *scene, struct dh_box box); /* {0}: everywhere */

/* A polyline, point by point: begin, then points; the line is complete when anything else is drawn. A point
 * that is no number is left out of a line; in a band, which counts them, it lies far off. */
void dh_scene_line(struct dh_scene *scene, float width, uint32_t color);
void dh_scene_point(struct dh_scene *scene, float x, float y);
/* n points of the upper edge, then n of the lower one, follow by dh_scene_point. */
void dh_scene_band(struct dh_scene *scene, uint32_t color, uint8_t alpha);

/* Cells of one batch follow; the last batch is open until another ink begins. */
void dh_scene_cells(struct dh_scene *scene);
void dh_scene_cell(struct dh_scene *scene, struct dh_box box, uint8_t shade);
/* Room for columns x rows colours to be filled in, row by row; NULL when memory is exhausted. */
uint32_t *dh_scene_texels(struct dh_scene *scene, struct dh_box box, int32_t columns, int32_t rows);

enum dh_align { DH_LEFT, DH_CENTER, DH_RIGHT };

/* How a word is set. */
struct dh_style {
    enum dh_type_size size;
    bool bold;
    enum dh_align align;
    uint32_t color;
};

/* One line of text in a box: aligned in it, in the middle of its height, cut to its width. Its width in
 * pixels. */
float dh_scene_word(struct dh_scene *scene, struct dh_box box, struct dh_style style, const char *text);
float dh_scene_wordf(struct dh_scene *scene, struct dh_box box, struct dh_style style, const char *format,
                     ...) __attribute__((format(printf, 4, 5)));
/* Lines of a paragraph, wrapped at blanks to the box's width; height of what was set. Lines beyond the box's
 * height are left out, and the last one that is shown ends with an ellipsis. */
float dh_scene_paragraph(struct dh_scene *scene, struct dh_box box, struct dh_style style, const char *text);
/* How many lines that would be in a box of that width which is high enough. */
int32_t dh_scene_lines(const struct dh_scene *scene, float w, struct dh_style style, const char *text);

void dh_scene_hit(struct dh_scene *scene, struct dh_box box, int32_t kind, int32_t row, const char *tip);
/* The topmost part at a point; NULL: none. */
const struct dh_hit *dh_scene_at(const struct dh_scene *scene, float x, float y);

/* The scene as text, one line a shape, for tests: the same scene gives the same bytes. */
struct dh_text;
void dh_scene_write(const struct dh_scene *scene, struct dh_text *out);

/* Does a box hold a point? */
static inline bool dh_box_has(struct dh_box b, float x, float y) {
    return x >= b.x && x < b.x + b.w && y >= b.y && y < b.y + b.h;
}
/* A box smaller by d on every side; never below nothing. */
struct dh_box dh_box_inset(struct dh_box b, float d);
/* Cuts w pixels (h) off the left (top) of a box, or where it is below zero off the right (bottom); what is
 * cut off. */
struct dh_box dh_box_cut_x(struct dh_box *b, float w);
struct dh_box dh_box_cut_y(struct dh_box *b, float h);

#endif
