#include "models/fat_tree.h"

/* Digits of labels at a level: those below it count parents, the others children. */
static int32_t radix(const struct dh_fat_tree *t, int32_t level, int32_t digit) {
    return digit < level ? t->up[digit] : t->down[digit];
}

static int32_t position(const struct dh_fat_tree *t, int32_t level, const int32_t *label) {
    int32_t at = 0;
    for (int32_t i = t->n_level; i-- > 0;)
        at = at * radix(t, level, i) + label[i];
    return at;
}

static void label_of(const struct dh_fat_tree *t, int32_t level, int32_t at, int32_t *label) {
    for (int32_t i = 0; i < t->n_level; i++) {
        label[i] = at % radix(t, level, i);
        at /= radix(t, level, i);
    }
}

enum dh_err dh_fat_tree_init(struct dh_fat_tree *t) {
    int64_t cables = 0;
    if (t->n_level < 1 || t->n_level > DH_FAT_TREE_LEVELS)
        return DH_ERR_RANGE;
    for (int32_t i = 0; i < t->n_level; i++)
        if (t->down[i] < 1 || t->up[i] < 1)
            return DH_ERR_RANGE;
    for (int32_t level = 0; level <= t->n_level; level++) {
        int64_t nodes = 1;
        for (int32_t i = 0; i < t->n_level; i++) {
            nodes *= radix(t, level, i);
            if (nodes > 1 << 29)
                return DH_ERR_RANGE;
        }
        if (level == 0)
            t->n_host = (int32_t)nodes;
        if (level == t->n_level)
            break;
        t->first_cable[level] = (int32_t)cables;
        cables += nodes * t->up[level];
        if (cables > 1 << 29)
            return DH_ERR_RANGE;
    }
    t->n_link = (int32_t)(2 * cables);
    return DH_OK;
}

struct dh_fat_tree_link dh_fat_tree_link(const struct dh_fat_tree *t, int32_t link) {
    int32_t cable = link / 2, level = t->n_level - 1, label[DH_FAT_TREE_LEVELS];
    while (level > 0 && cable < t->first_cable[level])
        level--;
    int32_t child = (cable - t->first_cable[level]) / t->up[level];
    label_of(t, level, child, label);
    label[level] = (cable - t->first_cable[level]) % t->up[level];
    int32_t parent = position(t, level + 1, label);
    return link % 2 == 0 ? (struct dh_fat_tree_link){level, child, level + 1, parent}
                         : (struct dh_fat_tree_link){level + 1, parent, level, child};
}

int32_t dh_fat_tree_route_by(const struct dh_fat_tree *t, int32_t src, int32_t dst, uint64_t number,
                             int32_t links[static 2 * DH_FAT_TREE_LEVELS]) {
    int32_t label[DH_FAT_TREE_LEVELS], to[DH_FAT_TREE_LEVELS], parent[DH_FAT_TREE_LEVELS];
    int32_t top = 0, n = 0;
    label_of(t, 0, src, label);
    label_of(t, 0, dst, to);
    for (int32_t i = 0; i < t->n_level; i++)
        top = label[i] != to[i] ? i + 1 : top;
    for (int32_t level = 0; level < top; level++) {
        parent[level] = (int32_t)(number % (uint64_t)t->up[level]);
        number /= (uint64_t)t->up[level];
        links[n++] = 2 * (t->first_cable[level] + position(t, level, label) * t->up[level] + parent[level]);
        label[level] = parent[level];
    }
    for (int32_t level = top; level-- > 0;) {
        label[level] = to[level];
        links[n++] =
            2 * (t->first_cable[level] + position(t, level, label) * t->up[level] + parent[level]) + 1;
    }
    return n;
}

int32_t dh_fat_tree_route(const struct dh_fat_tree *t, int32_t src, int32_t dst,
                          int32_t links[static 2 * DH_FAT_TREE_LEVELS]) {
    return dh_fat_tree_route_by(t, src, dst, (uint64_t)dst, links);
}
