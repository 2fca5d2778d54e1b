#include "viz/floor.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Widths in metres that no scenario gives: assumptions of the drawing, not of the run. */
enum { MAX_COOLERS = 24 };
static const float AISLE = 1.2f, WALL = 2.4f, BETWEEN = 5, TITLE = 2.2f, COOLER = 1.4f, UNIT = 0.9f;
static const float PANE = 2.1f; /* width of the pane over its height, about */

static const struct dh_rack_type_spec *type_of(const struct dh_facility *f, int32_t rack);

/* Racks of bare kinds (of switches, of stores) have no type with a width. */
static float rack_width(const struct dh_facility *f, int32_t rack) {
    const struct dh_rack_type_spec *type = type_of(f, rack);
    return type ? (float)type->width_m : 0.6f;
}

static float rack_depth(const struct dh_facility *f, int32_t rack) {
    const struct dh_rack_type_spec *type = type_of(f, rack);
    return type ? (float)type->depth_m : 1.2f;
}

/* The type of a rack, by its row, which facility_compile numbers over all halls in the order of the file. */
static const struct dh_rack_type_spec *type_of(const struct dh_facility *f, int32_t rack) {
    if (rack >= f->n_rack - f->n_bare_rack)
        return NULL;
    int32_t row = f->rack_row[rack];
    for (int32_t h = 0; h < f->n_hall; h++) {
        const struct dh_hall_spec *hall = f->hall_spec[h];
        if (row < hall->n_rows) {
            const struct dh_scenario *sc = f->scenario;
            for (int32_t t = 0; t < sc->n_rack_types; t++)
                if (strcmp(sc->rack_types[t].id, hall->rows[row].rack) == 0)
                    return &sc->rack_types[t];
            return NULL;
        }
        row -= hall->n_rows;
    }
    return NULL;
}

struct maker {
    const struct dh_facility *f;
    struct dh_floor *floor;
    int32_t *first_of; /* racks of each hall in `racks`; n_hall + 2 of them, the last for racks in none */
};

/* Racks by hall, in the order of the facility. */
static bool sort_racks(struct maker *m) {
    const struct dh_facility *f = m->f;
    struct dh_floor *floor = m->floor;
    int32_t n_group = f->n_hall + 1;
    m->first_of = dh_arena_array(&floor->mem, (size_t)n_group + 1, sizeof *m->first_of);
    floor->racks = dh_arena_array(&floor->mem, (size_t)f->n_rack + 1, sizeof *floor->racks);
    floor->rack = dh_arena_array(&floor->mem, (size_t)f->n_rack + 1, sizeof *floor->rack);
    floor->rack_line = dh_arena_array(&floor->mem, (size_t)f->n_rack + 1, sizeof *floor->rack_line);
    int32_t *next = dh_arena_array(&floor->mem, (size_t)n_group + 1, sizeof *next);
    if (!m->first_of || !floor->racks || !floor->rack || !floor->rack_line || !next)
        return false;
    for (int32_t r = 0; r < f->n_rack; r++)
        m->first_of[(f->rack_hall[r] < 0 ? f->n_hall : f->rack_hall[r]) + 1]++;
    for (int32_t g = 0; g < n_group; g++) {
        m->first_of[g + 1] += m->first_of[g];
        next[g] = m->first_of[g];
    }
    for (int32_t r = 0; r < f->n_rack; r++)
        floor->racks[next[f->rack_hall[r] < 0 ? f->n_hall : f->rack_hall[r]]++] = r;
    return true;
}

/* How many racks a line of a hall of n may have, so that the hall is about 1.6 times as wide as deep: n / L
 * lines of depth and aisle, L racks of width. */
static int32_t line_length(const struct dh_facility *f, const int32_t *racks, int32_t n) {
    float pitch = rack_depth(f, racks[0]) + AISLE, width = rack_width(f, racks[0]);
    int32_t length = (int32_t)ceilf(sqrtf(1.6f * (float)n * pitch / width));
    return length < 8 ? 8 : length;
}

/* Ends of lines: where the row changes, and where a row of more than one and a half lines is folded. */
static int32_t line_end(const struct dh_facility *f, const int32_t *racks, int32_t first, int32_t end,
                        int32_t length) {
    int32_t row_end = first, row = f->rack_row[racks[first]];
    while (row_end < end && f->rack_row[racks[row_end]] == row)
        row_end++;
    int32_t n = row_end - first;
    if (2 * n <= 3 * length)
        return row_end;
    int32_t folds = (n + length - 1) / length; /* of equal length, but for the last */
    return first + (n + folds - 1) / folds;
}

