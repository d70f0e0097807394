/* SPDX-License-Identifier: Apache-2.0
 *
 * An engine: a model on a device. Submissions go in, completions come out; the host is not in the token loop.
 */
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "contract.h"
#include "device.h"
#include "engine.h"
#include "image.h"
#include "layout.h"
#include "lm.h"
#include "msg.h"

struct quin_engine {
    const struct quin_backend *backend;
    void *device;
    struct quin_layout layout;
    struct quin_model_desc desc;
    uint32_t sq_tail, sq_done, cq_head, next_id; /* sq_done: submissions that have had their last completion */
};

struct quin_engine_options quin_engine_defaults(void)
{
    return (struct quin_engine_options){.backend = "cmodel", .config = "sim", .slots = 1};
}

const char *quin_engine_kernel(uint32_t i, const char **doc)
{
    return quin_device_kernel(i, doc);
}

const struct quin_layout *quin_engine_layout(const struct quin_engine *e)
{
    return &e->layout;
}

void quin_engine_device(const struct quin_engine *e, const struct quin_backend **backend, void **device)
{
    *backend = e->backend;
    *device = e->device;
}

static enum quin_err set(struct quin_engine *e, uint32_t reg, uint32_t value, struct quin_msg *msg)
{
    return e->backend->reg_write(e->device, reg, value, msg);
}

static enum quin_err set64(struct quin_engine *e, uint32_t reg, uint64_t value, struct quin_msg *msg)
{
    enum quin_err err = set(e, reg, (uint32_t)value, msg);
    return err ? err : set(e, reg + 4, (uint32_t)(value >> 32), msg);
}

/* Is it a Quintrit of this contract and configuration? */
static enum quin_err check_identity(struct quin_engine *e, struct quin_msg *msg)
{
    const struct quin_config *c = &e->layout.config;
    const struct {
        uint32_t reg, want;
        const char *what;
    } checks[] = {
        {QUIN_REG_ID, QUIN_DEVICE_ID, "device id"},
        {QUIN_REG_VERSION, QUIN_CONTRACT_VERSION, "contract version"},
        {QUIN_REG_ROWS, c->rows, "rows"},
        {QUIN_REG_STREAM_BYTES, c->stream_bytes, "stream bytes a cycle"},
        {QUIN_REG_SCRATCHPAD, c->scratchpad_words, "scratchpad words"},
        {QUIN_REG_CARRY_BITS, c->carry_bits, "carry bits"},
    };
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        uint32_t found;
        enum quin_err err = e->backend->reg_read(e->device, checks[i].reg, &found, msg);
        if (err)
            return err;
        if (found != checks[i].want)
            return quin_msg_set(msg, QUIN_ERR_MISMATCH, "the device's %s is %u, configuration '%s' has %u; choose the "
                                "configuration the device was built with", checks[i].what, found, c->name, checks[i].want);
    }
    return QUIN_OK;
}

static enum quin_err sink_write(void *ctx, uint64_t address, const void *data, size_t bytes, struct quin_msg *msg)
{
    struct quin_engine *e = ctx;
    return e->backend->mem_write(e->device, address, data, bytes, msg);
}

static enum quin_err grant(struct quin_engine *e, uint32_t index, uint64_t base, uint64_t limit, uint32_t rights,
                           struct quin_msg *msg)
{
    uint32_t reg = QUIN_REG_WINDOW + index * 24;
    enum quin_err err = set64(e, reg, base, msg);
    if (!err)
        err = set64(e, reg + 8, limit, msg);
    return err ? err : set(e, reg + 16, rights, msg);
}

