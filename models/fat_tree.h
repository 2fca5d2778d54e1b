/* Fat trees: their links by number, and the route between two hosts by destination (D-mod-k: Zahavi, Fat-tree
 * routing and node ordering providing contention free traffic, J. Parallel Distrib. Comput. 72, 2012), found
 * by arithmetic, without tables.
 *
 * Level 0 are the hosts, level n the top. A node of level i - 1 has up[i - 1] parents, one cable to each, and
 * a switch of level i has down[i - 1] children. Host h has the digits d_i = (h / (down_0 … down_{i-1})) mod
 * down_i; a switch of level L the label (k_0 … k_{L-1}, d_L … d_{n-1}), k_i < up_i, and as position the value
 * of that label, first digit least. Cables are numbered level by level, child by child, then by the parent's
 * digit k; a cable is two links, 2 cable upward and 2 cable + 1 downward. A route climbs to the first switch
 * above the destination, by the digit (dst / (up_0 … up_{L-1})) mod up_L at level L. */
#ifndef DH_MODELS_FAT_TREE_H
#define DH_MODELS_FAT_TREE_H

#include <datahall/err.h>

#include <stdint.h>

enum { DH_FAT_TREE_LEVELS = 8 };

struct dh_fat_tree {
    int32_t n_level;
    int32_t down[DH_FAT_TREE_LEVELS], up[DH_FAT_TREE_LEVELS];
    /* set by dh_fat_tree_init */
    int32_t n_host, n_link, first_cable[DH_FAT_TREE_LEVELS];
};

/* n_level, down and up are given, each at least 1. DH_ERR_RANGE for others, or above 2^30 links. */
enum dh_err dh_fat_tree_init(struct dh_fat_tree *tree);

/* Which nodes a link joins: from and to as (level, position). */
struct dh_fat_tree_link {
    int32_t from_level, from, to_level, to;
};
struct dh_fat_tree_link dh_fat_tree_link(const struct dh_fat_tree *tree, int32_t link);

/* Links of the route from host src to host dst, in order; returns their number, 0 for src = dst. */
int32_t dh_fat_tree_route(const struct dh_fat_tree *tree, int32_t src, int32_t dst,
                          int32_t links[static 2 * DH_FAT_TREE_LEVELS]);
/* The same upward by the digits of another number than dst: any gives a route, a hash those of ECMP. */
int32_t dh_fat_tree_route_by(const struct dh_fat_tree *tree, int32_t src, int32_t dst, uint64_t number,
                             int32_t links[static 2 * DH_FAT_TREE_LEVELS]);

#endif
