/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer target for what a device finds in its DRAM and registers: a compiled model, damaged by the input, is served
 * by the firmware on the golden device for a bounded number of turns. Whatever the input does, the device must not
 * write to windows that it may only read, and must answer as ever once it has been given a good image again.
 * The input is a list of steps: the first byte of each says what it is (enum step), numbers follow. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "firmware.h"
#include "image.h"
#include "model.h"
#include "state.h"

enum step { PATCH, SMALL_PATCH, PROGRAM_BIT, REGISTER, SUBMIT, TURNS, STEPS };

enum { MOST_TURNS = 24, COMMANDS_A_TURN = 16, MOST_ELEMENTS = 1 << 20, WATCHDOG_POLLS = 4, CONTEXT = 16, SLOTS = 2, PATCH_BYTES = 16, ANSWERS = 16 };

static struct {
    struct quin_layout layout;
    uint8_t *image; /* [dram_bytes], as the driver leaves it */
    uint32_t token; /* what the good image answers */
} good;

/* One device serves all inputs: its memory is large to make and small to clear. */
static struct quin_device *device;
static struct quin_device made; /* as it was when it was new: what it points to stays where it is */

struct machine {
    struct quin_device *device;
    struct quin_fw_port port;
    struct quin_fw firmware;
    uint32_t turns, submitted;
    uint64_t elements; /* of vectors and moves that commands have taken */
    int trusted; /* no step has touched a window or a ring's address: the constants must stay */
    uint8_t *constants; /* as they should be */
};

static uint32_t reg_read(void *ctx, uint32_t offset)
{
    return quin_device_reg_read(ctx, offset);
}

static void reg_write(void *ctx, uint32_t offset, uint32_t value)
{
    quin_device_reg_write(ctx, offset, value);
}

static void mem_read(void *ctx, uint64_t address, void *data, uint32_t bytes)
{
    if (!quin_device_mem_read(ctx, address, data, bytes))
        memset(data, 0, bytes);
}

static void mem_write(void *ctx, uint64_t address, const void *data, uint32_t bytes)
{
    (void)quin_device_mem_write(ctx, address, data, bytes);
}

static enum quin_err keep(void *ctx, uint64_t address, const void *data, size_t bytes, struct quin_msg *msg)
{
    (void)ctx;
    (void)msg;
    memcpy(good.image + address, data, bytes);
    return QUIN_OK;
}

static void set64(struct machine *m, uint32_t reg, uint64_t value)
{
    quin_device_reg_write(m->device, reg, (uint32_t)value);
    quin_device_reg_write(m->device, reg + 4, (uint32_t)(value >> 32));
}

static void grant(struct machine *m, uint32_t index, uint64_t base, uint64_t limit, uint32_t rights)
{
    uint32_t reg = QUIN_REG_WINDOW + index * 24;
    set64(m, reg, base);
    set64(m, reg + 8, limit);
    quin_device_reg_write(m->device, reg + 16, rights);
}

/* What the driver does to start a device, the good image included. */
static void start(struct machine *m)
{
    const struct quin_layout *l = &good.layout;
    quin_device_reg_write(m->device, QUIN_REG_DEVICE_CONTROL, 0);
    while (quin_fw_poll(&m->firmware) || quin_device_step(m->device, COMMANDS_A_TURN))
        ;
    quin_device_mem_write(m->device, 0, good.image, (size_t)l->dram_bytes);
    grant(m, 0, l->prefill_program, l->constant_end, QUIN_WINDOW_READ);
    grant(m, 1, l->kv, l->dram_bytes, QUIN_WINDOW_READ | QUIN_WINDOW_WRITE);
    grant(m, 2, 0, 0, 0);
    grant(m, 3, 0, 0, 0);
    set64(m, QUIN_REG_RETIRE_ADDRESS, 0);
    quin_device_reg_write(m->device, QUIN_REG_RETIRE_ENTRIES, 0);
    set64(m, QUIN_REG_SQ_ADDRESS, l->submissions);
    quin_device_reg_write(m->device, QUIN_REG_SQ_ENTRIES, QUIN_SQ_ENTRIES);
    quin_device_reg_write(m->device, QUIN_REG_SQ_TAIL, 0);
    set64(m, QUIN_REG_CQ_ADDRESS, l->completions);
    quin_device_reg_write(m->device, QUIN_REG_CQ_ENTRIES, QUIN_CQ_ENTRIES);
    quin_device_reg_write(m->device, QUIN_REG_CQ_HEAD, 0);
    set64(m, QUIN_REG_MODEL_ADDRESS, l->descriptor);
    m->submitted = 0;
}

static void enable(struct machine *m)
{
    quin_device_reg_write(m->device, QUIN_REG_DEVICE_CONTROL, QUIN_DEVICE_ENABLE);
    quin_fw_poll(&m->firmware);
}

