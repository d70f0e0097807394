/* SPDX-License-Identifier: Apache-2.0
 *
 * libquintrit: runs BitNet b1.58 language models on a Quintrit device or on its golden model.
 *
 *   struct quin_lm *lm;            a GGUF file: model, tokenizer
 *   struct quin_engine *engine;    the model compiled into a device; keeps sequences in slots
 *   quin_engine_generate(...)      greedy tokens, chosen on the device, one callback each
 *   quin_engine_feed(...)          logits, for sampling on the host
 *
 * Every function that can fail returns an enum quin_err (quin_err.h) and fills in *msg, which says what is wrong and
 * what to do; msg may be NULL. Handles are used by one thread at a time, but functions that only read a const struct
 * quin_lm may run in several threads at once. Nothing prints and nothing exits.
 */
#ifndef QUINTRIT_H
#define QUINTRIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quin_err.h"

/* Told how far a long function has come, fraction from 0 to 1. fn may be NULL. */
struct quin_progress {
    void (*fn)(void *user, double fraction);
    void *user;
};

/* ---- models ---- */

struct quin_lm; /* opaque: a model and its tokenizer */

/* Opens a GGUF file; path NULL means the embedded default model. Errors: IO, FORMAT, UNSUPPORTED, RANGE, MEMORY. */
enum quin_err quin_lm_open(const char *path, const struct quin_progress *progress, struct quin_lm **lm,
                           struct quin_msg *msg);
void quin_lm_close(struct quin_lm *lm);

/* The same with metadata set over the file's: each override is KEY=TYPE:VALUE, TYPE one of int, float, bool, str, as in
 * llama.cpp. Keys of Quintrit's own: quintrit.activations ("int8", "float"), quintrit.masters (bool),
 * quintrit.yarn_truncate (bool). */
struct quin_lm_options {
    const char *path; /* NULL: the embedded model */
    const char *const *overrides; /* [override_count] */
    size_t override_count;
};
enum quin_err quin_lm_open_with(const struct quin_lm_options *options, const struct quin_progress *progress,
                                struct quin_lm **lm, struct quin_msg *msg);

/* Note i of what the loader decided or changed ("no key ...: relu2, ..."); NULL beyond the last. *loud: a user should
 * hear it without asking. */
const char *quin_lm_note(const struct quin_lm *lm, size_t i, bool *loud);

struct quin_lm_info {
    char name[128], arch[32], activation[16];
    uint64_t file_bytes;
    size_t vocab, dim, layers, heads, kv_heads, head_size, ffn, context;
    bool attn_sub_norm, ffn_sub_norm, tied_head, float_activations;
    bool rope_factors;                 /* llama3's RoPE scaling */
    float rms_eps, rope_base, rope_scale; /* rope_scale 1: none */
    uint64_t ternary_params, float_params;
    double zero_share;                                 /* of the ternary weights */
    uint64_t layer_bytes, head_bytes, token_bytes;     /* streamed for one decoded token */
    float yarn_factor, yarn_attention; /* YaRN's RoPE scaling, and what it multiplies cosines and sines by; factor 0: none */
    size_t yarn_context;               /* positions before YaRN */
};
void quin_lm_info(const struct quin_lm *lm, struct quin_lm_info *info);

/* Tensor i of the file in words ("blk.0.attn_q.weight", "TQ1_0", shape); false beyond the last. */
bool quin_lm_tensor(const struct quin_lm *lm, size_t i, char *text, size_t size);

/* Tokens of a text. bos: put the model's begin-of-sequence token in front if the model asks for it; special: texts of
 * control tokens count as these tokens. *tokens is to be freed with free(). */
enum quin_err quin_lm_encode(const struct quin_lm *lm, const char *text, size_t length, bool bos, bool special,
                             uint32_t **tokens, size_t *count, struct quin_msg *msg);
/* Bytes of a token, owned by lm, not NUL-terminated; control tokens have none. */
enum quin_err quin_lm_decode(const struct quin_lm *lm, uint32_t token, const char **bytes, size_t *length,
                             struct quin_msg *msg);
