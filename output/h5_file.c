#include "output/h5_file.h"

#include "output/h5_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <hdf5_hl.h>
#include <libdeflate.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(sizeof(hid_t) == sizeof(int64_t), "headers keep library identifiers as int64_t");

enum {
    PLAIN_BYTES = 16 * 1024,      /* smaller arrays are stored as they are */
    ARRAY_CHUNK_ROWS = 32 * 1024, /* larger ones in chunks of so many values */
    SCHEMA_VERSION = 1
};
static const unsigned IN_ORDER = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;

static void library_start(void) {
    H5dont_atexit();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5PLset_loading_state(0);
    /* A file size limit is to be a write error, not a signal that ends the process. */
    struct sigaction action;
    if (sigaction(SIGXFSZ, NULL, &action) == 0 && action.sa_handler == SIG_DFL)
        signal(SIGXFSZ, SIG_IGN);
}

void dh_h5_library(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, library_start);
}

/* ---- errors ----------------------------------------------------------------------------------------------
 */

static herr_t note_errno(unsigned depth, const H5E_error2_t *error, void *out) {
    (void)depth;
    const char *at = error->desc ? strstr(error->desc, "errno = ") : NULL;
    if (at)
        *(int *)out = atoi(at + strlen("errno = "));
    return 0;
}

enum dh_err dh_h5_failed(struct dh_h5_file *file, const char *what) {
    if (file->err)
        return file->err;
    int number = 0;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, note_errno, &number);
    /* A later call may have emptied the library's list; errno outlives calls that succeed. */
    if (number == 0 &&
        (errno == ENOSPC || errno == EFBIG || errno == EDQUOT || errno == EIO || errno == EROFS))
        number = errno;
    struct dh_place place = {file->part, 0, 0};
    file->err = number ? dh_fail(file->diag, DH_ERR_IO, place, "%s: %s", what, strerror(number))
                       : dh_fail(file->diag, DH_ERR_IO, place, "%s: HDF5 refused", what);
    return file->err;
}

enum dh_err dh_h5_no_memory(struct dh_h5_file *file) {
    if (!file->err)
        file->err = dh_fail(file->diag, DH_ERR_MEMORY, (struct dh_place){file->part, 0, 0},
                            "no memory for the buffers of the result file");
    return file->err;
}

enum dh_err dh_h5_error(const struct dh_h5_file *file) {
    return file->err;
}

/* ---- types and attributes --------------------------------------------------------------------------------
 */

size_t dh_h5_size(enum dh_h5_type type) {
    static const unsigned char bytes[DH_N_H5_TYPE] = {8, 4, 8, 4, 1};
    return bytes[type];
}

int64_t dh_h5_memory_type(enum dh_h5_type type) {
    const hid_t types[DH_N_H5_TYPE] = {H5T_NATIVE_DOUBLE, H5T_NATIVE_FLOAT, H5T_NATIVE_INT64,
                                       H5T_NATIVE_INT32, H5T_NATIVE_UINT8};
    return types[type];
}

int64_t dh_h5_file_type(enum dh_h5_type type) {
    const hid_t types[DH_N_H5_TYPE] = {H5T_IEEE_F64LE, H5T_IEEE_F32LE, H5T_STD_I64LE, H5T_STD_I32LE,
                                       H5T_STD_U8LE};
    return types[type];
}

/* A one-dimensional attribute of n values, or a single one for n = 0; replaces. */
static int put_attribute(hid_t object, const char *name, hid_t file_type, hid_t memory_type, hsize_t n,
                         const void *values) {
    if (H5Aexists(object, name) > 0 && H5Adelete(object, name) < 0)
        return -1;
    hid_t space = n ? H5Screate_simple(1, &n, NULL) : H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(object, name, file_type, space, H5P_DEFAULT, H5P_DEFAULT);
    int result = attribute < 0 || H5Awrite(attribute, memory_type, values) < 0 ? -1 : 0;
    if (attribute >= 0 && H5Aclose(attribute) < 0)
        result = -1;
    H5Sclose(space);
    return result;
}

int dh_h5_put_text(int64_t object, const char *name, const char *value) {
    if (!value || !*value)
        return 0;
    hid_t type = H5Tcopy(H5T_C_S1); /* fixed length: netCDF4's own form */
    H5Tset_size(type, strlen(value));
    H5Tset_cset(type, H5T_CSET_UTF8);
    int result = put_attribute(object, name, type, type, 0, value);
    H5Tclose(type);
    return result;
}