/* Windows, rings, descriptor; then the firmware looks at the model and serves or refuses. */
static enum quin_err start(struct quin_engine *e, struct quin_msg *msg)
{
    const struct quin_layout *l = &e->layout;
    uint32_t state = QUIN_STATE_RESET, why = 0;
    enum quin_err err = grant(e, 0, l->prefill_program, l->constant_end, QUIN_WINDOW_READ, msg);
    if (!err)
        err = grant(e, 1, l->kv, l->dram_bytes, QUIN_WINDOW_READ | QUIN_WINDOW_WRITE, msg);
    if (!err)
        err = set64(e, QUIN_REG_SQ_ADDRESS, l->submissions, msg);
    if (!err)
        err = set(e, QUIN_REG_SQ_ENTRIES, QUIN_SQ_ENTRIES, msg);
    if (!err)
        err = set64(e, QUIN_REG_CQ_ADDRESS, l->completions, msg);
    if (!err)
        err = set(e, QUIN_REG_CQ_ENTRIES, QUIN_CQ_ENTRIES, msg);
    if (!err)
        err = set64(e, QUIN_REG_MODEL_ADDRESS, l->descriptor, msg);
    if (!err)
        err = set(e, QUIN_REG_DEVICE_CONTROL, QUIN_DEVICE_ENABLE, msg);
    if (!err)
        err = e->backend->wait(e->device, QUIN_REG_DEVICE_STATE, QUIN_STATE_RESET, msg);
    if (!err)
        err = e->backend->reg_read(e->device, QUIN_REG_DEVICE_STATE, &state, msg);
    if (!err && state != QUIN_STATE_SERVING) {
        err = e->backend->reg_read(e->device, QUIN_REG_FIRMWARE_ERROR, &why, msg);
        if (!err)
            err = quin_msg_set(msg, QUIN_ERR_MISMATCH, "the device refused the model: %s", quin_device_error_text(why));
    }
    return err;
}

enum quin_err quin_engine_open_model(const struct quin_model *model, const struct quin_engine_options *options,
                                     const struct quin_progress *progress, struct quin_engine **out,
                                     struct quin_msg *msg)
{
    const struct quin_precision precision = {
        .kv_trits = options->exact ? 10 : 5, .head_trits = options->exact ? 10 : 5,
        .attention_bits = options->exact ? 16 : 8, .head_bits = options->exact ? 16 : 8,
        .activation_bits = options->exact && model->hyper.float_activations ? 16 : 8};
    const struct quin_config *config = quin_config_find(options->config);
    struct quin_engine *e = calloc(1, sizeof *e);
    enum quin_err err = QUIN_OK;
    if (!e)
        return quin_msg_set(msg, QUIN_ERR_MEMORY, "no memory for an engine");
    e->backend = quin_backend_find(options->backend);
    if (!e->backend)
        err = quin_msg_set(msg, QUIN_ERR_ARG, "no backend '%s'; there are: cmodel, rtl", options->backend);
    else if (!config)
        err = quin_msg_set(msg, QUIN_ERR_ARG, "no configuration '%s'; see docs/configurations.md", options->config);
    if (!err)
        err = quin_layout_make(&e->layout, config, &model->hyper, &precision, options->context, options->slots, msg);
    const struct quin_backend_options open = {
        .config = options->config, .dram_bytes = e->layout.dram_bytes, .check_hazards = options->check_hazards,
        .threads = options->threads, .kernel = options->kernel, .no_wraps = options->no_wraps,
        .observation = options->observation};
    if (!err)
        err = e->backend->open(&open, &e->device, msg);
    if (!err)
        err = check_identity(e, msg);
    const struct quin_image_sink sink = {e, sink_write};
    if (!err)
        err = quin_image_write(&e->layout, model, &sink, progress, msg);
    if (!err)
        err = e->backend->mem_read(e->device, e->layout.descriptor, &e->desc, sizeof e->desc, msg);
    if (!err)
        err = start(e, msg);
    if (err) {
        quin_engine_close(e);
        return err;
    }
    *out = e;
    return QUIN_OK;
}

enum quin_err quin_engine_open(const struct quin_lm *lm, const struct quin_engine_options *options,
                               const struct quin_progress *progress, struct quin_engine **engine, struct quin_msg *msg)
{
    return quin_engine_open_model(lm->model, options, progress, engine, msg);
}

