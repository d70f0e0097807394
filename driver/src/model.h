/* SPDX-License-Identifier: Apache-2.0 */
/* A BitNet b1.58 language model in host memory: hyperparameters, ternary matrices, norms, embedding and
 * lm_head. It is read from a GGUF or made of random weights; compiler, reference and reports take it from
 * here. */
#ifndef QUIN_MODEL_H
#define QUIN_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gguf.h"
#include "quin_err.h"
#include "quintrit.h"

/* Limits that keep every product of two dimensions far below 2^63, and stop a broken file early. */
#define QUIN_MODEL_VOCAB_MAX ((size_t)1 << 20)
#define QUIN_MODEL_DIM_MAX ((size_t)1 << 16)
#define QUIN_MODEL_FFN_MAX ((size_t)1 << 18)
#define QUIN_MODEL_LAYERS_MAX ((size_t)1024)
#define QUIN_MODEL_HEADS_MAX ((size_t)1024)
#define QUIN_MODEL_HEAD_SIZE_MAX ((size_t)512)
#define QUIN_MODEL_HEAD_SIZE_UNIT ((size_t)32) /* a head is a multiple of this */
#define QUIN_MODEL_CONTEXT_MAX ((size_t)1 << 24)

enum quin_activation {
    QUIN_ACTIVATION_SILU, /* silu(gate) * up, SwiGLU */
    QUIN_ACTIVATION_RELU2 /* max(gate, 0)^2 * up */
};

/* Pairs of values that turn more than `fast` times in `context` positions keep their angle, those that turn
 * less than `slow` times have it divided by the factor; between them it is interpolated. */
struct quin_yarn {
    float factor;   /* 0: no YaRN */
    size_t context; /* positions before it */
    float fast, slow;
    bool truncate; /* the range between is widened to whole pairs */
};

struct quin_hyper {
    char arch[32]; /* general.architecture */
    size_t vocab;
    size_t dim; /* width of the residual stream */
    size_t layers;
    size_t heads;
    size_t kv_heads;  /* divides heads */
    size_t head_size; /* heads * head_size need not be dim */
    size_t ffn;
    size_t context; /* positions the model was made for */
    float rms_eps;
    float rope_base;
    size_t rope_dims; /* = head_size */
    float rope_scale; /* positions are divided by this: linear scaling; 0 counts as 1, none */
    struct quin_yarn yarn;
    double rope_attention; /* cosines and sines of RoPE are multiplied by this; 0 counts as 1 */
    enum quin_activation activation;
    bool tied_head;     /* lm_head is the embedding */
    bool attn_sub_norm; /* RMSNorm between attention and o */
    bool ffn_sub_norm;  /* RMSNorm between activation and down */
    /* The model's own projections take float activations (TriLM) instead of int8 ones. A device quantises
     * them all the same: to 8 bits, or with the exact options to 16. */
    bool float_activations;
};

/* W = scale * T. A tensor of zeros has scale 0. */
struct quin_linear {
    int8_t *trits; /* [out][in], each -1, 0 or +1; NULL: in the model's source */
    float scale;
    size_t in, out;
    uint64_t zeros; /* trits that are 0; counted where trits is NULL */
};

enum quin_projection {
    QUIN_PROJ_Q,
    QUIN_PROJ_K,
    QUIN_PROJ_V,
    QUIN_PROJ_O,
    QUIN_PROJ_GATE,
    QUIN_PROJ_UP,
    QUIN_PROJ_DOWN,
    QUIN_PROJS
};

struct quin_layer {
    float *attn_norm;            /* [dim] */
    struct quin_linear q;        /* [heads * head_size][dim] */
    struct quin_linear k;        /* [kv_heads * head_size][dim] */
    struct quin_linear v;        /* [kv_heads * head_size][dim] */
    float *attn_sub_norm;        /* [heads * head_size], or NULL */
    struct quin_linear o;        /* [dim][heads * head_size] */
    float *ffn_norm;             /* [dim] */
    struct quin_linear gate, up; /* [ffn][dim] */
    float *ffn_sub_norm;         /* [ffn], or NULL */
    struct quin_linear down;     /* [dim][ffn] */
};

/* What the loader decided or changed, in words. */
struct quin_notes {
    size_t count;
    struct {
        bool loud; /* a user should hear it without asking */
        char text[240];
    } note[8];
};

struct quin_model {
    struct quin_hyper hyper;
    struct quin_layer *layer; /* [layers] */
    float *embedding;         /* [vocab][dim]; NULL: in the source */
    float *head;              /* [vocab][dim]; == embedding when tied */
    float *output_norm;       /* [dim] */
    float
        *rope_factor; /* [head_size / 2], or NULL: angle i of RoPE is divided by factor i (llama3, YaRN) */
    struct quin_notes notes;
    /* NULL: all is here. Else trits, embedding and head are read from this file when they are asked for. */
    const struct quin_gguf *source;
    bool masters, rope_pairs; /* how to read them */
};

