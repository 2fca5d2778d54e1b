#include "sim/api/export_racks.h"

#include "scenarios/scenario.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct dh_place nowhere = {NULL, 0, 0};

/* A row of the scenario: racks of one type. */
struct row {
    const char *id;
    int32_t gpus;
};

static int by_id(const void *a, const void *b) {
    return strcmp(((const struct row *)a)->id, ((const struct row *)b)->id);
}

/* GPUs of a rack of that type. */
static int32_t gpus_of(const struct dh_scenario *sc, const char *type) {
    for (int32_t t = 0; t < sc->n_rack_types; t++) {
        if (strcmp(sc->rack_types[t].id, type) != 0)
            continue;
        for (int32_t n = 0; n < sc->n_nodes; n++)
            if (strcmp(sc->nodes[n].id, sc->rack_types[t].node) == 0)
                return (int32_t)(sc->rack_types[t].nodes * sc->nodes[n].gpus);
    }
    return 0;
}

static struct row *rows_of(const struct dh_scenario *sc, struct dh_arena *mem, int32_t *n_row) {
    int32_t n = 0;
    for (int32_t s = 0; s < sc->n_sites; s++)
        for (int32_t h = 0; h < sc->sites[s].n_halls; h++)
            n += sc->sites[s].halls[h].n_rows;
    struct row *rows = dh_arena_array(mem, (size_t)n + 1, sizeof *rows);
    *n_row = 0;
    for (int32_t s = 0; rows && s < sc->n_sites; s++)
        for (int32_t h = 0; h < sc->sites[s].n_halls; h++)
            for (int32_t r = 0; r < sc->sites[s].halls[h].n_rows; r++) {
                const struct dh_row_spec *row = &sc->sites[s].halls[h].rows[r];
                rows[(*n_row)++] = (struct row){row->id, gpus_of(sc, row->rack)};
            }
    if (rows)
        qsort(rows, (size_t)*n_row, sizeof *rows, by_id);
    return rows;
}

/* The row of a rack called ROW-001; racks of switches are of none. */
static const struct row *row_of(const struct row *rows, int32_t n_row, const char *rack) {
    char id[512];
    const char *dash = strrchr(rack, '-');
    struct row wanted = {.id = id};
    if (!dash || (size_t)(dash - rack) >= sizeof id)
        return NULL;
    memcpy(id, rack, (size_t)(dash - rack));
    id[dash - rack] = '\0';
    return bsearch(&wanted, rows, (size_t)n_row, sizeof *rows, by_id);
}

static enum dh_err fill(struct dh_export_rack *racks, const char *const *names, const char *const *devices,
                        int64_t n, const struct dh_scenario *sc, struct dh_arena *mem, struct dh_diag *diag) {
    int32_t n_row;
    const struct row *rows = rows_of(sc, mem, &n_row);
    if (!rows)
        return dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
    for (int64_t r = 0; r < n; r++) {
        const struct row *row = row_of(rows, n_row, names[r]);
        const struct dh_device_spec *device = dh_scenario_device(sc, devices[r]);
        racks[r] = (struct dh_export_rack){.device = "", .clock_mhz = NAN};
        if (!row || !device)
            continue;
        racks[r].gpus = row->gpus;
        racks[r].device = dh_arena_strdup(mem, *device->title ? device->title : device->id);
        racks[r].clock_mhz = device->clock_max_hz / 1e6;
        if (!racks[r].device)
            return dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
    }
    return DH_OK;
}

enum dh_err dh_export_racks(struct dh_result *result, struct dh_arena *mem, const struct dh_export_rack **out,
                            struct dh_diag *diag) {
    const struct dh_result_dataset *name = dh_result_find(result, "racks", "rack"),
                                   *device = dh_result_find(result, "racks", "device");
    *out = NULL;
    if (!name || !device || name->kind != DH_RESULT_TEXT || device->kind != DH_RESULT_TEXT ||
        name->rank != 1 || device->rank != 1 || name->rows != device->rows)
        return DH_OK;
    size_t n = (size_t)name->rows;
    const char **names = dh_arena_array(mem, n + 1, sizeof *names),
               **devices = dh_arena_array(mem, n + 1, sizeof *devices);
    struct dh_export_rack *racks = dh_arena_array(mem, n + 1, sizeof *racks);
    const char *xml = dh_result_provenance(result, "scenario_xml", mem);
    if (!names || !devices || !racks)
        return dh_fail(diag, DH_ERR_MEMORY, nowhere, "out of memory");
    if (!xml)
        return dh_fail(diag, DH_ERR_RESULT, nowhere, "the result holds no scenario");
    struct dh_scenario_file file = {0};
    struct dh_scenario_options none = {0};
    DH_TRY(dh_result_texts(result, name, 0, name->rows, mem, names));
    DH_TRY(dh_result_texts(result, device, 0, device->rows, mem, devices));
    enum dh_err err = dh_scenario_read_memory(&file, xml, strlen(xml), "scenario", ".", &none, diag);
    if (err == DH_OK)
        err = fill(racks, names, devices, name->rows, &file.spec, mem, diag);
    dh_scenario_free(&file);
    *out = racks;
    return err;
}