void quin_engine_close(struct quin_engine *e)
{
    if (!e)
        return;
    if (e->device)
        e->backend->close(e->device);
    free(e);
}

/* ---- queues ---- */

static enum quin_err submit(struct quin_engine *e, struct quin_submission *sub, struct quin_msg *msg)
{
    sub->id = e->next_id++;
    uint64_t at = e->layout.submissions + (uint64_t)(e->sq_tail % QUIN_SQ_ENTRIES) * sizeof *sub;
    enum quin_err err = e->backend->mem_write(e->device, at, sub, sizeof *sub, msg);
    return err ? err : set(e, QUIN_REG_SQ_TAIL, ++e->sq_tail, msg);
}

/* The next completion; a device error in it becomes QUIN_ERR_DEVICE. */
static enum quin_err complete(struct quin_engine *e, struct quin_completion *c, struct quin_msg *msg)
{
    enum quin_err err = e->backend->wait(e->device, QUIN_REG_CQ_TAIL, e->cq_head, msg);
    uint64_t at = e->layout.completions + (uint64_t)(e->cq_head % QUIN_CQ_ENTRIES) * sizeof *c;
    if (!err)
        err = e->backend->mem_read(e->device, at, c, sizeof *c, msg);
    if (!err)
        err = set(e, QUIN_REG_CQ_HEAD, ++e->cq_head, msg);
    if (!err && !(c->flags & QUIN_FLAG_MORE))
        e->sq_done++;
    if (!err && c->status)
        err = quin_msg_set(msg, QUIN_ERR_DEVICE, "the device reports: %s (slot %u, position %u, command %u)",
                           quin_device_error_text(c->status), c->slot, c->position, c->command);
    return err;
}

static enum quin_err check_feed(const struct quin_engine *e, uint32_t slot, uint32_t position, const uint32_t *tokens,
                                size_t count, uint32_t more, struct quin_msg *msg)
{
    if (slot >= e->layout.slots || !count)
        return quin_msg_set(msg, QUIN_ERR_ARG, "slot %u of %u, %zu tokens: give at least one token to an existing slot",
                            slot, e->layout.slots, count);
    if (position > e->layout.context || count > e->layout.context - position ||
        more > e->layout.context - position - count + 1)
        return quin_msg_set(msg, QUIN_ERR_RANGE,
                            "%zu tokens at position %u and %u to generate do not fit the context of %u positions; give "
                            "fewer tokens or open the engine with a larger context", count, position, more,
                            e->layout.context);
    for (size_t i = 0; i < count; i++)
        if (tokens[i] >= e->layout.hyper.vocab)
            return quin_msg_set(msg, QUIN_ERR_RANGE, "token %u is not in the vocabulary of %zu", tokens[i],
                                e->layout.hyper.vocab);
    return QUIN_OK;
}

static enum quin_err write_tokens(struct quin_engine *e, uint32_t slot, const uint32_t *tokens, size_t count,
                                  uint64_t *address, struct quin_msg *msg)
{
    *address = e->layout.tokens + (uint64_t)slot * e->layout.context * 4;
    return e->backend->mem_write(e->device, *address, tokens, count * 4, msg);
}

/* Room of a slot's logits, [prefill rows][vocab]. */
static uint64_t logits_address(const struct quin_engine *e, uint32_t slot)
{
    return e->layout.host_logits + (uint64_t)slot * e->layout.prefill.rows * e->layout.hyper.vocab * sizeof(float);
}