static float place_line(struct maker *m, struct dh_floor_line *line, float x, float y) {
    const struct dh_facility *f = m->f;
    float at = x, depth = 0;
    for (int32_t k = 0; k < line->n; k++) {
        int32_t r = m->floor->racks[line->first + k];
        float w = rack_width(f, r), d = rack_depth(f, r);
        m->floor->rack[r] = (struct dh_box){at, y, w, d};
        m->floor->rack_line[r] = (int32_t)(line - m->floor->lines);
        at += w;
        depth = fmaxf(depth, d);
    }
    line->box = (struct dh_box){x, y, at - x, depth};
    line->feed = (struct dh_box){at + 0.2f, y, UNIT, depth};
    if (f->rack_cdu[m->floor->racks[line->first]] >= 0)
        line->cdu = (struct dh_box){at + 0.4f + UNIT, y, UNIT, depth};
    return depth;
}

/* One hall at the origin: its lines top down, each pair between a cold aisle above and below, a hot one
 * within. */
static void place_hall(struct maker *m, struct dh_floor_hall *hall, int32_t first, int32_t end) {
    struct dh_floor *floor = m->floor;
    int32_t length = line_length(m->f, floor->racks + first, end - first);
    float y = TITLE + 1, width = 0;
    hall->first_line = floor->n_line;
    hall->racks = end - first;
    for (int32_t at = first; at < end;) {
        struct dh_floor_line *line = &floor->lines[floor->n_line];
        *line = (struct dh_floor_line){.first = at, .hall = floor->n_hall};
        line->faces_up = (floor->n_line - hall->first_line) % 2 == 0;
        line->n = line_end(m->f, floor->racks, at, end, length) - at;
        y += AISLE;
        float depth = place_line(m, line, WALL, y);
        struct dh_box aisle = {line->box.x, y - AISLE, line->box.w, AISLE};
        *(line->faces_up ? &line->cold : &line->hot) = aisle;
        y += depth;
        width = fmaxf(width, line->box.w + 0.6f + 2 * UNIT);
        at += line->n;
        floor->n_line++;
    }
    hall->lines = floor->n_line - hall->first_line;
    hall->box = (struct dh_box){0, 0, width + 2 * WALL, y + AISLE + 1};
}

static void move(struct dh_box *b, float x, float y) {
    b->x += x;
    b->y += y;
}

static void move_hall(struct maker *m, struct dh_floor_hall *hall, float x, float y) {
    struct dh_floor *floor = m->floor;
    move(&hall->box, x, y);
    for (int32_t l = hall->first_line; l < hall->first_line + hall->lines; l++) {
        struct dh_floor_line *line = &floor->lines[l];
        struct dh_box *const boxes[] = {&line->box, &line->cold, &line->hot, &line->feed, &line->cdu};
        for (int i = 0; i < 5; i++)
            move(boxes[i], x, y);
        for (int32_t k = 0; k < line->n; k++)
            move(&floor->rack[floor->racks[line->first + k]], x, y);
    }
}

/* Air handlers down both long walls, of a hall that has any. */
static void place_coolers(struct maker *m, const struct dh_floor_hall *hall, int32_t index) {
    struct dh_floor *floor = m->floor;
    int32_t n = hall->hall >= 0 && m->f->hall_plant[hall->hall] >= 0
                    ? (int32_t)m->f->hall_spec[hall->hall]->air_handlers
                    : 0;
    n = n > MAX_COOLERS ? MAX_COOLERS : n;
    float room = hall->box.h - TITLE - 1.5f;
    int32_t side = (n + 1) / 2;
    float pitch = side > 0 ? fminf(room / (float)side, 3.2f) : 0, depth = fminf(pitch * 0.8f, 2.4f);
    for (int32_t i = 0; i < n; i++) {
        float x = i % 2 == 0 ? hall->box.x + 0.3f : hall->box.x + hall->box.w - 0.3f - COOLER;
        float y = hall->box.y + TITLE + 1 + (float)(i / 2) * pitch;
        floor->coolers[floor->n_cooler] = (struct dh_box){x, y, COOLER, depth};
        floor->cooler_hall[floor->n_cooler++] = index;
    }
}

