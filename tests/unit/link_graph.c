#include "tests/tests.h"

#include "models/fat_tree.h"
#include "models/link_graph.h"

#include <stdlib.h>

/* Nodes of a fat tree in a row, level by level. */
static struct dh_link_graph *graph_of(const struct dh_fat_tree *t, int32_t *n_node) {
    struct dh_graph_link *links = calloc((size_t)t->n_link, sizeof *links);
    int32_t first[DH_FAT_TREE_LEVELS + 2] = {0};
    for (int32_t i = 0; i < t->n_link; i += 2) {
        struct dh_fat_tree_link l = dh_fat_tree_link(t, i);
        first[l.from_level + 1] = l.from >= first[l.from_level + 1] ? l.from + 1 : first[l.from_level + 1];
        first[l.to_level + 1] = l.to >= first[l.to_level + 1] ? l.to + 1 : first[l.to_level + 1];
    }
    for (int32_t i = 0; i <= t->n_level; i++)
        first[i + 1] += first[i];
    *n_node = first[t->n_level + 1];
    bool *ends = calloc((size_t)*n_node, sizeof *ends);
    for (int32_t i = 0; i < t->n_host; i++)
        ends[i] = true;
    for (int32_t i = 0; i < t->n_link; i++) {
        struct dh_fat_tree_link l = dh_fat_tree_link(t, i);
        links[i] = (struct dh_graph_link){first[l.from_level] + l.from, first[l.to_level] + l.to};
    }
    struct dh_link_graph *g = dh_link_graph_new(*n_node, ends, links, t->n_link);
    assert_non_null(g);
    free(ends);
    free(links);
    return g;
}

/* By destination, the shortest routes of a fat tree are those of its arithmetic, link by link. */
void shortest_routes_of_fat_trees_are_d_mod_k(void **state) {
    (void)state;
    static const struct dh_fat_tree trees[] = {
        {.n_level = 1, .down = {7},          .up = {1}         },
        {.n_level = 2, .down = {3, 4},       .up = {2, 5}      },
        {.n_level = 2, .down = {16, 8},      .up = {1, 4}      },
        {.n_level = 3, .down = {2, 3, 4},    .up = {1, 3, 2}   },
        {.n_level = 3, .down = {4, 4, 4},    .up = {1, 4, 4}   },
        {.n_level = 4, .down = {2, 2, 2, 3}, .up = {2, 3, 1, 2}},
    };
    for (size_t i = 0; i < sizeof trees / sizeof *trees; i++) {
        struct dh_fat_tree t = trees[i];
        int32_t n_node, got[2 * DH_FAT_TREE_LEVELS], want[2 * DH_FAT_TREE_LEVELS];
        assert_int_equal(dh_fat_tree_init(&t), DH_OK);
        struct dh_link_graph *g = graph_of(&t, &n_node);
        for (int32_t dst = 0; dst < t.n_host; dst++)
            for (int32_t src = 0; src < t.n_host; src++) {
                int32_t n = dh_fat_tree_route(&t, src, dst, want);
                assert_int_equal(dh_link_graph_route(g, src, dst, (uint64_t)dst, 2 * DH_FAT_TREE_LEVELS, got),
                                 n);
                for (int32_t k = 0; k < n; k++)
                    assert_int_equal(got[k], want[k]);
            }
        dh_link_graph_delete(g);
    }
}

/* Two hosts, 0 and 1, over switch 2 or 3 (links 0 1 and 2 3), or the long way over 2, 4, 5, 3. */
void routes_go_around_what_is_cut(void **state) {
    (void)state;
    static const struct dh_graph_link links[] = {
        {0, 2},
        {2, 1},
        {0, 3},
        {3, 1},
        {2, 4},
        {4, 5},
        {5, 3}
    };
    static const bool ends[6] = {true, true};
    struct dh_link_graph *g = dh_link_graph_new(6, ends, links, 7);
    int32_t route[8];
    assert_non_null(g);
    assert_int_equal(dh_link_graph_route(g, 0, 0, 0, 8, route), 0);
    assert_int_equal(dh_link_graph_route(g, 1, 0, 0, 8, route), -1); /* links have a direction */
    assert_int_equal(dh_link_graph_route(g, 0, 1, 0, 8, route), 2);
    assert_true(route[0] == 0 && route[1] == 1);
    assert_int_equal(dh_link_graph_route(g, 0, 1, 1, 8, route), 2);
    assert_true(route[0] == 2 && route[1] == 3);
    dh_link_graph_cut_link(g, 1, true); /* number 0 has no choice left */
    assert_int_equal(dh_link_graph_route(g, 0, 1, 0, 8, route), 2);
    assert_true(route[0] == 2 && route[1] == 3);
    dh_link_graph_cut_link(g, 2, true);
    assert_int_equal(dh_link_graph_route(g, 0, 1, 0, 8, route), 5);
    assert_true(route[0] == 0 && route[1] == 4 && route[2] == 5 && route[3] == 6 && route[4] == 3);
    assert_int_equal(dh_link_graph_route(g, 0, 1, 0, 4, route), 5); /* too long for so little room */
    dh_link_graph_cut_node(g, 5, true);
    assert_int_equal(dh_link_graph_route(g, 0, 1, 0, 8, route), -1);
    dh_link_graph_cut_node(g, 5, false);
    dh_link_graph_cut_node(g, 1, true);
    assert_int_equal(dh_link_graph_route(g, 0, 1, 0, 8, route), -1);
    dh_link_graph_cut_node(g, 1, false);
    dh_link_graph_cut_link(g, 1, false);
    dh_link_graph_cut_link(g, 2, false);
    assert_int_equal(dh_link_graph_route(g, 0, 1, 0, 8, route), 2);
    dh_link_graph_delete(g);
    static const struct dh_graph_link nowhere = {0, 6};
    assert_null(dh_link_graph_new(6, ends, &nowhere, 1));
}
