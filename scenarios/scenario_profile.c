/* Profiles of devices: constants of kernels that were measured take the place of the catalog's. */
#include "scenarios/scenario_profile.h"

#include "scenarios/scenario_ids.h"
#include "sim/text.h"

#include <math.h>
#include <string.h>

/* References to the catalog differ by rounding of the figures in a file at most. */
#define SAME 1e-3

static const char *word_of(const struct dh_node *node, const char *name) {
    const char *value = dh_node_value(node, name);
    return value ? value : "";
}

static bool is(const struct dh_node *node, int32_t element) {
    return node->element == element;
}

static bool is_given(const struct dh_node *node) {
    return is(node, DH_ELEMENT_profile) && node->source->is_profile;
}

/* Is the profile one of this device? By the ids and names that both have. */
static bool is_of(const struct dh_node *profile, const struct dh_node *device) {
    const char *names = word_of(profile, "aliases"), *aliases = word_of(device, "aliases");
    char name[256];
    if (dh_text_has_word(names, word_of(device, "id")))
        return true;
    for (const char *at = aliases + strspn(aliases, " "); *at; at += strspn(at, " ")) {
        size_t n = strcspn(at, " ");
        if (n < sizeof name) {
            memcpy(name, at, n);
            name[n] = '\0';
            if (dh_text_has_word(names, name))
                return true;
        }
        at += n;
    }
    return false;
}

enum dh_err dh_profiles_attach(struct dh_tree *tree) {
    for (struct dh_node *device = tree->root->first; device; device = device->next) {
        if (!is(device, DH_ELEMENT_device) || dh_node_value(device, "profile"))
            continue;
        for (struct dh_node *p = tree->root->first; p; p = p->next)
            if (is_given(p) && !dh_node_value(p, "follows") && is_of(p, device)) {
                if (!dh_node_set(tree, device, "profile", word_of(p, "id")))
                    return dh_tree_fail(tree, DH_ERR_MEMORY, dh_node_place(device), "out of memory");
                break;
            }
    }
    return DH_OK;
}

void dh_profiles_check_used(struct dh_tree *tree) {
    for (struct dh_node *p = tree->root->first; p; p = p->next) {
        const char *follows = is(p, DH_ELEMENT_profile) ? dh_node_value(p, "follows") : NULL;
        const struct dh_node *first = follows ? dh_ids_find(tree, DH_ELEMENT_profile, follows) : NULL;
        if (follows && (!first || dh_node_value(first, "follows")))
            dh_tree_fail(tree, DH_ERR_DANGLING_REF, dh_node_place(p),
                         "profile '%s' follows '%s', which is no profile that a device takes",
                         word_of(p, "id"), follows);
        if (follows && (!first || first->used || dh_node_value(first, "follows")))
            p->used = true;
    }
    for (const struct dh_node *p = tree->root->first; p; p = p->next)
        if (is_given(p) && !p->used) {
            dh_tree_fail(tree, DH_ERR_VALUE, dh_node_place(p), "profile '%s' is of no device of the scenario",
                         word_of(p, "id"));
            dh_tree_hint(
                tree, "it is of '%s'; a device of another name takes it with <device … profile=\"%s\">",
                *word_of(p, "aliases") ? word_of(p, "aliases") : word_of(p, "device"), word_of(p, "id"));
        }
}

/* ---- structs ------------------------------------------------------------------------------------------- */

static bool same(double a, double b) {
    return isnan(a) || isnan(b) ? isnan(a) == isnan(b) : fabs(a - b) <= SAME * fabs(b);
}

/* Rows of the profile, and behind them the device's own of what it has not, where these still mean the same.
 */
