/* What a transformer has and does, counted from its architecture: parameters, operations, cache. Two
 * operations a multiplication and addition; norms, softmax and rotations are not counted, the output layer
 * is, the embedding is not.
 *
 * Dense layer, a heads of width d, kv heads of keys and values, width H, inner width F, g = 3 matrices when
 * gated, else 2 (A. Vaswani et al., 2017; N. Shazeer, arXiv 2002.05202; J. Ainslie et al., arXiv 2305.13245):
 *
 *   parameters  H d (a + 2 kv) + a d H + g H F + norms 2 H
 *   forward     2 parameters of matrices + 4 context a d        operations a token
 *   cache       2 kv d bytes of an element                      a token
 *
 * Experts: a router H E, E feed-forward blocks of width F_e of which a token takes k, and shared ones that
 * every token takes (W. Fedus et al., JMLR 23, 2022; DeepSeek-V3, arXiv 2412.19437, section 2.1). Keys and
 * values compressed to r (multi-head latent attention, DeepSeek-V2, arXiv 2405.04434, section 2.1.2):
 * queries H -> q -> a (d + d_rope), keys and values H -> r + d_rope, r -> a (d + d_v); the cache holds
 * r + d_rope. */
#ifndef DH_MODELS_TRANSFORMER_H
#define DH_MODELS_TRANSFORMER_H

#include "scenarios/scenario.h"

/* Is name the model's id, or one of its aliases? */
bool dh_transformer_is_called(const struct dh_model_spec *model, const char *name);

/* Defaults filled in, and what layers there are. */
struct dh_transformer {
    int32_t layers, dense_layers, expert_layers, full_layers; /* full_layers see the whole context */
    double hidden, heads, kv_heads, head_dim, value_dim, rope_dim, ffn, expert_ffn, shared_ffn, vocab;
    double experts, experts_used, kv_rank, q_rank, window, matrices; /* matrices: 3 gated, 2 not */
    bool tied;
    /* Parameters: of the matrices of attention in a layer, of a dense feed-forward block, of one expert, of
     * the shared experts and the router of a layer; of norms and biases in all layers; of embeddings in and
     * out and learned positions. Exact below 2^53. */
    double attention, dense, expert, shared, router, small, embedding, output;
};

/* Counts the model's parts; the caller's model may go afterwards. DH_ERR_VALUE with the reason: heads that
 * kv-heads does not divide, more experts used than there are, more than 1e15 parameters. */
enum dh_err dh_transformer_of(struct dh_transformer *t, const struct dh_model_spec *model,
                              struct dh_diag *diag);

/* All parameters, and those that a token meets: k experts of a layer, shared ones, everything dense. */
double dh_transformer_parameters(const struct dh_transformer *t);
double dh_transformer_active(const struct dh_transformer *t);
/* Elements of the matrices that one token is multiplied with, output layer included. */
double dh_transformer_matrices(const struct dh_transformer *t);

/* Elements of the cache for one token in all layers (windows not regarded), and for a sequence of so many
 * tokens, whose layers with a window keep no more than it. */
double dh_transformer_cache(const struct dh_transformer *t);
double dh_transformer_cache_of(const struct dh_transformer *t, double tokens);

/* Operations forward: of one token that sees `context` tokens; of a whole prompt from nothing, causal,
 * output layer at each token. */
double dh_transformer_token_flops(const struct dh_transformer *t, double context);
double dh_transformer_prompt_flops(const struct dh_transformer *t, double tokens);

#endif
