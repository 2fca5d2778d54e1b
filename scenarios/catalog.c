#include "scenarios/catalog.h"

#include <string.h>

#define FIRST_TEMPLATE "minimal"

static const struct dh_embedded_file *find(const char *folder, const char *name, const char *ending) {
    size_t n_folder = strlen(folder), n_name = strlen(name);
    for (const struct dh_embedded_file *file = dh_embedded_files; file->name; file++)
        if (strncmp(file->name, folder, n_folder) == 0 && strncmp(file->name + n_folder, name, n_name) == 0 &&
            strcmp(file->name + n_folder + n_name, ending) == 0)
            return file;
    return NULL;
}

static const struct dh_embedded_file *at(const char *folder, int index) {
    for (const struct dh_embedded_file *file = dh_embedded_files; file->name; file++)
        if (strncmp(file->name, folder, strlen(folder)) == 0 && index-- == 0)
            return file;
    return NULL;
}

const char *dh_catalog_text(const char *name, size_t *n) {
    const struct dh_embedded_file *file = find("catalog/", name, "");
    *n = file ? file->n : 0;
    return file ? file->text : NULL;
}

const char *dh_catalog_name(int index) {
    const struct dh_embedded_file *file = at("catalog/", index);
    return file ? file->name + strlen("catalog/") : NULL;
}

const char *dh_template_text(const char *name, size_t *n) {
    const struct dh_embedded_file *file = find("templates/", name, ".xml");
    *n = file ? file->n : 0;
    return file ? file->text : NULL;
}

const char *dh_template_name(int index) {
    static _Thread_local char name[64]; /* valid until the next call in this thread */
    if (index == 0)
        return FIRST_TEMPLATE;
    const struct dh_embedded_file *file = NULL;
    for (int i = 0, n = 0; n < index; i++) {
        file = at("templates/", i);
        if (!file)
            return NULL;
        n += strcmp(file->name, "templates/" FIRST_TEMPLATE ".xml") != 0;
    }
    const char *from = file->name + strlen("templates/");
    size_t n = strlen(from) - strlen(".xml");
    if (n >= sizeof name)
        n = sizeof name - 1;
    memcpy(name, from, n);
    name[n] = '\0';
    return name;
}