uint32_t quin_lm_eos(const struct quin_lm *lm); /* UINT32_MAX: none */
uint32_t quin_lm_bos(const struct quin_lm *lm);

/* ---- conversations ---- */

struct quin_chat_message {
    const char *role; /* "system", "user", "assistant" */
    const char *content; /* [length] */
    size_t length;
};

/* The format of conversations that the model's chat template is recognised as ("llama3", "bitnet", "falcon3",
 * "chatml"), "plain" for a file without one. UNSUPPORTED for a template that is none of them. */
enum quin_err quin_chat_name(const struct quin_lm *lm, const char **name, struct quin_msg *msg);
/* The conversation as text, with the control tokens' texts; answer: up to where the model is to go on. *text is to be
 * freed with free() and has a NUL behind it. */
enum quin_err quin_chat_format(const struct quin_lm *lm, const struct quin_chat_message *messages, size_t count,
                               bool answer, char **text, size_t *length, struct quin_msg *msg);
/* The same as tokens, to be freed with free(), the begin-of-sequence token included if the model wants it. Texts of
 * control tokens inside messages do not count as these tokens. */
enum quin_err quin_chat_encode(const struct quin_lm *lm, const struct quin_chat_message *messages, size_t count,
                               bool answer, uint32_t **tokens, size_t *n, struct quin_msg *msg);
/* The token that ends an answer, beside quin_lm_eos; UINT32_MAX: none. */
uint32_t quin_chat_end(const struct quin_lm *lm);

/* ---- engines ---- */

struct quin_engine; /* opaque */

/* What to write down of a run, where the backend has time; NULL: nothing. */
struct quin_observation {
    const char *timeline;          /* trace events for ui.perfetto.dev */
    const char *trace;             /* a waveform (FST), for gtkwave or surfer */
    uint64_t trace_from, trace_to; /* cycles that it shows, the last one excluded; 0, 0: all */
};

struct quin_engine_options {
    const char *backend; /* "cmodel" */
    const char *config;  /* a row of rtl/spec/configs.def */
    uint32_t context;    /* positions of a slot; 0: the model's */
    uint32_t slots;      /* sequences, 1 to 16 */
    bool exact;          /* ten trits for KV cache and lm_head, 16-bit attention, instead of five and 8 */
    bool check_hazards;  /* cmodel: also check that the program's waits cover its dependences */
    uint32_t threads;    /* cmodel: threads that compute; 0: one for each processor */
    const char *kernel;  /* cmodel: kernel of the array, see quin_engine_kernel; NULL: the best */
    bool no_wraps;       /* cmodel: leave the counter WRAPS at 0, which saves much of the time */
    struct quin_observation observation;
};
/* Name of the golden model's i-th kernel that this processor can run, best first, and what it is; NULL at the end. */
const char *quin_engine_kernel(uint32_t i, const char **doc);
struct quin_engine_options quin_engine_defaults(void); /* cmodel, sim, 0, 1, false, false */

/* Compiles the model, opens the backend and loads the image. lm must outlive the engine. */
enum quin_err quin_engine_open(const struct quin_lm *lm, const struct quin_engine_options *options,
                               const struct quin_progress *progress, struct quin_engine **engine,
                               struct quin_msg *msg);
void quin_engine_close(struct quin_engine *engine);

struct quin_engine_info {
    const char *backend, *config;
    uint32_t rows, stream_bytes, lanes, scratchpad_words; /* of the device */
    uint32_t context, slots;
    uint32_t prefill_rows, decode_rows; /* tokens computed at a time */
    uint32_t attention_block, scratchpad_used;
    uint32_t prefill_commands, decode_commands; /* of the programs */
    uint64_t dram_bytes, kv_bytes;
    uint32_t clock_hz; /* 0: the backend has no time */
};
void quin_engine_info(const struct quin_engine *engine, struct quin_engine_info *info);