int dh_h5_put_number(int64_t object, const char *name, double value) {
    return put_attribute(object, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 1, &value);
}

double dh_h5_quantum(double quantum) {
    int exponent;
    return quantum > 0 ? (frexp(quantum, &exponent), ldexp(0.5, exponent)) : 0;
}

int dh_h5_put_variable(int64_t dataset, const struct dh_h5_variable *v) {
    int result = dh_h5_put_text(dataset, "long_name", v->long_name);
    result |= dh_h5_put_text(dataset, "units", v->unit);
    result |= dh_h5_put_text(dataset, "cell_methods", v->cell_methods);
    result |= dh_h5_put_text(dataset, "coordinates", v->coordinates);
    if (v->quantum > 0)
        result |= dh_h5_put_number(dataset, "quantum", dh_h5_quantum(v->quantum));
    if (v->flag_meanings && *v->flag_meanings) {
        uint8_t values[256];
        hsize_t n = 1;
        for (const char *at = v->flag_meanings; *at && n < 256; at++)
            n += *at == ' ';
        for (hsize_t i = 0; i < n; i++)
            values[i] = (uint8_t)i;
        result |= put_attribute(dataset, "flag_values", H5T_STD_U8LE, H5T_NATIVE_UINT8, n, values);
        result |= dh_h5_put_text(dataset, "flag_meanings", v->flag_meanings);
    }
    if (v->type == DH_H5_F64 || v->type == DH_H5_F32) {
        double fill = NAN;
        result |= put_attribute(dataset, "_FillValue", dh_h5_file_type(v->type), H5T_NATIVE_DOUBLE, 1, &fill);
    }
    return result;
}

static hid_t open_object(struct dh_h5_file *file, const char *object) {
    return H5Oopen(file->id, *object ? object : "/", H5P_DEFAULT);
}

enum dh_err dh_h5_attr_text(struct dh_h5_file *file, const char *object, const char *name,
                            const char *value) {
    if (file->err)
        return file->err;
    hid_t id = open_object(file, object);
    if (id < 0 || dh_h5_put_text(id, name, value) < 0 || H5Oclose(id) < 0)
        return dh_h5_failed(file, name);
    return DH_OK;
}

enum dh_err dh_h5_attr_number(struct dh_h5_file *file, const char *object, const char *name, double value) {
    if (file->err)
        return file->err;
    hid_t id = open_object(file, object);
    if (id < 0 || dh_h5_put_number(id, name, value) < 0 || H5Oclose(id) < 0)
        return dh_h5_failed(file, name);
    return DH_OK;
}

enum dh_err dh_h5_attr_integer(struct dh_h5_file *file, const char *object, const char *name, int64_t value) {
    if (file->err)
        return file->err;
    hid_t id = open_object(file, object);
    if (id < 0 || put_attribute(id, name, H5T_STD_I64LE, H5T_NATIVE_INT64, 1, &value) < 0 || H5Oclose(id) < 0)
        return dh_h5_failed(file, name);
    return DH_OK;
}

/* ---- plain contents --------------------------------------------------------------------------------------
 */

enum dh_err dh_h5_group(struct dh_h5_file *file, const char *name, const char *title) {
    if (file->err)
        return file->err;
    hid_t group = H5Gcreate2(file->id, name, H5P_DEFAULT, file->group_create, H5P_DEFAULT);
    if (group < 0 || dh_h5_put_text(group, "title", title) < 0 || H5Gclose(group) < 0)
        return dh_h5_failed(file, name);
    return DH_OK;
}

enum dh_err dh_h5_remove(struct dh_h5_file *file, const char *group) {
    if (file->err)
        return file->err;
    htri_t there = H5Lexists(file->id, group, H5P_DEFAULT);
    if (there == 0)
        return DH_OK;
    return there < 0 || H5Ldelete(file->id, group, H5P_DEFAULT) < 0 ? dh_h5_failed(file, group) : DH_OK;
}

static hid_t text_type(void) {
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

/* A new dataset GROUP/NAME: n values in one dimension, or one value for n < 0. */
static hid_t new_dataset(struct dh_h5_file *file, const char *group, const char *name, hid_t type, int64_t n,
                         hid_t create) {
    hid_t parent = H5Gopen2(file->id, group, H5P_DEFAULT);
    if (parent < 0)
        return -1;
    hsize_t extent = (hsize_t)n;
    hid_t space = n < 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &extent, NULL);
    hid_t dataset = H5Dcreate2(parent, name, type, space, H5P_DEFAULT, create, H5P_DEFAULT);
    H5Sclose(space);
    H5Gclose(parent);
    return dataset;
}