static void submit(struct machine *m, const struct quin_submission *sub)
{
    uint64_t at = good.layout.submissions + (uint64_t)(m->submitted % QUIN_SQ_ENTRIES) * sizeof *sub;
    quin_device_mem_write(m->device, at, sub, sizeof *sub);
    quin_device_reg_write(m->device, QUIN_REG_SQ_TAIL, ++m->submitted);
}

/* Elements that the next command takes. With strides of 0 one of 64 bytes may ask for 2^40, which a device does, in hours:
 * such an input is left where it gets to that. */
static uint64_t work(const struct machine *m)
{
    const struct quin_device *d = m->device;
    uint64_t program = d->reg[QUIN_REG_PROGRAM_ADDRESS / 4] | (uint64_t)d->reg[QUIN_REG_PROGRAM_ADDRESS / 4 + 1] << 32;
    struct quin_cmd cmd;
    if (!d->running || !quin_device_mem_read(m->device, program + (uint64_t)d->pc * QUIN_COMMAND_BYTES, &cmd, sizeof cmd))
        return 0;
    uint64_t rows = quin_rows(d, &cmd);
    switch (QUIN_GET(&cmd, ANY, OPCODE)) {
    case QUIN_OP_VECTOR:
        return rows * QUIN_GET(&cmd, VECTOR, GROUPS) * quin_limit(d, QUIN_GET(&cmd, VECTOR, N), QUIN_GET(&cmd, VECTOR, N_LIMIT));
    case QUIN_OP_LOAD:
    case QUIN_OP_STORE:
        return rows * QUIN_GET(&cmd, MOVE, GROUPS) * quin_limit(d, QUIN_GET(&cmd, MOVE, N), QUIN_GET(&cmd, MOVE, N_LIMIT));
    default:
        return 0;
    }
}

static void turn(struct machine *m)
{
    for (int i = 0; i < COMMANDS_A_TURN && (m->elements += work(m)) < MOST_ELEMENTS; i++)
        if (!quin_device_step(m->device, 1))
            break;
    quin_fw_poll(&m->firmware);
    quin_device_reg_write(m->device, QUIN_REG_CQ_HEAD, quin_device_reg_read(m->device, QUIN_REG_CQ_TAIL));
}

/* The token that the image gives after tokens 1, 2, 3. */
static uint32_t answer(struct machine *m)
{
    static const uint32_t tokens[] = {1, 2, 3};
    const struct quin_submission sub = {.code = QUIN_SUBMIT_GENERATE, .count = 3, .tokens = good.layout.tokens,
                                        .generate = 1, .stop = (uint32_t)QUIN_NO_TOKEN};
    struct quin_completion c;
    start(m);
    m->elements = 0;
    quin_device_mem_write(m->device, good.layout.tokens, tokens, sizeof tokens);
    enable(m);
    submit(m, &sub);
    while (!quin_device_reg_read(m->device, QUIN_REG_CQ_TAIL))
        turn(m);
    quin_device_mem_read(m->device, good.layout.completions, &c, sizeof c);
    return c.status ? (uint32_t)QUIN_NO_TOKEN - 1 - c.status : c.token;
}

static void machine_open(struct machine *m)
{
    memset(m, 0, sizeof *m);
    m->device = device;
    *device = made;
    memset(device->sp, 0, device->config->scratchpad_words * sizeof *device->sp); /* start() fills all of DRAM */
    m->constants = malloc((size_t)good.layout.constant_end);
    if (!m->constants)
        abort();
    m->port = (struct quin_fw_port){m->device, reg_read, reg_write, mem_read, mem_write};
    quin_fw_init(&m->firmware, &m->port, WATCHDOG_POLLS);
    m->trusted = 1;
}

static void machine_close(struct machine *m)
{
    free(m->constants);
}

/* ---- the input ---- */

struct input {
    const uint8_t *data;
    size_t length;
};

static uint64_t take(struct input *in, size_t bytes)
{
    uint64_t value = 0;
    size_t n = bytes < in->length ? bytes : in->length;
    memcpy(&value, in->data, n);
    in->data += n;
    in->length -= n;
    return value;
}

static void patch(struct machine *m, uint64_t at, const void *data, size_t bytes)
{
    if (!quin_device_mem_write(m->device, at, data, bytes) || at >= good.layout.constant_end)
        return;
    size_t inside = bytes < good.layout.constant_end - at ? bytes : (size_t)(good.layout.constant_end - at);
    memcpy(m->constants + at, data, inside);
}

