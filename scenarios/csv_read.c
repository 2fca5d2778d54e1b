#include "scenarios/csv_read.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static void trim(const char **text, size_t *n) {
    while (*n > 0 && is_blank(**text)) {
        (*text)++;
        (*n)--;
    }
    while (*n > 0 && is_blank((*text)[*n - 1]))
        (*n)--;
}

struct dh_place dh_csv_place(const struct dh_csv *csv, int32_t column) {
    return dh_lines_place(&csv->in, column >= 0 && column < csv->n_field ? csv->fields[column].col : 0);
}

static enum dh_err add_field(struct dh_csv *csv, const char *text, size_t n, size_t at) {
    if (csv->n_field == csv->room) {
        if (csv->room >= DH_CSV_MAX_FIELDS)
            return dh_fail(csv->in.diag, DH_ERR_DATA, dh_lines_place(&csv->in, 0), "more than %d fields",
                           DH_CSV_MAX_FIELDS);
        int32_t room = csv->room ? 2 * csv->room : 32;
        struct dh_csv_field *grown = realloc(csv->fields, (size_t)room * sizeof *grown);
        if (!grown)
            return dh_fail(csv->in.diag, DH_ERR_MEMORY, dh_lines_place(&csv->in, 0), "out of memory");
        csv->fields = grown;
        csv->room = room;
    }
    csv->fields[csv->n_field++] = (struct dh_csv_field){text, n, (int32_t)at + 1};
    return DH_OK;
}

/* Goes on into the next line, the quote opened at `opened` being open still. The line may move in memory, so
 * the fields read so far are found again by their columns. */
static enum dh_err extend(struct dh_csv *csv, size_t opened) {
    bool got = false;
    enum dh_err err = dh_lines_extend(&csv->in, &got);
    if (err == DH_ERR_LIMIT_TEXT)
        dh_diag_hint(csv->in.diag, "the quote opened at column %zu is never closed", opened + 1);
    DH_TRY(err);
    if (!got)
        return dh_fail(csv->in.diag, DH_ERR_DATA, dh_lines_place(&csv->in, (int32_t)opened + 1),
                       "a quote that is never closed");
    for (int32_t i = 0; i < csv->n_field; i++) {
        const char *start = csv->in.text + csv->fields[i].col - 1;
        csv->fields[i].text = start + (*start == '"');
    }
    return DH_OK;
}

/* One quoted field, its opening quote at `at`; unquoted in place. *end is behind the closing quote. */
static enum dh_err quoted_field(struct dh_csv *csv, size_t at, size_t *end) {
    size_t from = at + 1, to = at + 1;
    for (;;) {
        if (from >= csv->in.n) {
            DH_TRY(extend(csv, at)); /* the line's end is part of the field */
            continue;
        }
        char c = csv->in.text[from++];
        if (c != '"') {
            csv->in.text[to++] = c;
        } else if (from < csv->in.n && csv->in.text[from] == '"') {
            csv->in.text[to++] = '"';
            from++;
        } else {
            break;
        }
    }
    *end = from;
    return add_field(csv, csv->in.text + at + 1, to - at - 1, at);
}

static enum dh_err split(struct dh_csv *csv) {
    csv->n_field = 0;
    for (size_t at = 0;;) {
        size_t end = at;
        if (at < csv->in.n && csv->in.text[at] == '"') {
            DH_TRY(quoted_field(csv, at, &end));
            if (end < csv->in.n && csv->in.text[end] != ',')
                return dh_fail(csv->in.diag, DH_ERR_DATA, dh_lines_place(&csv->in, (int32_t)at + 1),
                               "text after a closing quote: is a quote missing?");
        } else {
            const char *comma = at < csv->in.n ? memchr(csv->in.text + at, ',', csv->in.n - at) : NULL;
            end = comma ? (size_t)(comma - csv->in.text) : csv->in.n;
            const char *quote = end > at ? memchr(csv->in.text + at, '"', end - at) : NULL;
            if (quote)
                return dh_fail(csv->in.diag, DH_ERR_DATA,
                               dh_lines_place(&csv->in, (int32_t)(quote - csv->in.text) + 1),
                               "a quote within a field that does not begin with one");
            DH_TRY(add_field(csv, csv->in.text + at, end - at, at));
        }
        if (end >= csv->in.n)
            return DH_OK;
        at = end + 1;
    }
}