/* Takes count tokens into a slot from position `position` on (at most what the slot holds; it may go back), and gives
 * the logits after the last token, or with `all` after every token: logits [1 or count][vocab], NULL for none.
 * best, if not NULL: the token with the largest logit. */
enum quin_err quin_engine_feed(struct quin_engine *engine, uint32_t slot, uint32_t position, const uint32_t *tokens,
                               size_t count, bool all, float *logits, uint32_t *best, struct quin_msg *msg);

/* Called with every generated token; false stops the generation after it. */
typedef bool quin_token_fn(void *user, uint32_t token);

/* Takes count tokens in, then generates up to `most` tokens greedily on the device until `stop` (UINT32_MAX: none).
 * *made: tokens generated, the stop token included. */
enum quin_err quin_engine_generate(struct quin_engine *engine, uint32_t slot, uint32_t position,
                                   const uint32_t *tokens, size_t count, uint32_t most, uint32_t stop,
                                   quin_token_fn *fn, void *user, uint32_t *made, struct quin_msg *msg);

/* The same for several slots at once: submissions are queued, tokens of all of them come back as events; slots that
 * generate share the device's rows. `most` 0: one event when the tokens are in. A slot takes one submission at a time. Do not mix with feed and generate while a
 * submission is under way. */
struct quin_event {
    uint32_t slot, token, position; /* positions the slot holds */
    bool last;                      /* of its submission */
};
enum quin_err quin_engine_submit(struct quin_engine *engine, uint32_t slot, uint32_t position, const uint32_t *tokens,
                                 size_t count, uint32_t most, uint32_t stop, struct quin_msg *msg);
/* The same for sampling on the host: only takes the tokens in. Its one event comes when the logits after the last token
 * are there, for quin_engine_logits; the event's token is the one with the largest. */
enum quin_err quin_engine_submit_logits(struct quin_engine *engine, uint32_t slot, uint32_t position,
                                        const uint32_t *tokens, size_t count, struct quin_msg *msg);
/* Logits [vocab] of a slot's last submission of that kind, until the slot takes another submission. */
enum quin_err quin_engine_logits(struct quin_engine *engine, uint32_t slot, float *logits, struct quin_msg *msg);
/* Waits for the next token. DEVICE for an error that the device reports; event->slot then says whose it is, UINT32_MAX:
 * nobody's, and the engine is of no use any more. */
enum quin_err quin_engine_next(struct quin_engine *engine, struct quin_event *event, struct quin_msg *msg);
/* Is an event there already? Slots share more rows when all events are taken, and what follows from them is submitted,
 * before quin_engine_next has to wait. */
bool quin_engine_ready(struct quin_engine *engine);

/* A counter of the device. timed: only counted by backends that have time. */
struct quin_counter_value {
    const char *name, *what;
    bool timed;
    uint64_t value;
};
enum quin_err quin_engine_counters(struct quin_engine *engine, struct quin_counter_value *values, size_t capacity,
                                   size_t *count, struct quin_msg *msg);
enum quin_err quin_engine_clear_counters(struct quin_engine *engine, struct quin_msg *msg);
/* Conflicts that check_hazards found, and the first one in words. */
uint64_t quin_engine_hazards(struct quin_engine *engine, char text[256]);
/* Commands compared with the golden model, how many of them differ, and the first of these in words; false where the
 * backend compares nothing. */
bool quin_engine_differences(struct quin_engine *engine, uint64_t *compared, uint64_t *differ, char text[256]);

/* ---- checks ---- */

/* The device's arithmetic against the float reference, and against the same reference with the quantisers that the
 * device has and the reference lacks (KV cache, query, probabilities, lm_head): what they explain is no error. */
