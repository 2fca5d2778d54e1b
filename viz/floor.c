#include "viz/floor.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Widths in metres that no scenario gives: assumptions of the drawing, not of the run. */
enum { MAX_COOLERS = 24, N_LENGTH = 14, N_BANK = 5, N_VARIANT = N_LENGTH * N_BANK, MAX_SHELVES = 64 };
static const float AISLE = 1.0f, WALL = 2.2f, BARE_WALL = 0.7f, BETWEEN = 2.2f, COOLER = 1.4f, UNIT = 0.9f;
static const float BELOW = 0.3f, BEHIND = 0.5f, BANK_GAP = 1.4f;
static const float PANE = 2.1f, TITLE = 1.2f; /* until the pane is known: its width over its height */
static const int32_t bank_counts[N_BANK] = {1, 2, 3, 4, 6};

/* One way to set up a hall: how many racks a line has, in how many banks beside each other lines stand. */
struct dh_floor_variant {
    float w, h;
    int32_t length, banks;
};

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
    float aspect, title;
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
    for (int32_t r = 0; r < f->n_rack; r++)
        floor->rack[r] = (struct dh_box){0, 0, rack_width(f, r), rack_depth(f, r)};
    return true;
}

static bool has_coolers(const struct dh_facility *f, int32_t hall) {
    return hall >= 0 && f->hall_plant[hall] >= 0 && f->hall_spec[hall]->air_handlers > 0;
}

static bool has_cdu(const struct dh_facility *f, const struct dh_floor_line *line, const int32_t *racks) {
    return f->rack_cdu[racks[line->first]] >= 0;
}

/* Width and depth of a line with what stands at its end. */
static struct dh_box size_line(const struct maker *m, const struct dh_floor_line *line) {
    float w = 0, depth = 0;
    for (int32_t k = 0; k < line->n; k++) {
        const struct dh_box *rack = &m->floor->rack[m->floor->racks[line->first + k]];
        w += rack->w;
        depth = fmaxf(depth, rack->h);
    }
    w += 0.2f + UNIT + (has_cdu(m->f, line, m->floor->racks) ? 0.2f + UNIT : 0);
    return (struct dh_box){0, 0, w, depth};
}

static void place_line(struct maker *m, struct dh_floor_line *line, float x, float y) {
    float at = x, depth = 0;
    for (int32_t k = 0; k < line->n; k++) {
        int32_t r = m->floor->racks[line->first + k];
        struct dh_box *box = &m->floor->rack[r];
        box->x = at;
        box->y = y;
        m->floor->rack_line[r] = (int32_t)(line - m->floor->lines);
        at += box->w;
        depth = fmaxf(depth, box->h);
    }
    line->box = (struct dh_box){x, y, at - x, depth};
    line->feed = (struct dh_box){at + 0.2f, y, UNIT, depth};
    line->cdu = (struct dh_box){0};
    if (has_cdu(m->f, line, m->floor->racks))
        line->cdu = (struct dh_box){at + 0.4f + UNIT, y, UNIT, depth};
    struct dh_box aisle = {line->box.x, y - AISLE, line->box.w, AISLE};
    line->cold = line->faces_up ? aisle : (struct dh_box){0};
    line->hot = line->faces_up ? (struct dh_box){0} : aisle;
}

/* Lines of a hall, from floor->lines + first on; how many. One ends where the row does, and a row of more
 * than one and a half of them is folded into equal ones. */
static int32_t cut_lines(struct maker *m, int32_t hall, int32_t first, int32_t length) {
    struct dh_floor *floor = m->floor;
    int32_t n = 0, end = floor->halls[hall].end_rack;
    for (int32_t at = floor->halls[hall].first_rack, row_end; at < end; at = row_end) {
        int32_t row = m->f->rack_row[floor->racks[at]];
        for (row_end = at + 1; row_end < end && m->f->rack_row[floor->racks[row_end]] == row;)
            row_end++;
        int32_t racks = row_end - at, folds = 2 * racks <= 3 * length ? 1 : (racks + length - 1) / length,
                each = (racks + folds - 1) / folds;
        for (int32_t k = at; k < row_end; k += each)
            floor->lines[first + n++] = (struct dh_floor_line){
                .first = k, .n = k + each < row_end ? each : row_end - k, .hall = hall};
    }
    return n;
}