static void do_step(struct machine *m, struct input *in)
{
    const struct quin_layout *l = &good.layout;
    uint8_t bytes[PATCH_BYTES];
    switch (take(in, 1) % STEPS) {
    case PATCH: {
        uint64_t at = take(in, 3) % l->dram_bytes, word = take(in, 8);
        patch(m, at, &word, sizeof word);
        break;
    }
    case SMALL_PATCH: { /* descriptor and the rings behind it */
        uint64_t at = l->descriptor + take(in, 1) * 4;
        uint32_t word = (uint32_t)take(in, 4);
        patch(m, at, &word, sizeof word);
        break;
    }
    case PROGRAM_BIT: {
        uint64_t at = l->prefill_program + take(in, 2) % (l->rope - l->prefill_program), bit = take(in, 1);
        quin_device_mem_read(m->device, at, bytes, 1);
        bytes[0] ^= (uint8_t)(1u << bit % 8);
        patch(m, at, bytes, 1);
        break;
    }
    case REGISTER: {
        uint32_t offset = (uint32_t)take(in, 2) % QUIN_REGISTER_BYTES & ~3u, value = (uint32_t)take(in, 4);
        /* whoever may write windows and rings may have anything overwritten */
        if (offset >= QUIN_REG_RETIRE_ADDRESS && offset < QUIN_REG_WINDOW + QUIN_WINDOWS * 24)
            m->trusted = 0;
        quin_device_reg_write(m->device, offset, value);
        break;
    }
    case SUBMIT: {
        struct quin_submission sub = {.code = QUIN_SUBMIT_GENERATE, .tokens = l->tokens, .logits = l->host_logits};
        sub.slot = (uint32_t)take(in, 1);
        sub.position = (uint32_t)take(in, 1);
        sub.count = (uint32_t)take(in, 1);
        sub.generate = (uint32_t)take(in, 1);
        sub.flags = (uint32_t)take(in, 1);
        uint32_t place = (uint32_t)take(in, 1);
        if (place) /* one word of it is anything */
            ((uint32_t *)&sub)[place % (sizeof sub / 4)] = (uint32_t)take(in, 4);
        submit(m, &sub);
        break;
    }
    default:
        for (uint32_t n = (uint32_t)take(in, 1) % MOST_TURNS; n && m->turns < MOST_TURNS; n--, m->turns++)
            turn(m);
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const struct quin_hyper hyper = {
        .arch = "bitnet-b1.58", .vocab = 40, .dim = 32, .layers = 1, .heads = 1, .kv_heads = 1, .head_size = 32, .ffn = 32,
        .context = CONTEXT, .rms_eps = 1e-5f, .rope_base = 10000, .rope_dims = 32, .activation = QUIN_ACTIVATION_RELU2,
        .tied_head = true, .attn_sub_norm = true, .ffn_sub_norm = true};
    static const struct quin_precision precision = {5, 5, 8, 8, 8};
    struct quin_model *model;
    struct quin_msg msg;
    struct machine m;
    (void)argc;
    (void)argv;
    if (quin_model_random(&hyper, 1, &model, &msg) ||
        quin_layout_make(&good.layout, quin_config_find("tiny"), &hyper, &precision, CONTEXT, SLOTS, &msg)) {
        fprintf(stderr, "%s\n", msg.text);
        abort();
    }
    good.image = calloc(1, (size_t)good.layout.dram_bytes);
    const struct quin_image_sink sink = {NULL, keep};
    if (!good.image || quin_image_write(&good.layout, model, &sink, NULL, &msg))
        abort();
    quin_model_free(model);
    device = quin_device_create(&good.layout.config, good.layout.dram_bytes);
    if (!device)
        abort();
    made = *device;
    machine_open(&m);
    good.token = answer(&m);
    machine_close(&m);
    if (good.token >= hyper.vocab)
        abort();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    const struct quin_layout *l = &good.layout;
    struct input in = {data, length};
    struct machine m;
    machine_open(&m);
    start(&m);
    memcpy(m.constants, good.image, (size_t)l->constant_end);
    while (in.length && *in.data % STEPS != TURNS && *in.data % STEPS != SUBMIT) /* damage that is there at the start */
        do_step(&m, &in);
    enable(&m);
    while (in.length)
        do_step(&m, &in);
    while (m.turns++ < MOST_TURNS)
        turn(&m);
    if (m.trusted) {
        uint8_t *now = malloc((size_t)l->constant_end);
        if (!now || !quin_device_mem_read(m.device, 0, now, (size_t)l->constant_end) ||
            memcmp(now + l->prefill_program, m.constants + l->prefill_program,
                   (size_t)(l->constant_end - l->prefill_program)) != 0)
            abort();
        free(now);
    }
    quin_device_reg_write(m.device, QUIN_REG_CONTROL, QUIN_CONTROL_ABORT);
    if (length % ANSWERS == 0 && answer(&m) != good.token) /* takes longer than the rest */
        abort();
    machine_close(&m);
    return 0;
}