static bool is_empty_line(const struct dh_csv *csv) {
    for (size_t i = 0; i < csv->in.n; i++)
        if (!is_blank(csv->in.text[i]))
            return false;
    return true;
}

enum dh_err dh_csv_next(struct dh_csv *csv, bool *got) {
    do {
        csv->n_field = 0;
        DH_TRY(dh_lines_next(&csv->in, got));
        if (!*got)
            return DH_OK;
    } while (is_empty_line(csv));
    DH_TRY(split(csv));
    if (csv->n_field != csv->n_column)
        return dh_fail(csv->in.diag, DH_ERR_DATA, dh_lines_place(&csv->in, 0),
                       "%d fields where the header has %d%s", csv->n_field, csv->n_column,
                       csv->in.ended && csv->n_field < csv->n_column ? ": the file is cut off" : "");
    return DH_OK;
}

static bool same_name(const struct dh_csv_field *column, const char *name) {
    return column->n == strlen(name) && memcmp(column->text, name, column->n) == 0;
}

static enum dh_err read_header(struct dh_csv *csv) {
    bool got = false;
    do {
        DH_TRY(dh_lines_next(&csv->in, &got));
    } while (got && (is_empty_line(csv) || (csv->hash_comments && csv->in.text[0] == '#')));
    if (!got)
        return dh_fail(csv->in.diag, DH_ERR_DATA, (struct dh_place){csv->in.path, 1, 1},
                       "an empty file: no header");
    DH_TRY(split(csv));
    size_t n_text = 0;
    for (int32_t c = 0; c < csv->n_field; c++)
        n_text += csv->fields[c].n + 1;
    size_t n_column = (size_t)csv->n_field;
    csv->n_column = csv->n_field;
    csv->columns = n_column <= DH_CSV_MAX_FIELDS ? calloc(n_column, sizeof *csv->columns) : NULL;
    csv->known = n_column <= DH_CSV_MAX_FIELDS ? calloc(n_column, sizeof *csv->known) : NULL;
    csv->names = malloc(n_text);
    if (!csv->columns || !csv->known || !csv->names)
        return dh_fail(csv->in.diag, DH_ERR_MEMORY, dh_lines_place(&csv->in, 0), "out of memory");
    char *name = csv->names;
    for (int32_t c = 0; c < csv->n_column; c++) {
        const char *text = csv->fields[c].text;
        size_t n = csv->fields[c].n;
        trim(&text, &n);
        memcpy(name, text, n);
        name[n] = '\0';
        csv->columns[c] = (struct dh_csv_field){name, n, csv->fields[c].col};
        if (n == 0 && c > 0)
            return dh_fail(csv->in.diag, DH_ERR_DATA, dh_csv_place(csv, c), "a column without a name");
        for (int32_t other = 0; other < c; other++)
            if (same_name(&csv->columns[other], name))
                return dh_fail(csv->in.diag, DH_ERR_DATA, dh_csv_place(csv, c), "column %s is there twice",
                               name);
        name += n + 1;
    }
    return DH_OK;
}

static enum dh_err open_header(struct dh_csv *csv, int flags) {
    csv->hash_comments = (flags & DH_CSV_HASH_COMMENTS) != 0;
    enum dh_err err = read_header(csv);
    if (err != DH_OK)
        dh_csv_close(csv);
    return err;
}

enum dh_err dh_csv_open(struct dh_csv *csv, const char *path, int flags, struct dh_diag *diag) {
    *csv = (struct dh_csv){0};
    DH_TRY(dh_lines_open(&csv->in, path, diag));
    return open_header(csv, flags);
}

enum dh_err dh_csv_open_memory(struct dh_csv *csv, const char *bytes, size_t n, const char *path, int flags,
                               struct dh_diag *diag) {
    *csv = (struct dh_csv){0};
    DH_TRY(dh_lines_open_memory(&csv->in, bytes, n, path, diag));
    return open_header(csv, flags);
}

