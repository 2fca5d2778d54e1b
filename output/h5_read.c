#include "output/h5_read.h"

#include "output/h5_internal.h"
#include "output/sandbox.h"
#include "sim/text.h"

#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <hdf5_hl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a result may hold. */
enum { MAX_DATASETS = 20000, MAX_NAME = 255, MAX_TEXT = 64 * 1024, MAX_CHUNK_BYTES = 16 << 20 };
static const hsize_t MAX_VALUES = (hsize_t)1 << 31;

struct reader {
    hid_t file;
    hid_t *datasets;
    struct dh_h5_record *records;
    int32_t n_dataset, n_room;
    struct dh_text list; /* records and texts, as they are sent */
    const char *group;   /* being listed */
    const char *refusal;
};

static int refuse(struct reader *r, const char *reason) {
    if (!r->refusal)
        r->refusal = reason;
    return -1;
}

/* ---- attributes ------------------------------------------------------------------------------------------
 */

/* A text attribute of an object, "" when it is absent; malloc'ed, NULL when it is not a short fixed-length
 * text. */
static char *text_attribute(hid_t object, const char *name) {
    if (H5Aexists(object, name) <= 0)
        return strdup("");
    char *text = NULL;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT), type = attribute < 0 ? -1 : H5Aget_type(attribute);
    hid_t space = attribute < 0 ? -1 : H5Aget_space(attribute);
    if (type >= 0 && space >= 0 && H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0 &&
        H5Sget_simple_extent_npoints(space) == 1 && H5Tget_size(type) <= MAX_TEXT) {
        text = calloc(1, H5Tget_size(type) + 1);
        if (text && H5Aread(attribute, type, text) < 0) {
            free(text);
            text = NULL;
        }
    }
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(attribute);
    return text;
}

static double number_attribute(hid_t object, const char *name) {
    double value = NAN;
    if (H5Aexists(object, name) <= 0)
        return value;
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT), type = attribute < 0 ? -1 : H5Aget_type(attribute);
    hid_t space = attribute < 0 ? -1 : H5Aget_space(attribute);
    H5T_class_t class = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
    if (space >= 0 && (class == H5T_FLOAT || class == H5T_INTEGER) && H5Tget_size(type) <= 8 &&
        H5Sget_simple_extent_npoints(space) == 1 && H5Aread(attribute, H5T_NATIVE_DOUBLE, &value) < 0)
        value = NAN;
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(attribute);
    return value;
}

static int add_attribute(struct reader *r, hid_t object, const char *name) {
    char *text = text_attribute(object, name);
    if (!text)
        return refuse(r, "an attribute is not a text");
    dh_text_add(&r->list, text, strlen(text) + 1);
    free(text);
    return 0;
}

/* ---- the short list --------------------------------------------------------------------------------------
 */

static bool name_is_fine(const char *name) {
    size_t n = strlen(name);
    if (n == 0 || n > MAX_NAME || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return false;
    for (; *name; name++)
        if ((unsigned char)*name < 0x20 || *name == 0x7f || *name == '/')
            return false;
    return true;
}

/* Rows of a chunk; 0: not in chunks. */
static int check_layout(struct reader *r, hid_t dataset, size_t value_bytes, int32_t *chunk_rows) {
    hid_t create = H5Dget_create_plist(dataset);
    if (create < 0)
        return refuse(r, "a dataset's properties are damaged");
    int result = 0;
    H5D_layout_t layout = H5Pget_layout(create);
    if (H5Pget_external_count(create) != 0)
        result = refuse(r, "a dataset's values lie in another file");
    else if (layout != H5D_CONTIGUOUS && layout != H5D_CHUNKED && layout != H5D_COMPACT)
        result = refuse(r, "a dataset's values lie in other datasets");
    else if (layout == H5D_CHUNKED) {
        hsize_t chunk[H5S_MAX_RANK] = {1, 1};
        int rank = H5Pget_chunk(create, H5S_MAX_RANK, chunk);
        if (rank < 1 || rank > 2 || chunk[0] > MAX_CHUNK_BYTES || (rank == 2 && chunk[1] > MAX_CHUNK_BYTES) ||
            chunk[0] * (rank == 2 ? chunk[1] : 1) * value_bytes > MAX_CHUNK_BYTES)
            result = refuse(r, "a chunk is larger than 16 MiB");
        else
            *chunk_rows = (int32_t)chunk[0];
    }
    for (int i = 0, n = H5Pget_nfilters(create); i < n && result == 0; i++) {
        unsigned flags, config;
        size_t n_value = 0;
        H5Z_filter_t filter = H5Pget_filter2(create, (unsigned)i, &flags, &n_value, NULL, 0, NULL, &config);
        if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE && filter != H5Z_FILTER_FLETCHER32)
            result = refuse(r, "a filter other than deflate, shuffle and fletcher32");
    }
    H5Pclose(create);
    return result;
}

