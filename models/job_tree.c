#include "models/job_tree.h"

#include <stdlib.h>
#include <string.h>

/* Finishing step of SplitMix64 (S. Vigna, public domain), folded to 32 bits. */
static uint32_t heap_order(int32_t job) {
    uint64_t z = ((uint64_t)(uint32_t)job + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) >> 32);
}

static bool key_before(const struct dh_job_key *a, const struct dh_job_key *b) {
    if (a->priority != b->priority)
        return a->priority > b->priority;
    if (a->first != b->first)
        return a->first < b->first;
    if (a->second != b->second)
        return a->second < b->second;
    return a->job < b->job;
}

static dh_time smaller(dh_time a, dh_time b) {
    return a < b ? a : b;
}

/* Aggregates of a subtree from its root and its two children. */
static void settle(struct dh_job_entry *entries, int32_t slot) {
    struct dh_job_entry *e = &entries[slot];
    const struct dh_job_entry *l = &entries[e->left], *r = &entries[e->right];
    e->count = l->count + r->count + 1;
    e->sum_gpus = l->sum_gpus + r->sum_gpus + e->gpus;
    int32_t least = l->min_gpus < r->min_gpus ? l->min_gpus : r->min_gpus;
    e->min_gpus = least < e->gpus ? least : e->gpus;
    e->min_length = smaller(smaller(l->min_length, r->min_length), e->length);
    e->min_submit = smaller(smaller(l->min_submit, r->min_submit), e->submit);
    e->min_mark = smaller(smaller(l->min_mark, r->min_mark), e->mark);
}

static enum dh_err grow(struct dh_job_tree *tree) {
    if (tree->n_room > INT32_MAX / 2)
        return DH_ERR_MEMORY;
    int32_t room = tree->n_room ? 2 * tree->n_room : 64;
    struct dh_job_entry *grown = realloc(tree->entries, (size_t)room * sizeof *grown);
    if (!grown)
        return DH_ERR_MEMORY;
    if (tree->n_room == 0) {
        grown[0] = (struct dh_job_entry){.min_gpus = INT32_MAX,
                                         .min_length = DH_TIME_MAX,
                                         .min_submit = DH_TIME_MAX,
                                         .min_mark = DH_TIME_MAX};
        tree->n_used = 1;
    }
    tree->entries = grown;
    tree->n_room = room;
    return DH_OK;
}

/* Parts a subtree into what comes before the key and what does not. Recursion is as deep as the tree: some
 * 50 levels for a million jobs. */
static void part(struct dh_job_entry *entries, int32_t slot, const struct dh_job_key *key, int32_t *before,
                 int32_t *behind) {
    if (!slot) {
        *before = *behind = 0;
        return;
    }
    if (key_before(&entries[slot].key, key)) {
        part(entries, entries[slot].right, key, &entries[slot].right, behind);
        *before = slot;
    } else {
        part(entries, entries[slot].left, key, before, &entries[slot].left);
        *behind = slot;
    }
    settle(entries, slot);
}

/* Joins two subtrees of which every key of a comes before every key of b. */
static int32_t join(struct dh_job_entry *entries, int32_t a, int32_t b) {
    if (!a || !b)
        return a ? a : b;
    if (entries[a].heap >= entries[b].heap) {
        entries[a].right = join(entries, entries[a].right, b);
        settle(entries, a);
        return a;
    }
    entries[b].left = join(entries, a, entries[b].left);
    settle(entries, b);
    return b;
}

static int32_t insert(struct dh_job_entry *entries, int32_t slot, int32_t added) {
    struct dh_job_entry *e = &entries[added];
    if (!slot || e->heap > entries[slot].heap) {
        part(entries, slot, &e->key, &e->left, &e->right);
        settle(entries, added);
        return added;
    }
    if (key_before(&e->key, &entries[slot].key))
        entries[slot].left = insert(entries, entries[slot].left, added);
    else
        entries[slot].right = insert(entries, entries[slot].right, added);
    settle(entries, slot);
    return slot;
}

enum dh_err dh_job_tree_add(struct dh_job_tree *tree, const struct dh_job_entry *entry) {
    if (!tree->recycled && tree->n_used == tree->n_room) {
        enum dh_err err = grow(tree);
        if (err != DH_OK)
            return err;
    }
    struct dh_job_entry *entries = tree->entries;
    int32_t slot = tree->recycled;
    if (slot)
        tree->recycled = entries[slot].left;
    else
        slot = tree->n_used++;

    struct dh_job_entry *e = &entries[slot];
    *e = *entry;
    e->heap = heap_order(entry->key.job);
    e->left = e->right = e->before = e->after = 0;
    for (int32_t at = tree->root; at;) {
        if (key_before(&e->key, &entries[at].key)) {
            e->after = at;
            at = entries[at].left;
        } else {
            e->before = at;
            at = entries[at].right;
        }
    }
    if (e->before)
        entries[e->before].after = slot;
    else
        tree->head = slot;
    if (e->after)
        entries[e->after].before = slot;
    else
        tree->tail = slot;
    tree->root = insert(entries, tree->root, slot);
    return DH_OK;
}

