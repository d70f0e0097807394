/* SPDX-License-Identifier: Apache-2.0
 *
 * The families of models: what their metadata keys are called and what they mean. Hyperparameters are read
 * here, from keys and from which tensors there are; no tensor's data is touched.
 */
#include "family.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "msg.h"

enum { KEY_MAX = 128 };

/* llama.cpp's `bitnet` is two kinds of models under one name: the paper's with SiLU, and conversions of
 * BitNet 2B-4T, which has ReLU^2. Where no key tells, 2B-4T's RoPE base does. */
static const struct quin_family families[] = {
    {"bitnet", "bitnet_b1_58-large, 3B; conversions of BitNet 2B-4T", QUIN_ACTIVATION_SILU, 500000.0f,
     QUIN_SUB_NORMS_OPTIONAL, false, true},
    {"bitnet-b1.58", "BitNet b1.58 2B-4T", QUIN_ACTIVATION_RELU2, 0, QUIN_SUB_NORMS_REQUIRED, false, true},
    {"bitnet-25", "BitNet b1.58 2B-4T, first upload", QUIN_ACTIVATION_RELU2, 0, QUIN_SUB_NORMS_REQUIRED,
     false, true},
    {"llama", "Llama3-8B-1.58, Falcon3-1.58, Falcon-E, TriLM", QUIN_ACTIVATION_SILU, 0, QUIN_SUB_NORMS_NONE,
     true, false},
};

enum { FAMILIES = sizeof families / sizeof families[0] };

const struct quin_family *quin_family_at(size_t i)
{
    return i < FAMILIES ? &families[i] : NULL;
}

static bool str_is(struct quin_str s, const char *want)
{
    return s.len == strlen(want) && memcmp(s.ptr, want, s.len) == 0;
}

/* The architecture decides what the keys are called and what is computed, so it is looked at first. */
enum quin_err quin_family_find(const struct quin_gguf *g, const struct quin_family **f, struct quin_msg *msg)
{
    struct quin_str arch;
    char list[128] = "";
    size_t n = 0;
    enum quin_err e = quin_gguf_get_str(g, "general.architecture", &arch, msg);
    if (e)
        return e;
    for (size_t i = 0; i < FAMILIES; i++) {
        *f = &families[i];
        if (str_is(arch, (*f)->arch))
            return QUIN_OK;
        n += (size_t)snprintf(list + n, sizeof list - n, "%s'%s'", i ? ", " : "", (*f)->arch);
    }
    return quin_msg_set(msg, QUIN_ERR_UNSUPPORTED,
                        "the file holds a model of architecture '%.*s', which is not "
                        "supported; use a GGUF of architecture %s",
                        quin_msg_clip(arch.len), arch.ptr, list);
}

/* ---- keys ---- */

static const char *key_of(char buf[KEY_MAX], const struct quin_family *f, const char *name)
{
    snprintf(buf, KEY_MAX, "%s.%s", f->arch, name);
    return buf;
}

static enum quin_err get_size(const struct quin_gguf *g, const struct quin_family *f, const char *name,
                              size_t *v, struct quin_msg *msg)
{
    char key[KEY_MAX];
    uint32_t u;
    enum quin_err e = quin_gguf_get_u32(g, key_of(key, f, name), &u, msg);
    if (!e)
        *v = u;
    return e;
}

/* An absent key leaves *v as it is. */
static enum quin_err get_size_if(const struct quin_gguf *g, const struct quin_family *f, const char *name,
                                 size_t *v, struct quin_msg *msg)
{
    char key[KEY_MAX];
    return quin_gguf_find(g, key_of(key, f, name)) ? get_size(g, f, name, v, msg) : QUIN_OK;
}

static enum quin_err get_float(const struct quin_gguf *g, const struct quin_family *f, const char *name,
                               const float *fallback, float *v, struct quin_msg *msg)
{
    char key[KEY_MAX];
    key_of(key, f, name);
    return fallback ? quin_gguf_get_f32_or(g, key, *fallback, v, msg) : quin_gguf_get_f32(g, key, v, msg);
}