static int check_dataset(struct reader *r, hid_t dataset, struct dh_h5_record *record) {
    hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    H5T_class_t class = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
    int result = 0;
    if (class == H5T_STRING && H5Tis_variable_str(type) > 0)
        record->kind = DH_H5_KIND_TEXT;
    else if (class == H5T_FLOAT)
        record->kind = DH_H5_KIND_NUMBER;
    else if (class == H5T_INTEGER)
        record->kind = DH_H5_KIND_INTEGER;
    else
        result = refuse(r, "a dataset holds neither numbers nor texts");
    record->size = type < 0 ? 0 : (int32_t)H5Tget_size(type);
    if (record->kind != DH_H5_KIND_TEXT && record->size > 8)
        result = refuse(r, "numbers of more than eight bytes");
    int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    hsize_t dims[H5S_MAX_RANK] = {1, 1};
    if (rank < 0 || rank > 2 || H5Sget_simple_extent_dims(space, dims, NULL) != rank ||
        (rank == 2 && record->kind == DH_H5_KIND_TEXT))
        result = refuse(r, "a dataset with more than two dimensions");
    else if (dims[0] > MAX_VALUES || dims[1] > MAX_VALUES || dims[0] * dims[1] > MAX_VALUES)
        result = refuse(r, "a dataset is larger than a result's");
    record->rank = rank;
    record->dims[0] = (int64_t)dims[0];
    record->dims[1] = (int64_t)dims[1];
    H5Sclose(space);
    H5Tclose(type);
    if (result == 0)
        result = check_layout(r, dataset, record->kind == DH_H5_KIND_TEXT ? 16 : (size_t)record->size,
                              &record->chunk_rows);
    record->stored_bytes = H5Dget_storage_size(dataset);
    return result;
}

static herr_t note_scale(hid_t dataset, unsigned axis, hid_t scale, void *out) {
    (void)dataset, (void)axis;
    return H5DSget_scale_name(scale, out, MAX_NAME + 1) < 0 ? -1 : 1;
}

static void add_dimension(struct reader *r, hid_t dataset, const char *name,
                          const struct dh_h5_record *record, unsigned axis) {
    char scale[MAX_NAME + 2] = "";
    if ((int)axis < record->rank) {
        if (H5DSis_scale(dataset) > 0)
            strcpy(scale, name);
        else if (H5DSiterate_scales(dataset, axis, NULL, note_scale, scale) < 0)
            *scale = '\0';
    }
    dh_text_add(&r->list, scale, strlen(scale) + 1);
}

static herr_t list_dataset(hid_t group, const char *name, const H5L_info_t *link, void *data) {
    struct reader *r = data;
    if (!name_is_fine(name))
        return refuse(r, "a name with control characters");
    if (link->type != H5L_TYPE_HARD)
        return refuse(r, "a link that is not a hard link");
    H5O_info_t info;
    if (H5Oget_info_by_name2(group, name, &info, H5O_INFO_BASIC, H5P_DEFAULT) < 0 ||
        info.type != H5O_TYPE_DATASET)
        return refuse(r, "something other than a dataset in a group");
    if (r->n_dataset == MAX_DATASETS)
        return refuse(r, "too many datasets");
    if (r->n_dataset == r->n_room) {
        int32_t room = r->n_room ? 2 * r->n_room : 256;
        hid_t *more = realloc(r->datasets, (size_t)room * sizeof *more);
        if (more)
            r->datasets = more;
        struct dh_h5_record *records = realloc(r->records, (size_t)room * sizeof *records);
        if (records)
            r->records = records;
        if (!more || !records)
            return refuse(r, "no memory for the list of datasets");
        r->n_room = room;
    }
    hid_t dataset = H5Dopen2(group, name, H5P_DEFAULT);
    if (dataset < 0)
        return refuse(r, "a dataset cannot be opened");
    struct dh_h5_record record = {0};
    if (check_dataset(r, dataset, &record) < 0)
        return -1;
    r->records[r->n_dataset] = record;
    r->datasets[r->n_dataset++] = dataset;
    dh_text_add(&r->list, (const char *)&record, sizeof record);
    dh_text_add(&r->list, r->group, strlen(r->group) + 1);
    dh_text_add(&r->list, name, strlen(name) + 1);
    static const char *const attributes[] = {"units", "long_name", "cell_methods", "flag_meanings"};
    for (int i = 0; i < 4; i++)
        if (add_attribute(r, dataset, attributes[i]) < 0)
            return -1;
    add_dimension(r, dataset, name, &record, 0);
    add_dimension(r, dataset, name, &record, 1);
    return r->list.failed ? refuse(r, "no memory for the list of datasets") : 0;
}