int32_t dh_job_tree_find(const struct dh_job_tree *tree, const struct dh_job_key *key) {
    int32_t at = tree->root;
    while (at) {
        const struct dh_job_entry *e = &tree->entries[at];
        if (key_before(key, &e->key))
            at = e->left;
        else if (key_before(&e->key, key))
            at = e->right;
        else
            break;
    }
    return at;
}

static int32_t take_out(struct dh_job_entry *entries, int32_t slot, const struct dh_job_entry *gone) {
    struct dh_job_entry *e = &entries[slot];
    if (e == gone)
        return join(entries, e->left, e->right);
    if (key_before(&gone->key, &e->key))
        e->left = take_out(entries, e->left, gone);
    else
        e->right = take_out(entries, e->right, gone);
    settle(entries, slot);
    return slot;
}

bool dh_job_tree_remove(struct dh_job_tree *tree, const struct dh_job_key *key) {
    int32_t slot = dh_job_tree_find(tree, key);
    if (!slot)
        return false;
    struct dh_job_entry *entries = tree->entries, *e = &entries[slot];
    tree->root = take_out(entries, tree->root, e);
    if (e->before)
        entries[e->before].after = e->after;
    else
        tree->head = e->after;
    if (e->after)
        entries[e->after].before = e->before;
    else
        tree->tail = e->before;
    e->left = tree->recycled;
    tree->recycled = slot;
    return true;
}

static void mark_below(struct dh_job_entry *entries, int32_t slot, const struct dh_job_key *key,
                       dh_time mark) {
    struct dh_job_entry *e = &entries[slot];
    if (key_before(key, &e->key))
        mark_below(entries, e->left, key, mark);
    else if (key_before(&e->key, key))
        mark_below(entries, e->right, key, mark);
    else
        e->mark = mark;
    e->min_mark = smaller(smaller(entries[e->left].min_mark, entries[e->right].min_mark), e->mark);
}

void dh_job_tree_mark(struct dh_job_tree *tree, int32_t slot, dh_time mark) {
    if (tree->entries[slot].mark == mark)
        return;
    struct dh_job_key key = tree->entries[slot].key;
    mark_below(tree->entries, tree->root, &key, mark);
}

void dh_job_tree_clear(struct dh_job_tree *tree) {
    tree->root = tree->head = tree->tail = tree->recycled = 0;
    tree->n_used = tree->n_room ? 1 : 0;
}

void dh_job_tree_free(struct dh_job_tree *tree) {
    free(tree->entries);
    *tree = (struct dh_job_tree){0};
}

static bool may_hold(const struct dh_job_entry *e, const struct dh_job_want *want) {
    return e->min_gpus <= want->gpus && (e->min_length <= want->length || e->min_gpus <= want->spare) &&
           e->min_submit <= want->submit && e->min_mark <= want->mark;
}

static bool wanted(const struct dh_job_entry *e, const struct dh_job_want *want) {
    return e->gpus <= want->gpus && (e->length <= want->length || e->gpus <= want->spare) &&
           e->submit <= want->submit && e->mark <= want->mark;
}

static int32_t first_below(const struct dh_job_entry *entries, int32_t slot, const struct dh_job_key *after,
                           const struct dh_job_want *want) {
    while (slot) {
        const struct dh_job_entry *e = &entries[slot];
        if (!may_hold(e, want))
            return 0;
        if (!after || key_before(after, &e->key)) {
            int32_t found = first_below(entries, e->left, after, want);
            if (found)
                return found;
            if (wanted(e, want))
                return slot;
            after = NULL; /* all that is right of here comes later */
        }
        slot = e->right;
    }
    return 0;
}

int32_t dh_job_tree_first(const struct dh_job_tree *tree, const struct dh_job_key *after,
                          const struct dh_job_want *want) {
    return first_below(tree->entries, tree->root, after, want);
}

int32_t dh_job_tree_reach(const struct dh_job_tree *tree, int64_t gpus) {
    int32_t at = tree->root, reached = 0;
    while (at) {
        const struct dh_job_entry *e = &tree->entries[at];
        int64_t up_to = tree->entries[e->left].sum_gpus + e->gpus;
        if (up_to >= gpus) {
            reached = at;
            at = e->left;
        } else {
            gpus -= up_to;
            at = e->right;
        }
    }
    return reached;
}

int64_t dh_job_tree_sum_until(const struct dh_job_tree *tree, dh_time first) {
    int64_t sum = 0;
    for (int32_t at = tree->root; at;) {
        const struct dh_job_entry *e = &tree->entries[at];
        if (e->key.first <= first) {
            sum += tree->entries[e->left].sum_gpus + e->gpus;
            at = e->right;
        } else {
            at = e->left;
        }
    }
    return sum;
}

int32_t dh_job_tree_rank(const struct dh_job_tree *tree, const struct dh_job_key *key) {
    int32_t rank = 0;
    for (int32_t at = tree->root; at;) {
        const struct dh_job_entry *e = &tree->entries[at];
        if (key_before(&e->key, key)) {
            rank += tree->entries[e->left].count + 1;
            at = e->right;
        } else {
            at = e->left;
        }
    }
    return rank;
}
