#include "scenarios/csv_read.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* Reads all records and returns their fields, "a|b;c|d;"; on failure "CODE line:col". */
static const char *read_all(const char *text, size_t n, char *out, size_t room) {
    struct dh_csv csv;
    struct dh_diag diag = {0};
    size_t used = 0;
    out[0] = '\0';
    enum dh_err err = dh_csv_open_memory(&csv, text, n, "t.csv", DH_CSV_HASH_COMMENTS, &diag);
    bool opened = err == DH_OK, got = true;
    while (err == DH_OK && (err = dh_csv_next(&csv, &got)) == DH_OK && got)
        for (int32_t c = 0; c < csv.n_field; c++)
            used += (size_t)snprintf(out + used, room - used, "%.*s%s", (int)csv.fields[c].n,
                                     csv.fields[c].text, c + 1 < csv.n_field ? "|" : ";");
    if (err != DH_OK)
        snprintf(out, room, "%s %d:%d", dh_err_code(err), diag.messages[0].place.line,
                 diag.messages[0].place.col);
    if (opened)
        dh_csv_close(&csv);
    assert_int_equal(diag.n_error, err != DH_OK);
    dh_diag_free(&diag);
    return out;
}

static const char *fields_of(const char *text) {
    static char out[4096];
    return read_all(text, strlen(text), out, sizeof out);
}

void csv_reads_quotes_line_ends_and_marks(void **state) {
    (void)state;
    assert_string_equal(fields_of("a,b\n1,2\n3,4\n"), "1|2;3|4;");
    assert_string_equal(fields_of("a,b\r\n1,2\r\n3,4"), "1|2;3|4;");
    assert_string_equal(fields_of("\xEF\xBB\xBF"
                                  "a,b\n1,\n"),
                        "1|;");
    assert_string_equal(fields_of("# said\n\na,b\n\n1,2\n\n"), "1|2;");
    assert_string_equal(fields_of("a,b\n\"x,\"\"y\"\"\",\"\"\n"), "x,\"y\"|;");
    assert_string_equal(fields_of("a,b\nfirst,\"two\r\nlines\"\n3,4\n"), "first|two\r\nlines;3|4;");
    assert_string_equal(fields_of("a,b\n\"one\",\"\n\"\n"), "one|\n;");
    assert_string_equal(fields_of("a\n"), "");
}

void csv_refuses_with_a_place(void **state) {
    (void)state;
    assert_string_equal(fields_of(""), "E-DATA 1:1");
    assert_string_equal(fields_of("\n\n"), "E-DATA 1:1");
    assert_string_equal(fields_of("a,b,a\n"), "E-DATA 1:5");
    assert_string_equal(fields_of("a,,b\n"), "E-DATA 1:3");
    assert_string_equal(fields_of("a,b\n1,2,3\n"), "E-DATA 2:0");
    assert_string_equal(fields_of("a,b\n1,2\n3"), "E-DATA 3:0");
    assert_string_equal(fields_of("a,b\n1,\"2\n3,4\n"), "E-DATA 2:3");
    assert_string_equal(fields_of("a,b\n1,\"2\n3,\"4\"\n"),
                        "E-DATA 2:3"); /* the next quote ends it, text follows */
    assert_string_equal(fields_of("a,b\n1,x\"2\n"), "E-DATA 2:4");
    assert_string_equal(fields_of("a,b\n1,2\r3,4\n"), "E-DATA 2:4");
    char out[64];
    assert_string_equal(read_all("a,b\n1,\0002\n", 9, out, sizeof out), "E-DATA 2:3");
    assert_string_equal(read_all("\xFF\xFE"
                                 "a\0",
                                 4, out, sizeof out),
                        "E-DATA 1:0");
}

void csv_keeps_to_its_limits(void **state) {
    (void)state;
    size_t n = 3 << 20;
    char *text = malloc(n), out[64];
    assert_non_null(text);
    memset(text, 'x', n);
    memcpy(text, "a\n", 2);
    assert_string_equal(read_all(text, n, out, sizeof out), "E-LIMIT-TEXT 2:0");
    memset(text + 2, '\n', n - 2); /* a quote that would swallow line after line */
    text[2] = '"';
    assert_string_equal(read_all(text, n, out, sizeof out), "E-LIMIT-TEXT 2:0");
    memset(text, ',', n);
    assert_string_equal(read_all(text, 5000, out, sizeof out), "E-DATA 1:0");
    free(text);
}

static void write_file(const char *path, const void *bytes, size_t n) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    fclose(file);
}

static enum dh_err try_file(const char *path, int32_t *n_record) {
    struct dh_csv csv;
    bool got = true;
    *n_record = 0;
    enum dh_err err = dh_csv_open(&csv, path, DH_CSV_PLAIN, NULL);
    if (err != DH_OK)
        return err;
    while ((err = dh_csv_next(&csv, &got)) == DH_OK && got)
        ++*n_record;
    dh_csv_close(&csv);
    return err;
}