int dh_h5_attach(struct dh_h5_file *file, const char *group, const char *name, int64_t dataset,
                 unsigned axis) {
    char path[512];
    if (snprintf(path, sizeof path, "%s/%s", group, name) >= (int)sizeof path)
        return -1;
    hid_t scale = H5Dopen2(file->id, path, H5P_DEFAULT);
    if (scale < 0)
        return -1;
    int result = H5DSattach_scale(dataset, scale, axis) < 0 ? -1 : 0;
    return H5Dclose(scale) < 0 ? -1 : result;
}

static enum dh_err put_texts(struct dh_h5_file *file, const char *group, const char *dimension,
                             const char *name, const char *long_name, int64_t n, const char *const *texts) {
    if (file->err)
        return file->err;
    hid_t type = text_type();
    hid_t dataset = new_dataset(file, group, name, type, n, file->dataset_create);
    int result = dataset < 0 || H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts) < 0 ? -1 : 0;
    if (result == 0)
        result = dh_h5_put_text(dataset, "long_name", long_name);
    if (result == 0 && n >= 0)
        result = dimension ? dh_h5_attach(file, group, dimension, dataset, 0) : H5DSset_scale(dataset, name);
    if (dataset >= 0 && H5Dclose(dataset) < 0)
        result = -1;
    H5Tclose(type);
    return result < 0 ? dh_h5_failed(file, name) : DH_OK;
}

enum dh_err dh_h5_labels(struct dh_h5_file *file, const char *group, const char *name, const char *long_name,
                         int64_t n, const char *const *labels) {
    return put_texts(file, group, NULL, name, long_name, n, labels);
}

enum dh_err dh_h5_texts(struct dh_h5_file *file, const char *group, const char *dimension, const char *name,
                        const char *long_name, int64_t n, const char *const *texts) {
    return put_texts(file, group, dimension, name, long_name, n, texts);
}

enum dh_err dh_h5_scalar_text(struct dh_h5_file *file, const char *group, const char *name,
                              const char *long_name, const char *text) {
    return put_texts(file, group, NULL, name, long_name, -1, &text);
}

enum dh_err dh_h5_scalar(struct dh_h5_file *file, const char *group, const struct dh_h5_variable *variable,
                         const void *value) {
    if (file->err)
        return file->err;
    hid_t dataset =
        new_dataset(file, group, variable->name, dh_h5_file_type(variable->type), -1, file->dataset_create);
    if (dataset < 0 ||
        H5Dwrite(dataset, dh_h5_memory_type(variable->type), H5S_ALL, H5S_ALL, H5P_DEFAULT, value) < 0 ||
        dh_h5_put_variable(dataset, variable) < 0 || H5Dclose(dataset) < 0)
        return dh_h5_failed(file, variable->name);
    return DH_OK;
}

static enum dh_err reserve(struct dh_h5_file *file, size_t bytes) {
    if (bytes <= file->chunk_room)
        return DH_OK;
    free(file->shuffled);
    free(file->packed);
    file->packed_room = libdeflate_zlib_compress_bound(file->deflate, bytes);
    file->shuffled = malloc(bytes);
    file->packed = malloc(file->packed_room);
    file->chunk_room = file->shuffled && file->packed ? bytes : 0;
    return file->chunk_room ? DH_OK : dh_h5_no_memory(file);
}

enum dh_err dh_h5_tables_allocate(struct dh_h5_file *file) {
    size_t largest = 0;
    for (struct dh_h5_table *t = file->tables; t; t = t->next) {
        size_t time_bytes = (size_t)t->chunk_rows * sizeof(double);
        largest = time_bytes > largest ? time_bytes : largest;
        for (int32_t c = 0; c < t->n_column; c++) {
            size_t bytes =
                (size_t)t->chunk_rows * (size_t)t->columns[c].chunk_n * dh_h5_size(t->columns[c].type);
            largest = bytes > largest ? bytes : largest;
        }
    }
    return reserve(file, largest);
}

