/* What the converters of import*.c share. Private to them. */
#ifndef DH_SCENARIOS_IMPORT_INTERNAL_H
#define DH_SCENARIOS_IMPORT_INTERNAL_H

#include "scenarios/csv_read.h"
#include "scenarios/import.h"
#include "sim/text.h"

enum { DH_IMPORT_PIECE = 64 << 10 };

/* One conversion. A converter reads path (netbox: all files), adds to text and hands it over now and then. */
struct dh_importer {
    const char *path, *part; /* the first file; part: NULL or "" */
    const char *const *files;
    int32_t n_file;
    int (*write)(void *self, const char *bytes, size_t n);
    void *self;
    struct dh_import_stats *stats;
    struct dh_diag *diag;
    struct dh_text text; /* not yet handed over */
    bool refused;
};

/* Hands text over once there is so much of it (0: whatever there is). */
void dh_importer_hand_over(struct dh_importer *im, size_t at_least);
void dh_importer_line(struct dh_importer *im, const char *line);
void dh_importer_number(struct dh_importer *im, double value);
/* Quoted where RFC 4180 asks for it. */
void dh_importer_name(struct dh_importer *im, const char *name);
void dh_importer_seconds(struct dh_importer *im, dh_time t);
void dh_importer_instant(struct dh_importer *im, int64_t unix_s);
/* name, or name_of where of is not NULL. */
void dh_importer_figure(struct dh_importer *im, double value, const char *name, const char *of);

enum dh_err dh_importer_no_memory(const struct dh_importer *im);

/* A name as an id of scenarios: letters, digits, . _ - as they are, anything else as '-'; never empty, never
 * beginning with anything but a letter. */
void dh_importer_id(const char *name, char *id, size_t room);

enum dh_err dh_import_cloud(struct dh_importer *im);
enum dh_err dh_import_spot(struct dh_importer *im);
enum dh_err dh_import_egress(struct dh_importer *im);
enum dh_err dh_import_dcgm(struct dh_importer *im);
enum dh_err dh_import_dcgm_series(struct dh_importer *im);
enum dh_err dh_import_netbox(struct dh_importer *im);

#endif