void csv_inflates_only_what_is_named_so(void **state) {
    (void)state;
    char folder[] = "/tmp/dh-csv-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    int32_t n = 0;
    snprintf(path, sizeof path, "%s/a.csv.gz", folder);
    gzFile gz = gzopen(path, "wb");
    assert_int_equal(gzwrite(gz, "a,b\n1,2\n", 8), 8);
    gzclose(gz);
    gz = gzopen(path, "ab"); /* a second member, as `cat a.gz b.gz` makes it */
    assert_int_equal(gzwrite(gz, "3,4\n", 4), 4);
    gzclose(gz);
    assert_int_equal(try_file(path, &n), DH_OK);
    assert_int_equal(n, 2);
    char bytes[256];
    FILE *file = fopen(path, "rb");
    size_t n_byte = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    write_file(path, bytes, n_byte - 6); /* cut off */
    assert_int_equal(try_file(path, &n), DH_ERR_DATA);
    write_file(path, "a,b\n1,2\n", 8); /* no gzip */
    assert_int_equal(try_file(path, &n), DH_ERR_DATA);
    unlink(path);
    snprintf(path, sizeof path, "%s/a.csv", folder);
    write_file(path, bytes, n_byte);
    assert_int_equal(try_file(path, &n), DH_ERR_DATA);
    unlink(path);
    rmdir(folder);
}

void csv_refuses_bombs_pipes_and_folders(void **state) {
    (void)state;
    char folder[] = "/tmp/dh-csv-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    int32_t n = 0;
    snprintf(path, sizeof path, "%s/bomb.csv.gz", folder);
    gzFile gz = gzopen(path, "wb9");
    char *lines = malloc(1 << 20);
    assert_non_null(lines);
    memset(lines, '\n', 1 << 20);
    gzwrite(gz, "a,b\n", 4);
    for (int i = 0; i < 40; i++)
        assert_int_equal(gzwrite(gz, lines, 1 << 20), 1 << 20);
    gzclose(gz);
    free(lines);
    assert_int_equal(try_file(path, &n), DH_ERR_LIMIT_BYTES);
    unlink(path);
    snprintf(path, sizeof path, "%s/fifo", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(try_file(path, &n), DH_ERR_DATA); /* and does not wait for a writer */
    unlink(path);
    assert_int_equal(try_file(folder, &n), DH_ERR_DATA);
    assert_int_equal(try_file("/dev/zero", &n), DH_ERR_DATA);
    assert_int_equal(try_file(path, &n), DH_ERR_NOT_FOUND);
    rmdir(folder);
}

static dh_time seconds_of(const char *text) {
    dh_time t = 0;
    enum dh_err err = dh_seconds_parse(text, strlen(text), &t);
    return err == DH_OK ? t : err == DH_ERR_RANGE ? -2 : -1;
}

void seconds_are_read_exactly(void **state) {
    (void)state;
    assert_true(seconds_of("0") == 0);
    assert_true(seconds_of("1.5") == 1500000000);
    assert_true(seconds_of("-100") == -100000000000);
    assert_true(seconds_of("1700000000.123456789") ==
                1700000000123456789); /* a double keeps 7 digits of these */
    assert_true(seconds_of("0.0000000005") == 1);
    assert_true(seconds_of("0.00000000049999") == 0);
    assert_true(seconds_of(" 8.0 ") == 8000000000);
    assert_true(seconds_of("1.7e3") == 1700000000000);
    assert_true(seconds_of("9223372036") == 9223372036000000000);
    assert_true(seconds_of("9223372037") == -2);
    assert_true(seconds_of("1700000000000") == -2);
    assert_true(seconds_of("1e300") == -2);
    assert_true(seconds_of("") == -1);
    assert_true(seconds_of(".") == -1);
    assert_true(seconds_of("nan") == -1);
    assert_true(seconds_of("0x10") == -1);
    assert_true(seconds_of("1,5") == -1);
    assert_true(seconds_of("1 2") == -1);
}

static int64_t instant_of(const char *text) {
    int64_t ns = 0;
    enum dh_err err = dh_instant_parse(text, strlen(text), &ns);
    return err == DH_OK ? ns : err == DH_ERR_RANGE ? -2 : -1;
}

void instants_are_read_in_the_forms_that_files_use(void **state) {
    (void)state;
    int64_t s = 1000000000;
    assert_true(instant_of("1970-01-01T00:00:00Z") == 0);
    assert_true(instant_of("2022-01-01T05:00:00Z") == 1641013200 * s);
    assert_true(instant_of("2022-01-01 05:00:00+00:00") == 1641013200 * s);
    assert_true(instant_of("2022-01-01T00:00:00-05:00") == 1641013200 * s);
    assert_true(instant_of("2022-01-01T10:30+0530") == 1641013200 * s);
    assert_true(instant_of("2022-01-01 05:00 UTC") == 1641013200 * s);
    assert_true(instant_of("2023-11-16 18:17:03.9799600") == 1700158623 * s + 979960000);
    assert_true(instant_of("2024-02-29") == 1709164800 * s);
    assert_true(instant_of("2023-02-29") == -2);
    assert_true(instant_of("2022-13-01") == -2);
    assert_true(instant_of("2022-01-01T25:00") == -2);
    assert_true(instant_of("01/02/2022") == -1);
    assert_true(instant_of("2022-01-01T05:00:00X") == -1);
    assert_true(instant_of("") == -1);
}