static enum quin_err get_rope_base(const struct quin_gguf *g, const struct quin_family *f, float *base,
                                   struct quin_msg *msg)
{
    static const float usual = 10000.0f;
    return get_float(g, f, "rope.freq_base", &usual, base, msg);
}

/* ---- decisions ---- */

/* The file format has no fixed key for the activation; a model that says which one it wants is obeyed, since
 * running relu2 weights with SiLU gives fluent nonsense instead of an error. */
enum quin_err quin_family_activation(const struct quin_gguf *g, const struct quin_family *f,
                                     enum quin_activation *a, enum quin_decided *by, struct quin_msg *msg)
{
    char key[KEY_MAX];
    struct quin_str s;
    float base;
    enum quin_err e = get_rope_base(g, f, &base, msg);
    *a = f->activation;
    *by = QUIN_DECIDED_FAMILY;
    if (!e && f->relu2_base != 0 && base == f->relu2_base) {
        *a = QUIN_ACTIVATION_RELU2;
        *by = QUIN_DECIDED_BASE;
    }
    if (e || !quin_gguf_find(g, key_of(key, f, "hidden_activation")))
        return e;
    *by = QUIN_DECIDED_KEY;
    if ((e = quin_gguf_get_str(g, key, &s, msg)))
        return e;
    if (str_is(s, "silu"))
        *a = QUIN_ACTIVATION_SILU;
    else if (str_is(s, "relu2"))
        *a = QUIN_ACTIVATION_RELU2;
    else
        return quin_msg_set(msg, QUIN_ERR_UNSUPPORTED,
                            "the key %s is '%.*s'; only 'silu' and 'relu2' can run", key,
                            quin_msg_clip(s.len), s.ptr);
    return QUIN_OK;
}

enum quin_err quin_family_masters(const struct quin_gguf *g, const struct quin_family *f, bool *masters,
                                  struct quin_msg *msg)
{
    return quin_gguf_get_bool_or(g, "quintrit.masters", f->masters, masters, msg);
}

static enum quin_err get_float_activations(const struct quin_gguf *g, bool *is_float, struct quin_msg *msg)
{
    static const char key[] = "quintrit.activations";
    struct quin_str s;
    *is_float = false;
    if (!quin_gguf_find(g, key))
        return QUIN_OK;
    enum quin_err e = quin_gguf_get_str(g, key, &s, msg);
    if (e)
        return e;
    *is_float = str_is(s, "float");
    if (!*is_float && !str_is(s, "int8"))
        return quin_msg_set(msg, QUIN_ERR_UNSUPPORTED, "the key %s is '%.*s'; it may be 'int8' or 'float'",
                            key, quin_msg_clip(s.len), s.ptr);
    return QUIN_OK;
}

/* ---- RoPE ---- */

/* Keys that say something about scaling that is not "none": each must be one that is understood. */
static enum quin_err check_scaling_keys(const struct quin_gguf *g, const struct quin_family *f, bool yarn,
                                        struct quin_msg *msg)
{
    static const char *const known[] = {"type", "factor", "finetuned", "original_context_length"};
    static const char *const of_yarn[] = {"attn_factor",    "yarn_attn_factor", "yarn_ext_factor",
                                          "yarn_beta_fast", "yarn_beta_slow",   "yarn_log_multiplier"};
    char prefix[KEY_MAX];
    key_of(prefix, f, "rope.scaling.");
    size_t n = strlen(prefix);
    for (size_t i = 0; i < quin_gguf_kv_count(g); i++) {
        const struct quin_gguf_kv *kv = quin_gguf_kv_at(g, i);
        if (kv->key.len < n || memcmp(kv->key.ptr, prefix, n) != 0)
            continue;
        bool understood = false;
        struct quin_str name = {kv->key.ptr + n, kv->key.len - n};
        for (size_t j = 0; !understood && j < sizeof known / sizeof known[0]; j++)
            understood = str_is(name, known[j]);
        for (size_t j = 0; yarn && !understood && j < sizeof of_yarn / sizeof of_yarn[0]; j++)
            understood = str_is(name, of_yarn[j]);
        if (!understood)
            return quin_msg_set(msg, QUIN_ERR_UNSUPPORTED,
                                "the key %.*s asks for scaled RoPE positions in a way that is not "
                                "supported; use a model without rope scaling, or with type linear, yarn or "
                                "llama3",
                                quin_msg_clip(kv->key.len), kv->key.ptr);
    }
    return QUIN_OK;
}