/* Lines of a hall at the origin, top down in banks, each pair with a cold aisle above and below and a hot one
 * within; the size of the hall. Moves nothing unless told to. */
static struct dh_box bank_lines(struct maker *m, int32_t hall, int32_t first, int32_t n, int32_t banks,
                                bool place) {
    struct dh_floor *floor = m->floor;
    float wall = has_coolers(m->f, floor->halls[hall].hall) ? WALL : BARE_WALL, x = wall, bottom = 0;
    int32_t rows = (n + banks - 1) / banks;
    rows += rows > 1 && rows % 2; /* a bank ends with a cold aisle */
    for (int32_t k = 0; k < n;) {
        float y = m->title, widest = 0;
        for (int32_t end = k + rows < n ? k + rows : n, i = 0; k < end; k++, i++) {
            struct dh_floor_line *line = &floor->lines[first + k];
            struct dh_box size = size_line(m, line);
            line->faces_up = i % 2 == 0;
            y += AISLE;
            if (place)
                place_line(m, line, x, y);
            y += size.h;
            widest = fmaxf(widest, size.w);
            if (k + 1 == end && line->faces_up) { /* no other row shares its hot aisle */
                if (place)
                    line->hot = (struct dh_box){line->box.x, y, line->box.w, BEHIND};
                y += BEHIND;
            }
        }
        bottom = fmaxf(bottom, y);
        x += widest + (k < n ? BANK_GAP : 0);
    }
    return (struct dh_box){0, 0, x + wall, bottom + BELOW};
}