/* Byte k of every value beside one another, as HDF5's shuffle filter does. */
static void shuffle(const unsigned char *in, unsigned char *out, size_t n, size_t size) {
    if (size == 4) {
        for (size_t i = 0; i < n; i++) {
            uint32_t v;
            memcpy(&v, in + 4 * i, 4);
            out[i] = (unsigned char)v;
            out[n + i] = (unsigned char)(v >> 8);
            out[2 * n + i] = (unsigned char)(v >> 16);
            out[3 * n + i] = (unsigned char)(v >> 24);
        }
        return;
    }
    for (size_t k = 0; k < size; k++) {
        const unsigned char *from = in + k;
        unsigned char *to = out + k * n;
        for (size_t i = 0; i < n; i++)
            to[i] = from[i * size];
    }
}

/* Filters are 0 shuffle, 1 deflate: bit 1 of the mask says "not deflated". */
size_t dh_h5_pack(struct dh_h5_file *file, const void *data, size_t n, size_t size, uint32_t *skip) {
    shuffle(data, file->shuffled, n, size);
    size_t packed =
        libdeflate_zlib_compress(file->deflate, file->shuffled, n * size, file->packed, file->packed_room);
    *skip = 0;
    if (packed == 0 || packed >= n * size) {
        memcpy(file->packed, file->shuffled, n * size);
        *skip = 2;
        packed = n * size;
    }
    return packed;
}

static int write_chunks(struct dh_h5_file *file, hid_t dataset, enum dh_h5_type type, int64_t n, int64_t rows,
                        const unsigned char *values) {
    size_t size = dh_h5_size(type);
    unsigned char *last = NULL;
    for (int64_t at = 0; at < n; at += rows) {
        const unsigned char *chunk = values + (size_t)at * size;
        if (n - at < rows) { /* the last chunk is stored whole: zeros behind the end */
            last = calloc((size_t)rows, size);
            if (!last)
                return -1;
            memcpy(last, chunk, (size_t)(n - at) * size);
            chunk = last;
        }
        uint32_t skip;
        size_t bytes = dh_h5_pack(file, chunk, (size_t)rows, size, &skip);
        hsize_t offset = (hsize_t)at;
        if (H5Dwrite_chunk(dataset, H5P_DEFAULT, skip, &offset, bytes, file->packed) < 0) {
            free(last);
            return -1;
        }
    }
    free(last);
    return 0;
}

static enum dh_err put_array(struct dh_h5_file *file, const char *group, const char *dimension,
                             const struct dh_h5_variable *variable, int64_t n, const void *values) {
    if (file->err)
        return file->err;
    enum dh_h5_type type = variable->type;
    bool plain = (size_t)n * dh_h5_size(type) < PLAIN_BYTES;
    hsize_t rows = (hsize_t)(n < ARRAY_CHUNK_ROWS ? n : ARRAY_CHUNK_ROWS);
    hid_t create = H5Pcopy(file->dataset_create);
    if (!plain) {
        DH_TRY(reserve(file, (size_t)rows * dh_h5_size(type)));
        H5Pset_chunk(create, 1, &rows);
        H5Pset_shuffle(create);
        H5Pset_deflate(create, 1);
    }
    hid_t dataset = new_dataset(file, group, variable->name, dh_h5_file_type(type), n, create);
    H5Pclose(create);
    int result = dataset < 0 ? -1 : 0;
    if (result == 0)
        result = plain ? H5Dwrite(dataset, dh_h5_memory_type(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, values)
                       : write_chunks(file, dataset, type, n, (int64_t)rows, values);
    if (result >= 0)
        result = dimension ? dh_h5_attach(file, group, dimension, dataset, 0)
                           : H5DSset_scale(dataset, variable->name);
    if (result >= 0)
        result = dh_h5_put_variable(dataset, variable);
    if (dataset >= 0 && H5Dclose(dataset) < 0)
        result = -1;
    return result < 0 ? dh_h5_failed(file, variable->name) : DH_OK;
}

enum dh_err dh_h5_array(struct dh_h5_file *file, const char *group, const char *dimension,
                        const struct dh_h5_variable *variable, int64_t n, const void *values) {
    return put_array(file, group, dimension, variable, n, values);
}

enum dh_err dh_h5_counter(struct dh_h5_file *file, const char *group, const char *name, const char *long_name,
                          int64_t n) {
    if (file->err)
        return file->err;
    int32_t *numbers = malloc((size_t)n * sizeof *numbers);
    if (!numbers)
        return dh_h5_no_memory(file);
    for (int64_t i = 0; i < n; i++)
        numbers[i] = (int32_t)i;
    struct dh_h5_variable variable = {.name = name, .unit = "1", .long_name = long_name, .type = DH_H5_I32};
    put_array(file, group, NULL, &variable, n, numbers);
    free(numbers);
    return file->err;
}

/* ---- life of the file ------------------------------------------------------------------------------------
 */

/* A lock of our own tells that the .part is being written: the library gives up its own when a file is opened
 * to readers. false: someone else holds it. Where locks are not to be had, all goes on without. */
static bool lock(int fd) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_SETLK, &whole) == 0 || (errno != EAGAIN && errno != EACCES);
}