struct quin_verify_result {
    size_t tokens;         /* positions compared */
    size_t differ;         /* positions whose largest logit is another token's */
    size_t explained;      /* of these, those where the reference with the device's quantisers chooses as the device */
    size_t near_ties;      /* of the rest, those whose two logits differ by less than the error of the logits */
    size_t first;          /* first such position */
    uint32_t device_token, reference_token; /* there */
    double gap;            /* there: reference logit of its own choice minus that of the device's */
    double max_error, rms_error; /* of logits, relative to the spread (standard deviation) of the reference's logits */
    size_t quantised_differ;     /* positions where device and reference with the device's quantisers choose differently */
    double quantised_rms_error;  /* of the device's logits to that reference's */
    double nll_device, nll_reference; /* mean, nats a token, of the tokens generated */
    /* first tensor inside whose error exceeds the tolerance; tensor[0] = 0: none, or the backend cannot look inside */
    char tensor[32];
    size_t tensor_position, tensor_layer, tensor_column; /* layer = number of layers: after the last one */
    double tensor_device, tensor_reference;              /* the two values */
    size_t tensors;                                      /* tensors compared */
};

/* Generates `count` tokens greedily on the device after the prompt, and compares each position's logits with both
 * references fed the same tokens. Where the backend lets them be seen, the tensors inside each layer are compared too, with the
 * reference that has the quantisers: an element may differ by `tolerance` times the tensor's largest magnitude. fn, if not NULL, is called with every token. */
enum quin_err quin_verify(const struct quin_lm *lm, struct quin_engine *engine, const uint32_t *prompt, size_t length,
                          size_t count, double tolerance, quin_token_fn *fn, void *user,
                          struct quin_verify_result *result, struct quin_msg *msg);

/* Perplexity of stories: a text with a line "<|endoftext|>" between stories. Each story, stripped, is bos, its tokens,
 * eos; only the first `context` predictions count. device false: the float reference instead. */
struct quin_perplexity {
    size_t stories, tokens, bytes; /* scored */
    double nll;                    /* sum, nats */
    double perplexity;             /* exp(nll / tokens) */
    double bits_per_byte;          /* nll / ln 2 / bytes */
};
enum quin_err quin_perplexity_run(const struct quin_lm *lm, struct quin_engine *engine, bool reference,
                                  const char *text, size_t length, size_t most_stories,
                                  const struct quin_progress *progress, struct quin_perplexity *result,
                                  struct quin_msg *msg);

/* What a model file is and what is wrong with it, without running it: family and activation, types and layouts of tensors,
 * whether matrices are ternary, scales that are inverted or shrunken, gaps of the tokenizer. */
enum quin_finding_level { QUIN_FINDING_GOOD, QUIN_FINDING_NOTE, QUIN_FINDING_PROBLEM };
typedef void quin_finding_fn(void *user, enum quin_finding_level level, const char *subject, const char *text);
/* Calls fn with each finding. Errors are of the examination itself (IO, MEMORY, ARG; FORMAT for a file that is no GGUF);
 * what is wrong with a model is a finding. *problems: how many. */
enum quin_err quin_doctor(const struct quin_lm_options *options, const struct quin_progress *progress,
                          quin_finding_fn *fn, void *user, size_t *problems, struct quin_msg *msg);

/* ---- sampling on the host ---- */

struct quin_sampler_options {
    double temperature; /* <= 0: greedy, the largest logit, the lowest token among equals */
    size_t top_k;       /* keep the k largest logits; 0: keep all */
    double top_p;       /* keep the fewest of the largest whose probabilities reach p; >= 1: keep all */
    uint64_t seed;
};
struct quin_sampler_options quin_sampler_defaults(void); /* 0.8, 40, 0.95, seed 0 */

struct quin_sampler; /* opaque */
enum quin_err quin_sampler_create(const struct quin_sampler_options *options, size_t vocab, struct quin_sampler **out,
                                  struct quin_msg *msg);
void quin_sampler_free(struct quin_sampler *s);
/* Picks a token by logits [vocab]. RANGE when a logit is infinite or NaN. */
enum quin_err quin_sampler_pick(struct quin_sampler *s, const float *logits, uint32_t *token, struct quin_msg *msg);

#endif
