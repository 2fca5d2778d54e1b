#include "output/h5_recover.h"

#include "output/action_log.h"
#include "output/h5_internal.h"
#include "output/sandbox.h"

#include <hdf5.h>
#include <libdeflate.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The dataset along whose first axis a run appends: chunked, growing. What lies in other files or datasets
 * (external, virtual) is none: this file alone is written. */
static hid_t open_series(hid_t group, const char *name, hsize_t extent[2]) {
    hid_t dataset = H5Dopen2(group, name, H5P_DEFAULT);
    if (dataset < 0)
        return -1;
    hid_t create = H5Dget_create_plist(dataset), space = H5Dget_space(dataset);
    bool chunked = create >= 0 && H5Pget_layout(create) == H5D_CHUNKED;
    H5Pclose(create);
    hsize_t most[2] = {0, 0};
    int rank = H5Sget_simple_extent_ndims(space);
    bool grows = chunked && (rank == 1 || rank == 2) &&
                 H5Sget_simple_extent_dims(space, extent, most) == rank && most[0] == H5S_UNLIMITED;
    H5Sclose(space);
    if (grows)
        return dataset;
    H5Dclose(dataset);
    return -1;
}

/* A link of another kind would open another file, for writing too: such a file is none of ours. */
static herr_t shortest(hid_t group, const char *name, const H5L_info_t *link, void *rows) {
    hsize_t extent[2];
    if (link->type != H5L_TYPE_HARD)
        return -1;
    hid_t dataset = open_series(group, name, extent);
    if (dataset < 0)
        return 0;
    if (extent[0] < *(hsize_t *)rows)
        *(hsize_t *)rows = extent[0];
    return H5Dclose(dataset);
}

static herr_t cut(hid_t group, const char *name, const H5L_info_t *link, void *rows) {
    hsize_t extent[2];
    if (link->type != H5L_TYPE_HARD)
        return -1;
    hid_t dataset = open_series(group, name, extent);
    if (dataset < 0)
        return 0;
    int result = 0;
    if (extent[0] > *(hsize_t *)rows) {
        extent[0] = *(hsize_t *)rows;
        result = H5Dset_extent(dataset, extent);
    }
    return H5Dclose(dataset) < 0 ? -1 : result;
}

static herr_t level_group(hid_t root, const char *name, const H5L_info_t *link, void *data) {
    (void)data;
    H5O_info_t info;
    if (link->type != H5L_TYPE_HARD ||
        H5Oget_info_by_name2(root, name, &info, H5O_INFO_BASIC, H5P_DEFAULT) < 0 ||
        info.type != H5O_TYPE_GROUP)
        return -1;
    hid_t group = H5Gopen2(root, name, H5P_DEFAULT);
    hsize_t rows = H5S_UNLIMITED;
    int result = group < 0 || H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, shortest, &rows) < 0 ||
                         H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, cut, &rows) < 0
                     ? -1
                     : 0;
    H5Gclose(group);
    return result;
}

/* Rows of the log of deeds; NULL: there is none, or it is no log. */
static char *read_log(hid_t file, int64_t *n) {
    enum { MOST = 200000 };
    hsize_t extent[2] = {0, 0};
    char *rows = NULL;
    hid_t group =
        H5Lexists(file, DH_ACTION_LOG, H5P_DEFAULT) > 0 ? H5Gopen2(file, DH_ACTION_LOG, H5P_DEFAULT) : -1;
    hid_t set = group < 0 ? -1 : open_series(group, DH_ACTION_LOG_ROWS, extent);
    if (set >= 0 && extent[0] > 0 && extent[0] <= MOST && extent[1] == DH_ACTION_LOG_BYTES)
        rows = malloc(extent[0] * extent[1]);
    if (rows && H5Dread(set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows) < 0) {
        free(rows);
        rows = NULL;
    }
    *n = rows ? (int64_t)extent[0] : 0;
    if (set >= 0)
        H5Dclose(set);
    if (group >= 0)
        H5Gclose(group);
    return rows;
}

/* /actions as a run that ends writes it, of what a killed one has kept on the way. */
static int make_actions(hid_t id) {
    struct dh_h5_file file = {.id = id, .deflate = libdeflate_alloc_compressor(1)};
    int64_t n, n_good = 0;
    char *rows = read_log(id, &n);
    const char **words = rows ? malloc((size_t)n * DH_ACTION_WORDS * sizeof *words) : NULL;
    for (int64_t i = 0; words && i < n; i++)
        n_good += dh_action_log_read(rows + i * DH_ACTION_LOG_BYTES, words + n_good * DH_ACTION_WORDS);
    int result = !file.deflate || (rows && !words) || dh_h5_lists(&file) < 0 ? -1 : 0;
    if (result == 0 && H5Lexists(id, DH_ACTION_LOG, H5P_DEFAULT) > 0)
        result = dh_h5_remove(&file, DH_ACTION_LOG) == DH_OK ? 0 : -1;
    if (result == 0 && n_good > 0)
        result = dh_actions_write(&file, n_good, words) == DH_OK ? 0 : -1;
    free(words);
    free(rows);
    return result;
}

int dh_h5_recover(const char *path) {
    dh_sandbox_limit(120);
    dh_h5_library();
    /* As `h5clear --status --increment=0` does, by the same library properties: clears "open for writing",
     * and takes the end of the file from its size, which the superblock of a killed run does not know. */
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    hbool_t yes = true;
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
    hid_t repair = H5Pcopy(access);
    if (H5Pset(repair, "skip_eof_check", &yes) < 0 || H5Pset(repair, "clear_status_flags", &yes) < 0)
        return 1;
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, repair);
    if (file < 0 || H5Fincrement_filesize(file, 0) < 0 || H5Fclose(file) < 0)
        return 1;
    file = H5Fopen(path, H5F_ACC_RDWR, access);
    if (file < 0 || H5Aexists(file, "datahall_schema_version") <= 0)
        return 1;
    if (H5Literate(file, H5_INDEX_NAME, H5_ITER_INC, NULL, level_group, NULL) < 0 || make_actions(file) < 0 ||
        dh_h5_put_text(file, "status", "recovered") < 0 || H5Fclose(file) < 0)
        return 1;
    return 0;
}