/* The ways to set up a hall, from long lines to short ones. */
static void vary_hall(struct maker *m, int32_t hall, struct dh_floor_variant *out) {
    static const float shapes[N_LENGTH] = {0.06f, 0.12f, 0.2f, 0.33f, 0.5f, 0.8f, 1.2f,
                                           1.8f,  2.7f,  4,    6,     9,    16,   40};
    struct dh_floor *floor = m->floor;
    const struct dh_floor_hall *h = &floor->halls[hall];
    int32_t racks = h->end_rack - h->first_rack;
    const struct dh_box *rack = &floor->rack[floor->racks[h->first_rack]];
    for (int k = 0; k < N_LENGTH; k++) {
        float length = ceilf(sqrtf(shapes[k] * (float)racks * (rack->h + AISLE) / rack->w));
        int32_t most = (int32_t)fminf(fmaxf(length, 4), (float)racks), n = cut_lines(m, hall, 0, most);
        for (int b = 0; b < N_BANK; b++) {
            int32_t banks = bank_counts[b] < n ? bank_counts[b] : n;
            struct dh_box size = bank_lines(m, hall, 0, n, banks, false);
            out[k * N_BANK + b] = (struct dh_floor_variant){size.w, size.h, most, banks};
        }
    }
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

/* Air handlers down both long walls, of a hall that has any; not more than there is room for. */
static void place_coolers(struct maker *m, const struct dh_floor_hall *hall, int32_t index) {
    struct dh_floor *floor = m->floor;
    float room = hall->box.h - m->title - AISLE - BELOW;
    int32_t n = has_coolers(m->f, hall->hall) ? (int32_t)m->f->hall_spec[hall->hall]->air_handlers : 0,
            most = 2 * (int32_t)fminf(fmaxf(room / 1.1f, 1), MAX_COOLERS / 2);
    n = n > most ? most : n;
    int32_t side = (n + 1) / 2;
    float pitch = side > 0 ? fminf(room / (float)side, 3.2f) : 0, depth = fminf(pitch * 0.8f, 2.4f);
    for (int32_t i = 0; i < n; i++) {
        float x = i % 2 == 0 ? hall->box.x + 0.3f : hall->box.x + hall->box.w - 0.3f - COOLER;
        float y = hall->box.y + m->title + AISLE + (float)(i / 2) * pitch;
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
        if (x > 0 && x + hall->box.w > width * 1.0001f) {
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

/* The narrowest way to set up each hall that is not higher than that, or else the lowest one. */
static bool choose_variants(struct maker *m, float height) {
    bool banks = false;
    for (int32_t h = 0; h < m->floor->n_hall; h++) {
        const struct dh_floor_variant *all = m->floor->variants + (size_t)h * N_VARIANT, *best = &all[0];
        for (int k = 1; k < N_VARIANT; k++) {
            bool fits = all[k].h <= height * 1.0001f, fitted = best->h <= height * 1.0001f;
            if (fits ? !fitted || all[k].w < best->w * 0.999f : !fitted && all[k].h < best->h)
                best = &all[k];
        }
        m->floor->halls[h].box = (struct dh_box){0, 0, best->w, best->h};
        m->floor->halls[h].variant = best;
        banks |= best->banks > 1;
    }
    return banks;
}

/* Width of the shelves by which a pane shows the halls, as they are now set up, largest; and how large. */
static float best_shelves(struct maker *m, float *zoom) {
    struct dh_floor *floor = m->floor;
    float total = 0, width = 0;
    *zoom = 0;
    int32_t step = (floor->n_hall + MAX_SHELVES - 1) / MAX_SHELVES;
    for (int32_t h = 0; h < floor->n_hall; h++) {
        total += floor->halls[h].box.w + (h > 0 ? BETWEEN : 0);
        if (h % step != 0 && h + 1 < floor->n_hall)
            continue;
        struct dh_box all = shelve(m, total, false);
        float shown = fminf(m->aspect / all.w, 1 / all.h);
        if (shown > *zoom) {
            *zoom = shown;
            width = total;
        }
    }
    return width;
}

/* Of the heights that halls can have, the one with which a pane shows all largest. Banks only where they show
 * it larger by more than a little. */
static void place_halls(struct maker *m) {
    struct dh_floor *floor = m->floor;
    float best = 0, height = 0, width = 0, zoom;
    int32_t largest = 0;
    for (int32_t h = 0; h < floor->n_hall; h++) {
        vary_hall(m, h, floor->variants + (size_t)h * N_VARIANT);
        largest = floor->halls[h].racks > floor->halls[largest].racks ? h : largest;
    }
    for (int k = 0; k < N_VARIANT && floor->n_hall > 0; k++) {
        float tried = floor->variants[(size_t)largest * N_VARIANT + (size_t)k].h;
        bool banks = choose_variants(m, tried);
        float shelf = best_shelves(m, &zoom);
        zoom *= banks ? 0.94f : 1;
        if (zoom > best) {
            best = zoom;
            height = tried;
            width = shelf;
        }
    }
    choose_variants(m, height);
    floor->n_line = floor->n_cooler = 0;
    for (int32_t h = 0; h < floor->n_hall; h++) {
        struct dh_floor_hall *hall = &floor->halls[h];
        hall->first_line = floor->n_line;
        hall->lines = cut_lines(m, h, floor->n_line, hall->variant->length);
        hall->box = bank_lines(m, h, hall->first_line, hall->lines, hall->variant->banks, true);
        floor->n_line += hall->lines;
    }
    floor->box = shelve(m, width, true);
    for (int32_t h = 0; h < floor->n_hall; h++)
        place_coolers(m, &floor->halls[h], h);
}

void dh_floor_arrange(struct dh_floor *floor, const struct dh_facility *facility, float aspect,
                      float title_m) {
    struct maker m = {.f = facility, .floor = floor, .aspect = aspect, .title = title_m};
    floor->aspect = aspect;
    floor->title_m = title_m;
    place_halls(&m);
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
    out->variants = dh_arena_array(&out->mem, n_hall * N_VARIANT, sizeof *out->variants);
    if (!out->halls || !out->lines || !out->coolers || !out->cooler_hall || !out->variants ||
        !sort_racks(&m)) {
        dh_floor_free(out);
        return DH_ERR_MEMORY;
    }
    for (int32_t g = 0; g <= f->n_hall; g++) {
        if (m.first_of[g] == m.first_of[g + 1])
            continue;
        struct dh_floor_hall *hall = &out->halls[out->n_hall];
        hall->hall = g < f->n_hall ? g : -1;
        hall->first_rack = m.first_of[g];
        hall->end_rack = m.first_of[g + 1];
        hall->racks = hall->end_rack - hall->first_rack;
        name_hall(f, hall);
        out->n_hall++;
    }
    dh_floor_arrange(out, f, PANE, TITLE);
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