/* A .part that another living run writes is refused; one that was left over goes. */
static enum dh_err take_name(struct dh_h5_file *file) {
    struct dh_place place = {file->part, 0, 0}, named = {file->path, 0, 0};
    /* Found out now and not after the run; and a device would be replaced by the rename. */
    struct stat there;
    size_t n = strlen(file->path);
    if (n == 0 || file->path[n - 1] == '/')
        return dh_fail(file->diag, DH_ERR_IO, named, "is not the name of a file");
    if (lstat(file->path, &there) == 0 && !S_ISREG(there.st_mode) && !S_ISLNK(there.st_mode))
        return dh_fail(file->diag, DH_ERR_IO, named, "cannot be replaced: %s",
                       S_ISDIR(there.st_mode) ? strerror(EISDIR) : "Not a regular file");
    int fd = open(file->part, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd >= 0) {
        bool mine = lock(fd);
        close(fd);
        if (!mine)
            return dh_fail(file->diag, DH_ERR_IO, place, "another run is writing this file");
    }
    if (unlink(file->part) < 0 && errno != ENOENT)
        return dh_fail(file->diag, DH_ERR_IO, place, "cannot be replaced: %s", strerror(errno));
    errno = 0;
    return DH_OK;
}

int dh_h5_lists(struct dh_h5_file *file) {
    file->access = H5Pcreate(H5P_FILE_ACCESS);
    file->group_create = H5Pcreate(H5P_GROUP_CREATE);
    file->dataset_create = H5Pcreate(H5P_DATASET_CREATE);
    /* Superblock 3 is what SWMR needs; without strong closing a forgotten handle leaves the file marked as
     * being written. */
    int result = file->access < 0 || file->group_create < 0 || file->dataset_create < 0 ? -1 : 0;
    result |= H5Pset_libver_bounds(file->access, H5F_LIBVER_V110, H5F_LIBVER_V110);
    result |= H5Pset_file_locking(file->access, false, true);
    result |= H5Pset_fclose_degree(file->access, H5F_CLOSE_STRONG);
    result |= H5Pset_link_creation_order(file->group_create, IN_ORDER);
    result |= H5Pset_attr_creation_order(file->group_create, IN_ORDER);
    result |= H5Pset_obj_track_times(file->group_create, 0);
    result |= H5Pset_attr_creation_order(file->dataset_create, IN_ORDER);
    result |= H5Pset_obj_track_times(file->dataset_create, 0);
    return result < 0 ? -1 : 0;
}

enum dh_err dh_h5_create(struct dh_h5_file **out, const char *path, struct dh_diag *diag) {
    *out = NULL;
    dh_h5_library();
    struct dh_h5_file *file = calloc(1, sizeof *file);
    if (!file)
        return dh_fail(diag, DH_ERR_MEMORY, (struct dh_place){path, 0, 0}, "no memory for the result file");
    file->diag = diag;
    file->tables_end = &file->tables;
    file->id = file->lock = -1;
    file->path = strdup(path);
    file->deflate = libdeflate_alloc_compressor(1);
    if (!file->path || !file->deflate || asprintf(&file->part, "%s.part", path) < 0) {
        file->part = NULL;
        dh_h5_no_memory(file);
        goto fail;
    }
    file->err = take_name(file);
    if (file->err)
        goto fail;
    hid_t create = H5Pcreate(H5P_FILE_CREATE);
    if (dh_h5_lists(file) < 0 || H5Pset_link_creation_order(create, IN_ORDER) < 0 ||
        H5Pset_attr_creation_order(create, IN_ORDER) < 0 || H5Pset_obj_track_times(create, 0) < 0) {
        dh_h5_failed(file, "create");
        goto fail;
    }
    file->id = H5Fcreate(file->part, H5F_ACC_EXCL, create, file->access);
    if (file->id < 0) {
        dh_h5_failed(file, "cannot be created");
        goto fail;
    }
    H5Pclose(create);
    file->lock = open(file->part, O_RDWR | O_CLOEXEC);
    if (file->lock >= 0)
        lock(file->lock);
    dh_h5_attr_text(file, "", "Conventions", "CF-1.11");
    dh_h5_attr_integer(file, "", "datahall_schema_version", SCHEMA_VERSION);
    if (file->err)
        goto fail;
    *out = file;
    return DH_OK;
fail:;
    enum dh_err err = file->err;
    dh_h5_close(file, DH_H5_KEEP_PART);
    return err;
}