/* YaRN's attention factor where no key says otherwise. */
static double usual_attention(float factor)
{
    return 1 + 0.1 * log((double)factor);
}

/* Number of the pair of a head's values that turns so often in the positions before YaRN, which need not be
 * a whole one: context * base^(-2 i / head_size) = turns * 2 pi. */
static double pair_that_turns(const struct quin_hyper *h, float turns)
{
    static const double two_pi = 6.283185307179586;
    return (double)h->head_size * log((double)h->yarn.context / ((double)turns * two_pi)) /
           (2 * log((double)h->rope_base));
}

/* Pairs up to first keep their frequency, from last on they are divided by the factor. */
static void yarn_range(const struct quin_hyper *h, double *first, double *last)
{
    double low = pair_that_turns(h, h->yarn.fast), high = pair_that_turns(h, h->yarn.slow);
    *first = fmax(h->yarn.truncate ? floor(low) : low, 0);
    *last = fmin(h->yarn.truncate ? ceil(high) : high, (double)h->head_size - 1);
}

void quin_yarn_factors(const struct quin_hyper *h, float *factor)
{
    double first, last;
    yarn_range(h, &first, &last);
    double span = last > first ? last - first : 0.001;
    for (size_t i = 0; i < h->head_size / 2; i++) {
        double share = fmin(fmax(((double)i - first) / span, 0), 1);
        factor[i] = (float)(1 / (share / (double)h->yarn.factor + 1 - share));
    }
}

/* Keys that engines read differently, or not at all, may only hold what changes nothing. */
static enum quin_err check_yarn_neutral(const struct quin_gguf *g, const struct quin_family *f, float factor,
                                        struct quin_msg *msg)
{
    const struct {
        const char *name;
        float neutral;
    } keys[] = {{"rope.scaling.yarn_ext_factor", 1},
                {"rope.scaling.yarn_log_multiplier", 0},
                {"rope.scaling.yarn_attn_factor", (float)usual_attention(factor)}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        float v;
        enum quin_err e = get_float(g, f, keys[i].name, &keys[i].neutral, &v, msg);
        if (e)
            return e;
        if (!(fabsf(v - keys[i].neutral) <= 1e-5f))
            return quin_msg_set(msg, QUIN_ERR_UNSUPPORTED,
                                "the key %s.%s is %g, which engines understand differently; only %g can run, "
                                "and rope.scaling.attn_factor multiplies the attention factor",
                                f->arch, keys[i].name, (double)v, (double)keys[i].neutral);
    }
    return QUIN_OK;
}