/* Reads a whole model; g may be closed afterwards. progress may be NULL. Errors: FORMAT (key or tensor
 * missing, wrong shape, not ternary, not finite), RANGE (a hyperparameter beyond the limits above),
 * UNSUPPORTED (architecture, rope scaling, a tensor that this architecture does not know), MEMORY.
 * Keys of Quintrit's own, which a file need not have: quintrit.activations ("int8", "float") says what the
 * projections take, quintrit.masters (bool) whether float projections that are not ternary are masters to be
 * quantised, quintrit.yarn_truncate (bool) whether YaRN's range is one of whole pairs: true where it is absent. */
enum quin_err quin_model_load(const struct quin_gguf *g, const struct quin_progress *progress,
                              struct quin_model **out, struct quin_msg *msg);

/* The same, with every tensor read and checked, but trits, embedding and head are not kept: the model has g as its
 * source, which must stay open. So a device's image is all that is in memory of a large model. */
enum quin_err quin_model_open(const struct quin_gguf *g, const struct quin_progress *progress,
                              struct quin_model **out, struct quin_msg *msg);

/* Keeps all of the model from here on; does nothing where all is there. */
enum quin_err quin_model_fetch(struct quin_model *m, struct quin_msg *msg);

/* Trits of a projection: *trits is where they are, [out][in], which may be buffer, of quin_model_matrix_bytes(). */
enum quin_err quin_model_trits(const struct quin_model *m, size_t layer, enum quin_projection p, int8_t *buffer,
                               const int8_t **trits, struct quin_msg *msg);
size_t quin_model_matrix_bytes(const struct quin_model *m);

/* Rows first .. first + n - 1 of the head or of the embedding: *rows is where they are, [n][dim], which may be buffer. */
enum quin_err quin_model_rows(const struct quin_model *m, bool head, size_t first, size_t n, float *buffer,
                              const float **rows, struct quin_msg *msg);

/* Reads the hyperparameters alone (family.c); touches no tensor data. */
enum quin_err quin_model_load_hyper(const struct quin_gguf *g, struct quin_hyper *hyper,
                                    struct quin_msg *msg);

/* Angle i of RoPE at a position, i < head_size / 2, with the scaling that the model has. */
double quin_model_angle(const struct quin_model *m, size_t position, size_t i);

/* By how much RoPE lengthens the pairs that it turns: YaRN's attention factor, else 1. */
double quin_model_rope_length(const struct quin_model *m);

/* A model of these hyperparameters with random weights: trits -1, 0, +1 with equal chance, scales that keep a
 * vector's mean square, norms in [0.75, 1.25]. The same seed gives the same model everywhere. */
enum quin_err quin_model_random(const struct quin_hyper *hyper, uint64_t seed, struct quin_model **out,
                                struct quin_msg *msg);

void quin_model_free(struct quin_model *m); /* NULL is allowed */

/* Checks hyperparameters against the limits and against each other. */
enum quin_err quin_hyper_check(const struct quin_hyper *h, struct quin_msg *msg);

/* Allocates a model of zeros whose shapes are filled in; scales are 0. Without weights: trits, embedding and head are
 * NULL. */
enum quin_err quin_model_alloc(const struct quin_hyper *hyper, bool weights, struct quin_model **out,
                               struct quin_msg *msg);

uint64_t quin_count_zeros(const int8_t *trits, size_t n);

/* Projection p of a layer, and its name in a GGUF ("attn_q", ...). */
struct quin_linear *quin_layer_linear(struct quin_layer *layer, enum quin_projection p);
const char *quin_projection_name(enum quin_projection p);

const char *quin_activation_name(enum quin_activation a); /* "silu", "relu2" */

/* What a decoded token costs. Streamed means read from DRAM: five neighbouring outputs of a ternary matrix
 * share a byte, and a weight of the lm_head is a byte. Norms, scales, KV cache and the one embedding row are
 * not counted. */
struct quin_model_stats {
    uint64_t ternary_params; /* in all layers */
    uint64_t ternary_zeros;
    double zero_share;     /* ternary_zeros / ternary_params */
    uint64_t float_params; /* norms, embedding and an untied head */
    uint64_t layer_bytes;  /* streamed by one layer; all layers are equal */
    uint64_t layers_bytes; /* by all layers */
    uint64_t head_bytes;
    uint64_t token_bytes; /* layers_bytes + head_bytes */
};

void quin_model_stats(const struct quin_model *m, struct quin_model_stats *s);

#endif