static herr_t list_group(hid_t root, const char *name, const H5L_info_t *link, void *data) {
    struct reader *r = data;
    if (!name_is_fine(name))
        return refuse(r, "a name with control characters");
    if (link->type != H5L_TYPE_HARD)
        return refuse(r, "a link that is not a hard link");
    H5O_info_t info;
    if (H5Oget_info_by_name2(root, name, &info, H5O_INFO_BASIC, H5P_DEFAULT) < 0 ||
        info.type != H5O_TYPE_GROUP)
        return refuse(r, "something other than a group at the root");
    hid_t group = H5Gopen2(root, name, H5P_DEFAULT);
    H5G_info_t contents;
    if (group < 0 || H5Gget_info(group, &contents) < 0)
        return refuse(r, "a group cannot be opened");
    if (contents.nlinks > MAX_DATASETS)
        return refuse(r, "too many datasets");
    r->group = name;
    if (H5Literate(group, H5_INDEX_CRT_ORDER, H5_ITER_INC, NULL, list_dataset, r) < 0)
        return refuse(r, "a group cannot be listed");
    H5Gclose(group);
    return 0;
}

static int list_file(struct reader *r) {
    static const char *const attributes[DH_N_FILE_TEXT] = {"title", "source", "scenario",
                                                           "time_coverage_start", "status"};
    double schema = number_attribute(r->file, "datahall_schema_version");
    if (isnan(schema))
        return refuse(r, "HDF5, but not a result of datahall");
    if (schema != 1)
        return refuse(r, "a result of another version's format");
    struct dh_h5_file_record record = {0, number_attribute(r->file, "duration_s")};
    dh_text_add(&r->list, (const char *)&record, sizeof record);
    for (int i = 0; i < DH_N_FILE_TEXT; i++)
        if (add_attribute(r, r->file, attributes[i]) < 0)
            return -1;
    H5G_info_t contents;
    if (H5Gget_info(r->file, &contents) < 0 || contents.nlinks > 1000)
        return refuse(r, "too many groups");
    if (H5Literate(r->file, H5_INDEX_CRT_ORDER, H5_ITER_INC, NULL, list_group, r) < 0)
        return refuse(r, "the root cannot be listed");
    if (r->list.failed)
        return refuse(r, "no memory for the list of datasets");
    record.n_dataset = r->n_dataset;
    memcpy(r->list.at, &record, sizeof record);
    return 0;
}

/* ---- answers ---------------------------------------------------------------------------------------------
 */