/* As Hugging Face computes it; attn_factor multiplies the usual attention factor, as in llama.cpp. */
static enum quin_err get_yarn(const struct quin_gguf *g, const struct quin_family *f, float factor,
                              struct quin_hyper *h, struct quin_msg *msg)
{
    static const float fast = 32, slow = 1, one = 1;
    struct quin_yarn *y = &h->yarn;
    double first, last;
    float attention;
    enum quin_err e;
    if ((e = check_yarn_neutral(g, f, factor, msg)) ||
        (e = get_size(g, f, "rope.scaling.original_context_length", &y->context, msg)) ||
        (e = get_float(g, f, "rope.scaling.yarn_beta_fast", &fast, &y->fast, msg)) ||
        (e = get_float(g, f, "rope.scaling.yarn_beta_slow", &slow, &y->slow, msg)) ||
        (e = get_float(g, f, "rope.scaling.attn_factor", &one, &attention, msg)) ||
        (e = quin_gguf_get_bool_or(g, "quintrit.yarn_truncate", true, &y->truncate, msg)))
        return e;
    y->factor = factor;
    h->rope_attention = (double)attention * usual_attention(factor);
    if (!(attention >= 1e-3f && attention <= 1e3f))
        return quin_msg_set(msg, QUIN_ERR_RANGE,
                            "YaRN's attention factor is %g, but must be 0.001 to 1000; the file is damaged",
                            (double)attention);
    if (!(y->slow > 0 && y->fast >= y->slow && y->fast <= 1e6f))
        return quin_msg_set(msg, QUIN_ERR_RANGE,
                            "YaRN's betas are %g (fast) and %g (slow), but must be 1e6 >= fast >= slow > 0; "
                            "the file is damaged",
                            (double)y->fast, (double)y->slow);
    yarn_range(h, &first, &last);
    if (y->context == 0 || y->context > QUIN_MODEL_CONTEXT_MAX || !(last >= first))
        return quin_msg_set(msg, QUIN_ERR_RANGE,
                            "YaRN's original context length of %zu gives no range of frequencies with betas "
                            "%g and %g; the file is damaged",
                            y->context, (double)y->fast, (double)y->slow);
    return QUIN_OK;
}

/* linear: positions divided by a factor. llama3's factors are a tensor, rope_freqs.weight, of which no key
 * tells. */
static enum quin_err get_rope_scaling(const struct quin_gguf *g, const struct quin_family *f,
                                      struct quin_hyper *h, struct quin_msg *msg)
{
    static const float one = 1.0f;
    char key[KEY_MAX];
    struct quin_str type = {"linear", 6};
    float factor, old;
    enum quin_err e = QUIN_OK;
    h->rope_scale = 1.0f;
    if (quin_gguf_find(g, key_of(key, f, "rope.scaling.type")))
        e = quin_gguf_get_str(g, key, &type, msg);
    bool yarn = !e && str_is(type, "yarn"), none = !e && str_is(type, "none");
    if (!e && !yarn && !none && !str_is(type, "linear"))
        return quin_msg_set(
            msg, QUIN_ERR_UNSUPPORTED,
            "the key %s is '%.*s'; RoPE scaling can be 'none', 'linear' or 'yarn', or llama3's by a tensor "
            "rope_freqs.weight",
            key, quin_msg_clip(type.len), type.ptr);
    if (e || (e = check_scaling_keys(g, f, yarn, msg)) ||
        (e = get_float(g, f, "rope.scale_linear", &one, &old, msg)) || /* the key's name in old files */
        (e = get_float(g, f, "rope.scaling.factor", yarn ? NULL : &old, &factor, msg)) || none)
        return e;
    if (!(factor >= 1.0f && factor <= 1e6f))
        return quin_msg_set(msg, QUIN_ERR_RANGE,
                            "the RoPE scaling factor is %g, but must be 1 to 1e6; the file is damaged",
                            (double)factor);
    if (yarn)
        return get_yarn(g, f, factor, h, msg);
    h->rope_scale = factor;
    return QUIN_OK;
}

/* ---- hyperparameters ---- */

/* heads, kv_heads, head_size, rope_dims; each is known or follows from the one before. */
static enum quin_err get_heads(const struct quin_gguf *g, const struct quin_family *f, struct quin_hyper *h,
                               struct quin_msg *msg)
{
    enum quin_err e = get_size(g, f, "attention.head_count", &h->heads, msg);
    if (e)
        return e;
    h->kv_heads = h->heads;
    h->head_size = h->heads && h->dim % h->heads == 0 ? h->dim / h->heads : 0;
    if ((e = get_size_if(g, f, "attention.head_count_kv", &h->kv_heads, msg)) ||
        (e = get_size_if(g, f, "attention.key_length", &h->head_size, msg)))
        return e;
    size_t value_size = h->head_size;
    h->rope_dims = h->head_size;
    if ((e = get_size_if(g, f, "attention.value_length", &value_size, msg)) ||
        (e = get_size_if(g, f, "rope.dimension_count", &h->rope_dims, msg)))
        return e;
    if (h->heads && !h->head_size)
        return quin_msg_set(msg, QUIN_ERR_FORMAT,
                            "an embedding length of %zu does not divide into %zu heads, and the "
                            "key %s.attention.key_length is missing",
                            h->dim, h->heads, f->arch);
    if (value_size != h->head_size)
        return quin_msg_set(msg, QUIN_ERR_UNSUPPORTED,
                            "keys have %zu values a head, but values have %zu; only models "
                            "where both are equal can run",
                            h->head_size, value_size);
    return QUIN_OK;
}