enum quin_err quin_engine_feed(struct quin_engine *e, uint32_t slot, uint32_t position, const uint32_t *tokens,
                               size_t count, bool all, float *logits, uint32_t *best, struct quin_msg *msg)
{
    enum quin_err err = check_feed(e, slot, position, tokens, count, 0, msg);
    size_t row = e->layout.hyper.vocab * sizeof(float);
    /* logits of all tokens come back in pieces of one run, which is the room the layout has */
    size_t piece = all && logits ? e->layout.prefill.rows : count;
    for (size_t i = 0; i < count && !err; i += piece) {
        size_t n = count - i < piece ? count - i : piece;
        uint64_t at = logits_address(e, slot);
        struct quin_submission sub = {
            .code = QUIN_SUBMIT_GENERATE, .slot = slot, .position = position + (uint32_t)i, .count = (uint32_t)n,
            .logits = at, .stop = (uint32_t)QUIN_NO_TOKEN,
            .flags = !logits ? 0 : all ? QUIN_FLAG_LOGITS_ALL : QUIN_FLAG_LOGITS_LAST};
        struct quin_completion c;
        err = write_tokens(e, slot, tokens + i, n, &sub.tokens, msg);
        if (!err)
            err = submit(e, &sub, msg);
        if (!err)
            err = complete(e, &c, msg);
        if (!err && logits)
            err = e->backend->mem_read(e->device, at, (uint8_t *)logits + (all ? i * row : 0), (all ? n : 1) * row, msg);
        if (!err && best)
            *best = c.token;
    }
    return err;
}

static enum quin_err submit_tokens(struct quin_engine *e, struct quin_submission *sub, const uint32_t *tokens,
                                   struct quin_msg *msg)
{
    enum quin_err err = check_feed(e, sub->slot, sub->position, tokens, sub->count, sub->generate, msg);
    if (!err && e->sq_tail - e->sq_done >= QUIN_SQ_ENTRIES)
        err = quin_msg_set(msg, QUIN_ERR_RANGE, "%u submissions are under way; take events before more are submitted",
                           QUIN_SQ_ENTRIES);
    if (!err)
        err = write_tokens(e, sub->slot, tokens, sub->count, &sub->tokens, msg);
    return err ? err : submit(e, sub, msg);
}

enum quin_err quin_engine_submit(struct quin_engine *e, uint32_t slot, uint32_t position, const uint32_t *tokens,
                                 size_t count, uint32_t most, uint32_t stop, struct quin_msg *msg)
{
    struct quin_submission sub = {.code = QUIN_SUBMIT_GENERATE, .slot = slot, .position = position,
                                  .count = count > UINT32_MAX ? UINT32_MAX : (uint32_t)count, .generate = most,
                                  .stop = stop};
    return submit_tokens(e, &sub, tokens, msg);
}

enum quin_err quin_engine_submit_logits(struct quin_engine *e, uint32_t slot, uint32_t position, const uint32_t *tokens,
                                        size_t count, struct quin_msg *msg)
{
    struct quin_submission sub = {.code = QUIN_SUBMIT_GENERATE, .slot = slot, .position = position,
                                  .count = count > UINT32_MAX ? UINT32_MAX : (uint32_t)count,
                                  .stop = (uint32_t)QUIN_NO_TOKEN,
                                  .logits = logits_address(e, slot), .flags = QUIN_FLAG_LOGITS_LAST};
    return submit_tokens(e, &sub, tokens, msg);
}

enum quin_err quin_engine_logits(struct quin_engine *e, uint32_t slot, float *logits, struct quin_msg *msg)
{
    if (slot >= e->layout.slots)
        return quin_msg_set(msg, QUIN_ERR_ARG, "slot %u of %u: give an existing slot", slot, e->layout.slots);
    return e->backend->mem_read(e->device, logits_address(e, slot), logits, e->layout.hyper.vocab * sizeof *logits, msg);
}

bool quin_engine_ready(struct quin_engine *e)
{
    uint32_t tail = e->cq_head;
    return !e->backend->reg_read(e->device, QUIN_REG_CQ_TAIL, &tail, NULL) && tail != e->cq_head;
}

enum quin_err quin_engine_next(struct quin_engine *e, struct quin_event *event, struct quin_msg *msg)
{
    struct quin_completion c = {.slot = UINT32_MAX};
    enum quin_err err = complete(e, &c, msg);
    *event = (struct quin_event){c.slot, c.token, c.position, !(c.flags & QUIN_FLAG_MORE)};
    return err;
}