/* Closes the file, sure that no handle keeps it open and marked. */
static enum dh_err close_id(struct dh_h5_file *file) {
    if (H5Fget_obj_count(file->id, H5F_OBJ_ALL | H5F_OBJ_LOCAL) != 1)
        return file->err = dh_fail(file->diag, DH_ERR_INTERNAL, (struct dh_place){file->part, 0, 0},
                                   "a handle of the result file was left open");
    hid_t id = file->id;
    file->id = -1;
    return H5Fclose(id) < 0 ? dh_h5_failed(file, "close") : DH_OK;
}

static enum dh_err reopen(struct dh_h5_file *file) {
    DH_TRY(close_id(file));
    file->id = H5Fopen(file->part, H5F_ACC_RDWR, file->access);
    return file->id < 0 ? dh_h5_failed(file, "cannot be opened again") : DH_OK;
}

enum dh_err dh_h5_series_start(struct dh_h5_file *file) {
    if (file->err)
        return file->err;
    DH_TRY(dh_h5_tables_allocate(file));
    dh_h5_tables_close(file);
    DH_TRY(reopen(file));
    if (dh_h5_tables_open(file) < 0 || H5Fstart_swmr_write(file->id) < 0)
        return dh_h5_failed(file, "cannot start writing series");
    file->streaming = true;
    return DH_OK;
}

enum dh_err dh_h5_series_end(struct dh_h5_file *file) {
    if (file->err || !file->streaming)
        return file->err;
    file->streaming = false;
    DH_TRY(dh_h5_tables_flush(file));
    dh_h5_tables_close(file);
    return reopen(file);
}

/* Whatever was written is on the disk when this returns, for the file as for a directory. */
static int sync_path(const char *path, int flags) {
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int result = fsync(fd);
    if (result < 0 && errno == EINVAL) /* some file systems cannot sync a directory */
        result = 0;
    int number = errno;
    close(fd);
    errno = number;
    return result;
}

static enum dh_err give_name(struct dh_h5_file *file, enum dh_h5_ending ending) {
    struct dh_place place = {file->part, 0, 0};
    if (sync_path(file->part, O_RDWR) < 0)
        return dh_fail(file->diag, DH_ERR_IO, place, "cannot be synced: %s", strerror(errno));
    struct stat there;
    if (ending == DH_H5_KEEP_PART || (ending == DH_H5_RENAME_NEW && lstat(file->path, &there) == 0))
        return DH_OK;
    if (rename(file->part, file->path) < 0)
        return dh_fail(file->diag, DH_ERR_IO, place, "cannot be renamed to %s: %s", file->path,
                       strerror(errno));
    const char *slash = strrchr(file->path, '/');
    char *folder = slash ? strndup(file->path, (size_t)(slash - file->path) + 1) : strdup(".");
    int result = folder ? sync_path(folder, O_RDONLY | O_DIRECTORY) : -1;
    free(folder);
    return result < 0
               ? dh_fail(file->diag, DH_ERR_IO, place, "its folder cannot be synced: %s", strerror(errno))
               : DH_OK;
}

enum dh_err dh_h5_close(struct dh_h5_file *file, enum dh_h5_ending ending) {
    if (!file)
        return DH_OK;
    dh_h5_series_end(file);
    if (!file->err) {
        dh_h5_tables_close(file);
        if (!close_id(file))
            file->err = give_name(file, ending);
        H5Pclose(file->access);
        H5Pclose(file->group_create);
        H5Pclose(file->dataset_create);
    } /* else: after a failed write the library is left alone, its handles stay until the process ends */
    if (file->lock >= 0)
        close(file->lock);
    enum dh_err err = file->err;
    dh_h5_tables_free(file);
    if (file->deflate)
        libdeflate_free_compressor(file->deflate);
    free(file->shuffled);
    free(file->packed);
    free(file->path);
    free(file->part);
    free(file);
    return err;
}