void dh_csv_close(struct dh_csv *csv) {
    dh_lines_close(&csv->in);
    free(csv->fields);
    free(csv->columns);
    free(csv->known);
    free(csv->names);
    *csv = (struct dh_csv){.in.fd = -1};
}

static int32_t find_column(struct dh_csv *csv, const char *name) {
    for (int32_t c = 0; name && c < csv->n_column; c++) {
        if (same_name(&csv->columns[c], name)) {
            csv->known[c] = true;
            return c;
        }
    }
    return -1;
}

int32_t dh_csv_column(struct dh_csv *csv, const char *name, const char *alias, enum dh_err *err) {
    int32_t first = find_column(csv, name), second = find_column(csv, alias);
    if (first >= 0 && second >= 0 && err)
        *err = dh_fail(csv->in.diag, DH_ERR_DATA, dh_lines_place(&csv->in, csv->columns[second].col),
                       "columns %s and %s mean the same", name, alias);
    return first >= 0 ? first : second;
}

int32_t dh_csv_column_prefix(struct dh_csv *csv, const char *prefix) {
    size_t n = strlen(prefix);
    for (int32_t c = 0; c < csv->n_column; c++) {
        if (csv->columns[c].n >= n && memcmp(csv->columns[c].text, prefix, n) == 0) {
            csv->known[c] = true;
            return c;
        }
    }
    return -1;
}

/* The names of the columns, with commas between, cut where they get long. */
static void list_columns(const struct dh_csv *csv, bool unknown_only, char *text, size_t room,
                         int32_t *count) {
    size_t used = 0;
    text[0] = '\0';
    *count = 0;
    for (int32_t c = 0; c < csv->n_column; c++) {
        if ((unknown_only && csv->known[c]) || csv->columns[c].n == 0)
            continue;
        ++*count;
        if (used + csv->columns[c].n + 8 < room)
            used +=
                (size_t)snprintf(text + used, room - used, "%s%s", used ? ", " : "", csv->columns[c].text);
        else if (used + 6 < room && (used < 3 || strcmp(text + used - 3, "...") != 0))
            used += (size_t)snprintf(text + used, room - used, ", ...");
    }
}

enum dh_err dh_csv_require(struct dh_csv *csv, const char *name, const char *alias, int32_t *column) {
    enum dh_err err = DH_OK;
    *column = dh_csv_column(csv, name, alias, &err);
    if (err != DH_OK || *column >= 0)
        return err;
    dh_fail(csv->in.diag, DH_ERR_MISSING, dh_lines_place(&csv->in, 1), "no column %s", name);
    char text[400];
    int32_t count = 0;
    list_columns(csv, false, text, sizeof text, &count);
    dh_diag_hint(csv->in.diag, "the columns are %s", text);
    return DH_ERR_MISSING;
}

void dh_csv_warn_unknown(struct dh_csv *csv) {
    char text[400];
    int32_t count = 0;
    list_columns(csv, true, text, sizeof text, &count);
    if (count > 0)
        dh_warn(csv->in.diag, DH_ERR_W_DATA, dh_lines_place(&csv->in, 0), "%s %s not used",
                count == 1 ? "column" : "columns", text);
}

bool dh_csv_is_empty(const struct dh_csv *csv, int32_t column) {
    if (column < 0)
        return true;
    const struct dh_csv_field *field = &csv->fields[column];
    for (size_t i = 0; i < field->n; i++)
        if (!is_blank(field->text[i]))
            return false;
    return true;
}

void dh_csv_text(const struct dh_csv *csv, int32_t column, char *text, size_t room) {
    *text = '\0';
    if (column < 0 || column >= csv->n_field)
        return;
    const char *from = csv->fields[column].text;
    size_t n = csv->fields[column].n;
    for (; n > 0 && *from == ' '; n--)
        from++;
    while (n > 0 && from[n - 1] == ' ')
        n--;
    n = n < room ? n : room - 1;
    memcpy(text, from, n);
    text[n] = '\0';
}

double dh_csv_number(const struct dh_csv *csv, int32_t column) {
    char text[64], *end;
    dh_csv_text(csv, column, text, sizeof text);
    double value = strtod(text, &end);
    return end == text || *end || !isfinite(value) ? NAN : value;
}