#define OVERLAY(kind, rows, key)                                                                             \
    static enum dh_err overlay_##rows(struct dh_arena *mem, struct dh_device_spec *device,                   \
                                      const struct dh_profile_spec *profile, bool keeps) {                   \
        int32_t n = 0, room = device->n_##rows + profile->n_##rows;                                          \
        struct dh_##kind##_spec *all = dh_arena_array(mem, (size_t)(room > 0 ? room : 1), sizeof *all);      \
        if (!all)                                                                                            \
            return DH_ERR_MEMORY;                                                                            \
        for (int32_t i = 0; i < profile->n_##rows; i++)                                                      \
            all[n++] = profile->rows[i];                                                                     \
        for (int32_t i = 0; i < device->n_##rows && keeps; i++) {                                            \
            bool taken = false;                                                                              \
            for (int32_t k = 0; k < profile->n_##rows && !taken; k++)                                        \
                taken = profile->rows[k].key == device->rows[i].key;                                         \
            if (!taken)                                                                                      \
                all[n++] = device->rows[i];                                                                  \
        }                                                                                                    \
        device->rows = all;                                                                                  \
        device->n_##rows = n;                                                                                \
        return DH_OK;                                                                                        \
    }
OVERLAY(gemm, gemms, format)
OVERLAY(prefill, prefills, format)
OVERLAY(decode, decodes, format)
OVERLAY(power_class, power_classes, work)

static enum dh_err overlay(struct dh_arena *mem, struct dh_device_spec *device,
                           const struct dh_profile_spec *p) {
    bool keeps = (p->multiprocessors < 0 || p->multiprocessors == device->multiprocessors) &&
                 (isnan(p->cache_bytes) || same(p->cache_bytes, device->cache_bytes)) &&
                 (isnan(p->memory_bytes_per_s) || same(p->memory_bytes_per_s, device->memory_bytes_per_s));
    DH_TRY(overlay_gemms(mem, device, p, keeps));
    DH_TRY(overlay_prefills(mem, device, p, keeps));
    DH_TRY(overlay_decodes(mem, device, p, keeps));
    DH_TRY(overlay_power_classes(mem, device, p, true));
    if (p->multiprocessors > 0)
        device->multiprocessors = p->multiprocessors;
    if (!isnan(p->cache_bytes))
        device->cache_bytes = p->cache_bytes;
    if (!isnan(p->memory_bytes_per_s))
        device->memory_bytes_per_s = p->memory_bytes_per_s;
    if (!isnan(p->idle_w))
        device->idle_w = p->idle_w;
    return DH_OK;
}

enum dh_err dh_scenario_follow_profile(struct dh_scenario_file *file, const struct dh_profile_spec *profile) {
    for (int32_t i = 0; i < file->spec.n_devices; i++) {
        struct dh_device_spec *device = &file->spec.devices[i];
        if (!device->profile || strcmp(device->profile, profile->follows) != 0)
            continue;
        int32_t n_gemm = profile->n_gemms, n_decode = profile->n_decodes; /* come first */
        /* The device keeps its bandwidth for its other rows; shares of another one become shares of it. */
        double ratio =
            isnan(profile->memory_bytes_per_s) ? 1 : profile->memory_bytes_per_s / device->memory_bytes_per_s;
        DH_TRY(overlay_gemms(&file->mem, device, profile, true));
        DH_TRY(overlay_prefills(&file->mem, device, profile, true));
        DH_TRY(overlay_decodes(&file->mem, device, profile, true));
        for (int32_t k = 0; k < n_gemm && isfinite(ratio); k++) {
            device->gemms[k].memory *= ratio;
            device->gemms[k].unit_memory *= ratio;
            device->gemms[k].element_bytes /= ratio;
        }
        for (int32_t k = 0; k < n_decode && isfinite(ratio); k++) {
            device->decodes[k].memory *= ratio;
            device->decodes[k].unit_memory *= ratio;
        }
    }
    return DH_OK;
}

void dh_profiles_apply(struct dh_tree *tree, struct dh_scenario *scenario) {
    for (int32_t i = 0; i < scenario->n_devices; i++) {
        struct dh_device_spec *device = &scenario->devices[i];
        const struct dh_profile_spec *profile = dh_scenario_profile(scenario, device->profile);
        if (profile && overlay(&tree->out->mem, device, profile) != DH_OK) {
            dh_tree_fail(tree, DH_ERR_MEMORY, device->place, "out of memory");
            return;
        }
    }
}