enum quin_err quin_engine_generate(struct quin_engine *e, uint32_t slot, uint32_t position, const uint32_t *tokens,
                                   size_t count, uint32_t most, uint32_t stop, quin_token_fn *fn, void *user,
                                   uint32_t *made, struct quin_msg *msg)
{
    struct quin_event event = {.last = !most};
    bool wanted = true;
    *made = 0;
    enum quin_err err = most ? quin_engine_submit(e, slot, position, tokens, count, most, stop, msg) : QUIN_OK;
    while (!err && !event.last) {
        err = quin_engine_next(e, &event, msg);
        if (err || !wanted)
            continue; /* tokens after a refusal are taken off the queue and dropped */
        ++*made;
        if (fn)
            wanted = fn(user, event.token);
    }
    return err;
}

/* ---- reports ---- */

void quin_engine_info(const struct quin_engine *e, struct quin_engine_info *info)
{
    const struct quin_layout *l = &e->layout;
    uint32_t clock = 0;
    (void)e->backend->reg_read(e->device, QUIN_REG_CLOCK_HZ, &clock, NULL);
    *info = (struct quin_engine_info){
        .backend = e->backend->name, .config = l->config.name,
        .rows = l->config.rows, .stream_bytes = l->config.stream_bytes, .lanes = l->config.lanes,
        .scratchpad_words = l->config.scratchpad_words,
        .context = l->context, .slots = l->slots, .prefill_rows = l->prefill.rows, .decode_rows = l->decode.rows,
        .attention_block = l->decode.positions, .scratchpad_used = e->desc.scratchpad,
        .prefill_commands = e->desc.prefill_length, .decode_commands = e->desc.decode_length,
        .dram_bytes = l->dram_bytes, .kv_bytes = l->slots * l->slot_bytes, .clock_hz = clock,
    };
}

enum quin_err quin_engine_counters(struct quin_engine *e, struct quin_counter_value *values, size_t capacity,
                                   size_t *count, struct quin_msg *msg)
{
    static const struct {
        const char *name, *what;
        uint32_t index;
        bool timed;
    } table[] = {
#define QUIN_COUNTER(name, index, timed, doc) {#name, doc, index, timed},
#include "counters.def"
#undef QUIN_COUNTER
    };
    *count = 0;
    for (size_t i = 0; i < sizeof table / sizeof table[0] && i < capacity; i++) {
        uint32_t low = 0, high = 0, reg = QUIN_REG_COUNTER + table[i].index * 8;
        enum quin_err err = e->backend->reg_read(e->device, reg, &low, msg);
        if (!err)
            err = e->backend->reg_read(e->device, reg + 4, &high, msg);
        if (err)
            return err;
        values[(*count)++] = (struct quin_counter_value){table[i].name, table[i].what, table[i].timed,
                                                         low | (uint64_t)high << 32};
    }
    return QUIN_OK;
}

enum quin_err quin_engine_clear_counters(struct quin_engine *e, struct quin_msg *msg)
{
    return set(e, QUIN_REG_CONTROL, QUIN_CONTROL_CLEAR, msg);
}

uint64_t quin_engine_hazards(struct quin_engine *e, char text[256])
{
    text[0] = 0;
    return e->backend->hazards ? e->backend->hazards(e->device, text) : 0;
}

bool quin_engine_differences(struct quin_engine *e, uint64_t *compared, uint64_t *differ, char text[256])
{
    if (!e->backend->differences)
        return false;
    *differ = e->backend->differences(e->device, compared, text);
    return true;
}

bool quin_engine_observe(struct quin_engine *e, void (*fn)(void *user, uint32_t command, const uint32_t *sp), void *user)
{
    if (!e->backend->observe)
        return false;
    e->backend->observe(e->device, fn, user);
    return true;
}