static int send_all(int socket, const void *bytes, size_t n) {
    for (const char *at = bytes; n > 0;) {
        ssize_t sent = send(socket, at, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return -1;
        at += sent;
        n -= (size_t)sent;
    }
    return 0;
}

static int answer(int socket, uint32_t status, int32_t number, const void *bytes, size_t n) {
    struct dh_h5_answer head = {.status = status, .number = number, .n_byte = n};
    return send_all(socket, &head, sizeof head) < 0 ? -1 : send_all(socket, bytes, n);
}

static int answer_refusal(int socket, const char *reason) {
    return answer(socket, 1, 0, reason, strlen(reason));
}

static int answer_rows(struct reader *r, int socket, const struct dh_h5_request *q) {
    if (q->dataset >= (uint32_t)r->n_dataset)
        return answer_refusal(socket, "no such dataset");
    const struct dh_h5_record *record = &r->records[q->dataset];
    bool text = q->ask == DH_H5_ASK_TEXTS;
    int64_t row = record->rank == 2 ? record->dims[1] : 1, rows = record->rank == 0 ? 1 : record->dims[0];
    if (q->column < 0 || q->width < 0 || q->width > row - q->column || (q->width == 0 && q->column != 0))
        return answer_refusal(socket, "columns out of range");
    row = q->width > 0 ? q->width : row;
    if (text != (record->kind == DH_H5_KIND_TEXT))
        return answer_refusal(socket, "wrong kind of dataset");
    if (q->first < 0 || q->n < 1 || q->first > rows || q->n > rows - q->first ||
        (row > 0 && q->n > (int64_t)(DH_H5_READ_BYTES / sizeof(int64_t)) / row))
        return answer_refusal(socket, "rows out of range");
    size_t n = (size_t)(q->n * row);
    void *values = calloc(n + 1, sizeof(int64_t));
    if (!values)
        return answer_refusal(socket, "no memory");
    hid_t file_space = H5Dget_space(r->datasets[q->dataset]), memory_space = H5S_ALL;
    if (record->rank > 0) {
        hsize_t start[2] = {(hsize_t)q->first, (hsize_t)q->column}, count[2] = {(hsize_t)q->n, (hsize_t)row};
        H5Sselect_hyperslab(file_space, H5S_SELECT_SET, start, NULL, count, NULL);
        memory_space = H5Screate_simple(record->rank, count, NULL);
    }
    hid_t texts = H5Tcopy(H5T_C_S1);
    H5Tset_size(texts, H5T_VARIABLE);
    H5Tset_cset(texts, H5T_CSET_UTF8);
    hid_t type = text ? texts : q->ask == DH_H5_ASK_NUMBERS ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT64;
    if (text) { /* the file's own character set: the library does not convert between them */
        hid_t own = H5Dget_type(r->datasets[q->dataset]);
        H5Tset_cset(texts, H5Tget_cset(own));
        H5Tclose(own);
    }
    int result;
    if (H5Dread(r->datasets[q->dataset], type, memory_space, record->rank > 0 ? file_space : H5S_ALL,
                H5P_DEFAULT, values) < 0)
        result = answer_refusal(socket, "values cannot be read");
    else if (!text)
        result = answer(socket, 0, 0, values, n * sizeof(int64_t));
    else {
        struct dh_text out = {0};
        for (size_t i = 0; i < n && out.n <= (64u << 20); i++) {
            const char *at = ((char **)values)[i];
            dh_text_add(&out, at ? at : "", at ? strlen(at) + 1 : 1);
        }
        result = out.failed || out.n > (64u << 20) ? answer_refusal(socket, "texts too long")
                                                   : answer(socket, 0, 0, out.at, out.n);
        H5Dvlen_reclaim(texts, memory_space == H5S_ALL ? file_space : memory_space, H5P_DEFAULT, values);
        dh_text_free(&out);
    }
    H5Tclose(texts);
    if (memory_space != H5S_ALL)
        H5Sclose(memory_space);
    H5Sclose(file_space);
    free(values);
    return result;
}

static int open_file(struct reader *r, const char *path, int *number) {
    *number = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) < 0) {
        *number = errno;
        return -1;
    }
    close(fd);
    if (!S_ISREG(status.st_mode))
        return refuse(r, "not a regular file");
    dh_h5_library();
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    H5Pset_file_locking(access, true, true);
    r->file = H5Fopen(path, H5F_ACC_RDONLY, access);
    if (r->file < 0) /* being written, or left by a run that was killed */
        r->file = H5Fopen(path, H5F_ACC_RDONLY | H5F_ACC_SWMR_READ, access);
    return r->file < 0 ? refuse(r, "not an HDF5 file, or damaged") : 0;
}

int dh_h5_read_serve(const char *path, int socket) {
    struct reader r = {.file = -1};
    int number;
    dh_sandbox_limit(2);
    if (open_file(&r, path, &number) < 0) {
        if (number)
            return answer(socket, 2, number, "", 0) < 0;
        return answer_refusal(socket, r.refusal) < 0;
    }
    dh_sandbox_close();
    if (list_file(&r) < 0)
        return answer_refusal(socket, r.refusal) < 0;
    dh_sandbox_extend();
    for (;;) {
        struct dh_h5_request q;
        ssize_t got = recv(socket, &q, sizeof q, MSG_WAITALL);
        if (got != (ssize_t)sizeof q)
            return 0;
        int result =
            q.ask == DH_H5_ASK_FILE ? answer(socket, 0, 0, r.list.at, r.list.n) : answer_rows(&r, socket, &q);
        if (result < 0)
            return 0;
    }
}