/* Halls on shelves of a width; how far the whole then reaches. Moves nothing unless told to. */
static struct dh_box shelve(struct maker *m, float width, bool move_them) {
    struct dh_floor *floor = m->floor;
    float x = 0, y = 0, shelf = 0, right = 0;
    for (int32_t h = 0; h < floor->n_hall; h++) {
        struct dh_floor_hall *hall = &floor->halls[h];
        if (x > 0 && x + hall->box.w > width) {
            y += shelf + BETWEEN;
            x = shelf = 0;
        }
        if (move_them)
            move_hall(m, hall, x, y);
        shelf = fmaxf(shelf, hall->box.h);
        right = fmaxf(right, x + hall->box.w);
        x += hall->box.w + BETWEEN;
    }
    return (struct dh_box){0, 0, fmaxf(right, 1), fmaxf(y + shelf, 1)};
}

/* Of all widths of shelves that end with a hall, the one by which a pane shows the halls largest. */
static void place_halls(struct maker *m) {
    struct dh_floor *floor = m->floor;
    float best = 0, width = 0, total = 0;
    for (int32_t h = 0; h < floor->n_hall; h++) {
        total += floor->halls[h].box.w + (h > 0 ? BETWEEN : 0);
        struct dh_box all = shelve(m, total, false);
        float zoom = fminf(PANE / all.w, 1 / all.h);
        if (zoom > best) {
            best = zoom;
            width = total;
        }
    }
    floor->box = shelve(m, width, true);
    for (int32_t h = 0; h < floor->n_hall; h++)
        place_coolers(m, &floor->halls[h], h);
}

static void name_hall(const struct dh_facility *f, struct dh_floor_hall *hall) {
    if (hall->hall < 0)
        snprintf(hall->name, sizeof hall->name, "outside the halls");
    else if (f->n_site > 1)
        snprintf(hall->name, sizeof hall->name, "%.30s \u203a %.30s",
                 f->site_spec[f->hall_site[hall->hall]]->id, f->hall_spec[hall->hall]->id);
    else
        snprintf(hall->name, sizeof hall->name, "%.60s", f->hall_spec[hall->hall]->id);
}

enum dh_err dh_floor_make(struct dh_floor *out, const struct dh_facility *f) {
    *out = (struct dh_floor){0};
    struct maker m = {.f = f, .floor = out};
    size_t n_hall = (size_t)f->n_hall + 1;
    out->halls = dh_arena_array(&out->mem, n_hall, sizeof *out->halls);
    out->lines = dh_arena_array(&out->mem, (size_t)f->n_rack + 1, sizeof *out->lines);
    out->coolers = dh_arena_array(&out->mem, n_hall * MAX_COOLERS, sizeof *out->coolers);
    out->cooler_hall = dh_arena_array(&out->mem, n_hall * MAX_COOLERS, sizeof *out->cooler_hall);
    if (!out->halls || !out->lines || !out->coolers || !out->cooler_hall || !sort_racks(&m)) {
        dh_floor_free(out);
        return DH_ERR_MEMORY;
    }
    for (int32_t g = 0; g <= f->n_hall; g++) {
        if (m.first_of[g] == m.first_of[g + 1])
            continue;
        struct dh_floor_hall *hall = &out->halls[out->n_hall];
        hall->hall = g < f->n_hall ? g : -1;
        name_hall(f, hall);
        place_hall(&m, hall, m.first_of[g], m.first_of[g + 1]);
        out->n_hall++;
    }
    place_halls(&m);
    return DH_OK;
}

void dh_floor_free(struct dh_floor *floor) {
    dh_arena_free(&floor->mem);
    *floor = (struct dh_floor){0};
}

int32_t dh_floor_rack_at(const struct dh_floor *floor, float x, float y) {
    for (int32_t h = 0; h < floor->n_hall; h++) {
        const struct dh_floor_hall *hall = &floor->halls[h];
        if (!dh_box_has(hall->box, x, y))
            continue;
        for (int32_t l = hall->first_line; l < hall->first_line + hall->lines; l++) {
            const struct dh_floor_line *line = &floor->lines[l];
            if (!dh_box_has(line->box, x, y))
                continue;
            int32_t low = 0, high = line->n - 1; /* racks of a line ascend in x */
            while (low < high) {
                int32_t middle = (low + high + 1) / 2;
                if (floor->rack[floor->racks[line->first + middle]].x <= x)
                    low = middle;
                else
                    high = middle - 1;
            }
            return floor->racks[line->first + low];
        }
    }
    return -1;
}