/* REQUIRED leaves the complaint to tensor_get, which names the tensor. */
static enum quin_err get_sub_norm(const struct quin_gguf *g, const struct quin_family *f, const char *name,
                                  bool *has, struct quin_msg *msg)
{
    *has = f->sub_norms == QUIN_SUB_NORMS_REQUIRED ||
           (f->sub_norms == QUIN_SUB_NORMS_OPTIONAL && quin_gguf_tensor_find(g, name));
    const struct quin_gguf_tensor *t;
    return *has ? quin_gguf_tensor_get(g, name, &t, msg) : QUIN_OK;
}

/* The first upload of 2B-4T has its embedding twice, as the head, too. */
static bool has_own_head(const struct quin_gguf *g, const struct quin_gguf_tensor *embd)
{
    const struct quin_gguf_tensor *head = quin_gguf_tensor_find(g, "output.weight");
    return head &&
           (head->type != embd->type || head->size != embd->size || !embd->size ||
            memcmp(head->ne, embd->ne, sizeof head->ne) || memcmp(head->data, embd->data, embd->size));
}

enum quin_err quin_model_load_hyper(const struct quin_gguf *g, struct quin_hyper *h, struct quin_msg *msg)
{
    const struct quin_family *f;
    const struct quin_gguf_tensor *embd;
    enum quin_decided by;
    enum quin_err e;
    *h = (struct quin_hyper){.vocab = 0};
    if ((e = quin_family_find(g, &f, msg)))
        return e;
    snprintf(h->arch, sizeof h->arch, "%s", f->arch);
    if ((e = get_size(g, f, "context_length", &h->context, msg)) ||
        (e = get_size(g, f, "embedding_length", &h->dim, msg)) ||
        (e = get_size(g, f, "block_count", &h->layers, msg)) ||
        (e = get_size(g, f, "feed_forward_length", &h->ffn, msg)) || (e = get_heads(g, f, h, msg)) ||
        (e = get_float(g, f, "attention.layer_norm_rms_epsilon", NULL, &h->rms_eps, msg)) ||
        (e = get_rope_base(g, f, &h->rope_base, msg)) || (e = get_rope_scaling(g, f, h, msg)) ||
        (e = quin_family_activation(g, f, &h->activation, &by, msg)) ||
        (e = get_float_activations(g, &h->float_activations, msg)) ||
        (e = quin_gguf_tensor_get(g, "token_embd.weight", &embd, msg)))
        return e;
    /* Converters may leave vocab_size out; the embedding then has as many rows as there are tokens. */
    h->vocab = embd->ne[1] <= QUIN_MODEL_VOCAB_MAX ? (size_t)embd->ne[1] : 0;
    h->tied_head = !has_own_head(g, embd);
    if ((e = get_size_if(g, f, "vocab_size", &h->vocab, msg)) ||
        (e = get_sub_norm(g, f, "blk.0.attn_sub_norm.weight", &h->attn_sub_norm, msg)) ||
        (e = get_sub_norm(g, f, "blk.0.ffn_sub_norm.weight", &h->ffn_sub_norm, msg)))
        return e;
    return quin_hyper_check(h, msg);
}

void quin_notes_add(struct quin_notes *n, bool loud, const char *format, ...)
{
    va_list args;
    if (n->count == sizeof n->note / sizeof n->note[0])
        return;
    va_start(args, format);
    vsnprintf(n->note[n->count].text, sizeof n->note[0].text, format, args);
    va_end(args);
    n->note[n->count++].loud = loud;
}
