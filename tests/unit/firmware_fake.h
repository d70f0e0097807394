/* SPDX-License-Identifier: Apache-2.0
 *
 * A made-up device for the firmware: memory, registers, and an accelerator played by the test. Every run that
 * is started is checked row by row, every completion against a tape of the slot's tokens kept here. What a
 * row's greedy choice is depends on all tokens before it, so a wrong position, slot or order shows in what
 * follows.
 */
#ifndef QUIN_TEST_FIRMWARE_FAKE_H
#define QUIN_TEST_FIRMWARE_FAKE_H

#include "device_util.h"

#include "firmware.h"

enum {
    MEM = 1 << 20,
    SQ_AT = 0x1000,
    SQ = 8,
    CQ_AT = 0x2000,
    MODEL_AT = 0x3000,
    BEST_AT = 0x8000,
    TOKENS_AT = 0x10000,
    LOGITS_AT = 0x80000,
    SLOTS = 6,
    BLOCKS = 4,
    BLOCK = 256,
    VOCAB = 1000,
    CONTEXT = 96,
    SUBS = 3000,
    POLLS = 20
};

/* A submission as the test follows it: tape = given tokens, then made ones; the first `at` are in. */
struct follow {
    struct quin_submission sub;
    uint32_t tape[CONTEXT + 1], at;
    int taken;                       /* from the ring */
    struct quin_completion want[CONTEXT]; /* completions that must come, in order */
    uint32_t wanted, came;
};

static struct {
    uint8_t mem[MEM];
    uint32_t reg[QUIN_REGISTER_BYTES / 4];
    struct quin_model_desc desc;
    struct follow sub[SUBS];
    uint32_t made, taken;            /* submissions written, taken */
    uint32_t origin;                 /* SQ_TAIL when it was enabled */
    struct follow *slot[SLOTS];      /* under way */
    uint32_t position[SLOTS], cached[SLOTS][CONTEXT], age[SLOTS], worst;
    uint32_t rows, row_slot[64], row_position[64], prefill, runs, refusals;
    uint32_t aborts, abort_means; /* what completions say when the firmware ends a run; 0: there are none */
    uint32_t wild, poll_from; /* the host reads all completions at once and follows nothing; SQ_HEAD before a poll */
    uint32_t letting_go; /* reads of STATUS until an aborted run has ended: bursts under way are completed */
    struct quin_completion ring[64]; /* what stands unread */
} f;
static struct quin_fw fw;

static uint32_t reg(uint32_t offset)
{
    return f.reg[offset / 4];
}

static uint64_t wide(uint32_t offset)
{
    return f.reg[offset / 4] | (uint64_t)f.reg[offset / 4 + 1] << 32;
}

/* Greedy choice after position p of slot s: mixes all tokens so far. */
static uint32_t choice(uint32_t s, uint32_t p)
{
    uint32_t h = 17;
    for (uint32_t i = 0; i <= p; i++)
        h = (h ^ f.cached[s][i]) * 0x9e3779b1u + i;
    return (uint32_t)((uint64_t)(h ^ h >> 15) * VOCAB >> 32);
}

static void want(struct follow *x, uint32_t status, uint32_t token, uint32_t position, uint32_t flags)
{
    x->want[x->wanted++] = (struct quin_completion){.id = x->sub.id, .status = status, .slot = x->sub.slot,
                                                    .token = token, .position = position, .flags = flags};
}

/* The firmware takes submission `taken`: what must become of it? */
static void take(void)
{
    struct follow *x = &f.sub[f.taken++];
    uint32_t s = x->sub.slot, known = s < f.desc.slots, at = known ? f.position[s] : 0, error = 0;
    x->taken = 1;
    assert_true(!known || !f.slot[s]); /* a busy slot holds the queue */
    if (!known || x->sub.code > QUIN_SUBMIT_GENERATE)
        error = QUIN_DERR_SUBMISSION;
    else if (x->sub.code == QUIN_SUBMIT_GENERATE && (x->sub.count == 0 || x->sub.position > at))
        error = QUIN_DERR_SUBMISSION;
    else if (x->sub.code == QUIN_SUBMIT_GENERATE &&
             (double)x->sub.position + x->sub.count + x->sub.generate - (x->sub.generate > 0) > CONTEXT)
        error = QUIN_DERR_CONTEXT;
    if (error || x->sub.code == QUIN_SUBMIT_NOP) {
        want(x, error, 0xffffffff, at, 0);
        return;
    }
    f.slot[s] = x;
    f.position[s] = x->sub.position;
    f.age[s] = 0;
}

/* ---- runs ---- */

static uint64_t row_reg(uint32_t bank, uint32_t row)
{
    return wide(QUIN_REG_ROWREG + (bank * 64 + row) * 8);
}

/* Row r must be token `at + ahead` of its slot: every register by the words of queues.def. */
static void check_row(uint32_t r, uint32_t ahead)
{
    const struct quin_model_desc *d = &f.desc;
    uint64_t base = row_reg(QUIN_ROW_SLOT, r), p = row_reg(QUIN_ROW_VISIBLE, r) - 1;
    uint32_t s = (uint32_t)((base - d->kv) / d->slot_bytes);
    assert_true(base >= d->kv && (base - d->kv) % d->slot_bytes == 0 && s < d->slots);
    struct follow *x = f.slot[s];
    assert_non_null(x);
    uint32_t index = x->at + ahead;
    assert_int_equal(p, x->sub.position + index);
    assert_int_equal(row_reg(QUIN_ROW_TOKEN, r), (uint64_t)x->tape[index] * d->token_bytes);
    assert_int_equal(row_reg(QUIN_ROW_ROPE, r), p * d->rope_bytes);
    assert_int_equal(row_reg(QUIN_ROW_K, r), base + p / 16 * d->k_tile_bytes + p % 16 * d->k_value_bytes);
    assert_int_equal(row_reg(QUIN_ROW_K_SCALE, r),
                     base + p / 16 * d->k_tile_bytes + d->k_scale_offset + p % 16 * 4);
    assert_int_equal(row_reg(QUIN_ROW_V, r), base + p * d->v_position_bytes);
    assert_int_equal(row_reg(QUIN_ROW_V_SCALE, r), base + p * 4);
    assert_int_equal(row_reg(QUIN_ROW_BEST, r), d->best + r * BLOCKS * 8);
    uint64_t logits = d->logits + (uint64_t)r * VOCAB * 4;
    if (index < x->sub.count && (x->sub.flags & QUIN_FLAG_LOGITS_ALL))
        logits = x->sub.logits + (uint64_t)index * VOCAB * 4;
    else if (index == x->sub.count - 1 && (x->sub.flags & QUIN_FLAG_LOGITS_LAST))
        logits = x->sub.logits;
    assert_int_equal(row_reg(QUIN_ROW_LOGITS, r), logits);
    f.row_slot[r] = s;
    f.row_position[r] = (uint32_t)p;
}

static uint32_t left(const struct follow *x)
{
    return x->at < x->sub.count ? x->sub.count - x->at : 1;
}

static void start_run(void)
{
    const struct quin_model_desc *d = &f.desc;
    uint32_t ready = 0, before = f.refusals;
    uint64_t at = wide(QUIN_REG_PROGRAM_ADDRESS);
    f.rows = (uint32_t)wide(QUIN_REG_GREG + QUIN_G_ROWS * 8);
    f.prefill = at == d->prefill;
    f.runs++;
    assert_int_equal(at, f.prefill ? d->prefill : d->decode);
    assert_int_equal(reg(QUIN_REG_PROGRAM_LENGTH), f.prefill ? d->prefill_length : d->decode_length);
    assert_int_equal(reg(QUIN_REG_COMMAND_LIMIT), d->command_limit);
    assert_in_range(f.rows, 1, f.prefill ? d->prefill_rows : d->decode_rows);
    for (uint32_t r = 0; r < f.rows; r++)
        check_row(r, f.prefill ? r : 0);
    const struct follow *x = f.slot[f.row_slot[0]];
    uint64_t head = wide(QUIN_REG_GREG + QUIN_G_WANT_HEAD * 8);
    if (f.prefill) { /* rows of one slot that has more than one to take, as many as can be */
        assert_true(left(x) > 1 && f.rows == (left(x) < d->prefill_rows ? left(x) : d->prefill_rows));
        assert_int_equal(wide(QUIN_REG_GREG + QUIN_G_POSITIONS * 8), f.row_position[f.rows - 1] + 1);
        assert_int_equal(head != 0, f.rows == left(x) || (x->sub.flags & QUIN_FLAG_LOGITS_ALL) != 0);
    } else {
        assert_true(head != 0);
    }
    uint32_t used = 0;
    for (uint32_t r = 0; r < f.rows; r++) {
        used |= 1u << f.row_slot[r];
        f.age[f.row_slot[r]] = 0;
        assert_int_equal(f.row_slot[r] == f.row_slot[0], r == 0 || f.prefill);
        assert_true(f.prefill || left(f.slot[f.row_slot[r]]) == 1);
    }
    for (uint32_t s = 0; s < d->slots; s++) {
        int waits = f.slot[s] && !(used >> s & 1);
        f.age[s] = waits ? f.age[s] + 1 : 0;
        f.worst = f.age[s] > f.worst ? f.age[s] : f.worst;
        ready += f.slot[s] && left(f.slot[s]) == 1;
    }
    if (!f.prefill && before == f.refusals) /* no free row while a slot waits for one */
        assert_true(f.rows == d->decode_rows || f.rows == ready || f.refusals);
    f.reg[QUIN_REG_STATUS / 4] = QUIN_STATUS_RUNNING;
    f.reg[QUIN_REG_RETIRED / 4] = 0;
}

/* A row's blocks: `token` is the first of the largest, among equals, negatives and both zeros. */
static void write_best(uint32_t r, uint32_t token)
{
    static const float scale[][2] = {
        {5, 1}, {-1, -7}, {0.0f, -0.0f}, {-0.0f, -0.5f}, {-INFINITY, -INFINITY}, {1e30f, 1e-30f}};
    uint32_t pair[BLOCKS][2], kind = below(6), block = token / BLOCK;
    if (kind == 4 && block)
        kind = 0;
    for (uint32_t b = 0; b < BLOCKS; b++) {
        int equal = b == block || (b > block && below(2));
        pair[b][0] = as_bits(scale[kind][!equal]);
        pair[b][1] = b == block ? token % BLOCK : below(BLOCK);
        if (kind == 2 && b < block)
            pair[b][0] = as_bits(-0x1p-126f);
        if (kind == 2 && b >= block) /* zeros of either sign are equal */
            pair[b][0] = below(2) ? 0 : 0x80000000u;
    }
    memcpy(f.mem + row_reg(QUIN_ROW_BEST, r), pair, sizeof pair);
}

/* The run ends: the rows' tokens are in, or an error ends what the run's slots were doing. */
static void end_run(uint32_t error, uint32_t command)
{
    for (uint32_t r = 0; r < f.rows; r++) {
        uint32_t s = f.row_slot[r], p = f.row_position[r];
        struct follow *x = f.slot[s];
        if (error) {
            if (!x)
                continue; /* a later row of the same slot */
            want(x, error, 0xffffffff, f.position[s], 0);
            x->want[x->wanted - 1].command = command;
            f.slot[s] = NULL;
            continue;
        }
        f.cached[s][p] = x->tape[x->at++];
        f.position[s] = p + 1;
        if (x->at < x->sub.count)
            continue;
        uint32_t token = choice(s, p), done = x->at - x->sub.count + 1; /* tokens made, this one included */
        int more = x->sub.generate > done && token != x->sub.stop;
        x->tape[x->at] = token;
        want(x, 0, token, p + 1, more ? QUIN_FLAG_MORE : 0);
        if (!more)
            f.slot[s] = NULL;
        write_best(r, token);
    }
    f.reg[QUIN_REG_STATUS / 4] = QUIN_STATUS_DONE | (error ? QUIN_STATUS_ERROR : 0);
    f.reg[QUIN_REG_ERROR_CODE / 4] = error;
    f.reg[QUIN_REG_ERROR_COMMAND / 4] = command;
}

/* ---- the port ---- */

/* A completion must be the next one that its submission wants, or the refusal of a token out of the
 * vocabulary. */
static void completed(const struct quin_completion *c)
{
    if (f.taken < f.made && f.sub[f.taken].sub.id == c->id)
        take();
    assert_in_range(c->id, 1000, 1000 + f.taken - 1);
    struct follow *x = &f.sub[c->id - 1000];
    if (x->came == x->wanted) {
        uint32_t rows = left(x) < f.desc.prefill_rows ? left(x) : f.desc.prefill_rows, bad = 0;
        assert_true(x->sub.slot < f.desc.slots && f.slot[x->sub.slot] == x);
        for (uint32_t i = 0; i < rows; i++)
            bad |= x->tape[x->at + i] >= VOCAB;
        assert_true(bad);
        want(x, QUIN_DERR_SUBMISSION, 0xffffffff, f.position[x->sub.slot], 0);
        f.slot[x->sub.slot] = NULL;
        f.refusals++;
    }
    struct quin_completion have = *c;
    if (have.status == QUIN_DERR_SUBMISSION || have.status == QUIN_DERR_CONTEXT)
        have.command = 0; /* has a meaning for errors of a program alone */
    assert_memory_equal(&have, &x->want[x->came], sizeof have);
    x->came++;
}

static uint32_t port_read(void *ctx, uint32_t offset)
{
    assert_ptr_equal(ctx, &f);
    assert_true(offset % 4 == 0 && offset < QUIN_REGISTER_BYTES);
    if (offset == QUIN_REG_STATUS && f.letting_go && !--f.letting_go) {
        f.reg[QUIN_REG_STATUS / 4] = QUIN_STATUS_DONE | QUIN_STATUS_ERROR;
        f.reg[QUIN_REG_ERROR_CODE / 4] = QUIN_DERR_ABORT;
    }
    return reg(offset);
}

static void port_write(void *ctx, uint32_t offset, uint32_t value)
{
    assert_ptr_equal(ctx, &f);
    assert_true(offset % 4 == 0 && offset < QUIN_REGISTER_BYTES);
    int running = reg(QUIN_REG_STATUS) & QUIN_STATUS_RUNNING;
    if (offset == QUIN_REG_CONTROL) {
        assert_true(value == QUIN_CONTROL_START || value == QUIN_CONTROL_ABORT);
        assert_false(running && value == QUIN_CONTROL_START);
        if (value == QUIN_CONTROL_START) {
            start_run();
        } else if (running) {
            f.aborts++;
            if (f.abort_means)
                end_run(f.abort_means, 55);
            f.reg[QUIN_REG_STATUS / 4] = QUIN_STATUS_RUNNING;
            f.letting_go = 3;
        }
        return;
    }
    assert_true(!running ||
                (offset >= QUIN_REG_SQ_HEAD && offset < QUIN_REG_WINDOW)); /* a run's registers stay */
    f.reg[offset / 4] = value;
    if (f.wild && offset == QUIN_REG_CQ_TAIL)
        f.reg[QUIN_REG_CQ_HEAD / 4] = value;
    if (f.wild && offset == QUIN_REG_SQ_HEAD)
        assert_in_range(value - f.poll_from, 1, 1000); /* it must come back */
    if (!f.wild && offset == QUIN_REG_SQ_HEAD)
        while (f.taken < value - f.origin)
            take();
    if (offset == QUIN_REG_CQ_TAIL)
        assert_true(value - reg(QUIN_REG_CQ_HEAD) <= reg(QUIN_REG_CQ_ENTRIES)); /* nothing unread is lost */
}

static void port_mem_read(void *ctx, uint64_t address, void *data, uint32_t bytes)
{
    assert_ptr_equal(ctx, &f);
    assert_true(address <= MEM && bytes <= MEM - address);
    memcpy(data, f.mem + address, bytes);
}

static void port_mem_write(void *ctx, uint64_t address, const void *data, uint32_t bytes)
{
    uint32_t entries = reg(QUIN_REG_CQ_ENTRIES), place = reg(QUIN_REG_CQ_TAIL) % entries;
    assert_ptr_equal(ctx, &f);
    assert_int_equal(address, CQ_AT + place * 32); /* the firmware writes completions and nothing else */
    assert_int_equal(bytes, 32);
    assert_true(reg(QUIN_REG_CQ_TAIL) - reg(QUIN_REG_CQ_HEAD) < entries);
    memcpy(f.mem + address, data, bytes);
    memcpy(&f.ring[place], data, bytes);
    if (!f.wild)
        completed(data);
}

static const struct quin_fw_port port = {&f, port_read, port_write, port_mem_read, port_mem_write};

/* ---- the host ---- */

/* A reset device with a model; rings begin at `first`. The caller may change f.desc before it enables. */
static void reset(uint32_t prefill_rows, uint32_t decode_rows, uint32_t cq_entries, uint32_t first)
{
    memset(&f, 0, sizeof f);
    f.desc = (struct quin_model_desc){.magic = 0x4d455551,
                                      .version = 7,
                                      .rows = 8,
                                      .stream_bytes = 4,
                                      .scratchpad = 5000,
                                      .vocab = VOCAB,
                                      .context = CONTEXT,
                                      .slots = SLOTS,
                                      .prefill_rows = prefill_rows,
                                      .decode_rows = decode_rows,
                                      .prefill_length = 321,
                                      .decode_length = 123,
                                      .prefill = UINT64_C(0x1200000000),
                                      .decode = 0x340000,
                                      .kv = UINT64_C(0x7700000000),
                                      .slot_bytes = UINT64_C(0x123456780),
                                      .logits = UINT64_C(0x4400000000),
                                      .best = BEST_AT,
                                      .token_bytes = 0x90000007,
                                      .rope_bytes = 0x80000100,
                                      .k_tile_positions = 16,
                                      .k_tile_bytes = 0x70000040,
                                      .k_value_bytes = 3,
                                      .k_scale_offset = 0x60000004,
                                      .v_position_bytes = 0x50000001,
                                      .best_blocks = BLOCKS,
                                      .best_block_tokens = BLOCK,
                                      .command_limit = 99999};
    f.reg[QUIN_REG_VERSION / 4] = 7;
    f.reg[QUIN_REG_ROWS / 4] = 8;
    f.reg[QUIN_REG_STREAM_BYTES / 4] = 4;
    f.reg[QUIN_REG_SCRATCHPAD / 4] = 5000;
    f.reg[QUIN_REG_SQ_ADDRESS / 4] = SQ_AT;
    f.reg[QUIN_REG_SQ_ENTRIES / 4] = SQ;
    f.reg[QUIN_REG_SQ_TAIL / 4] = f.origin = first;
    f.reg[QUIN_REG_SQ_HEAD / 4] = first;
    f.reg[QUIN_REG_CQ_ADDRESS / 4] = CQ_AT;
    f.reg[QUIN_REG_CQ_ENTRIES / 4] = cq_entries;
    f.reg[QUIN_REG_CQ_TAIL / 4] = f.reg[QUIN_REG_CQ_HEAD / 4] = first;
    f.reg[QUIN_REG_MODEL_ADDRESS / 4] = MODEL_AT;
    quin_fw_init(&fw, &port, POLLS);
}

static void enable(uint32_t state)
{
    memcpy(f.mem + MODEL_AT, &f.desc, sizeof f.desc);
    f.reg[QUIN_REG_DEVICE_CONTROL / 4] = QUIN_DEVICE_ENABLE;
    assert_int_equal(quin_fw_poll(&fw), 1);
    assert_int_equal(reg(QUIN_REG_DEVICE_STATE), state);
    assert_int_equal(reg(QUIN_REG_FIRMWARE_ERROR),
                     state == QUIN_STATE_REFUSED ? QUIN_DERR_MODEL : QUIN_DERR_NONE);
}

/* Writes a submission with random tokens; the caller may change it in f.sub first through `sub`. */
static struct follow *submit(const struct quin_submission *sub)
{
    struct follow *x = &f.sub[f.made];
    uint64_t tokens = TOKENS_AT + (uint64_t)(f.made % 64) * CONTEXT * 4;
    assert_true(f.made < SUBS && reg(QUIN_REG_SQ_TAIL) - reg(QUIN_REG_SQ_HEAD) < SQ);
    memset(x, 0, sizeof *x);
    x->sub = *sub;
    x->sub.id = 1000 + f.made++;
    x->sub.tokens = tokens;
    x->sub.logits = UINT64_C(0x5500000000) + x->sub.id * UINT64_C(0x1000000);
    for (uint32_t i = 0; i < CONTEXT; i++)
        x->tape[i] = below(VOCAB);
    memcpy(f.mem + tokens, x->tape, CONTEXT * 4);
    memcpy(f.mem + SQ_AT + reg(QUIN_REG_SQ_TAIL) % SQ * 64, &x->sub, 64);
    f.reg[QUIN_REG_SQ_TAIL / 4]++;
    return x;
}

static struct follow *generate(uint32_t slot, uint32_t position, uint32_t count, uint32_t made)
{
    return submit(&(struct quin_submission){.code = QUIN_SUBMIT_GENERATE, .slot = slot, .position = position,
                                            .count = count, .generate = made, .stop = 0xffffffff});
}

static void spoil_token(struct follow *x, uint32_t index)
{
    x->tape[index] = VOCAB + below(2) * rnd() % 1000000;
    memcpy(f.mem + x->sub.tokens, x->tape, CONTEXT * 4);
}

/* The host reads up to n completions: they stand as they were written. */
static void read_completions(uint32_t n)
{
    for (; n && reg(QUIN_REG_CQ_HEAD) != reg(QUIN_REG_CQ_TAIL); n--) {
        uint32_t place = reg(QUIN_REG_CQ_HEAD) % reg(QUIN_REG_CQ_ENTRIES);
        assert_memory_equal(f.mem + CQ_AT + place * 32, &f.ring[place], 32);
        f.reg[QUIN_REG_CQ_HEAD / 4]++;
    }
}

/* Goes on until nothing is under way: runs end well and at once, completions are read at once. */
static void settle(void)
{
    for (uint32_t i = 0; i < 5000; i++) {
        int unread = reg(QUIN_REG_CQ_HEAD) != reg(QUIN_REG_CQ_TAIL), busy = quin_fw_poll(&fw);
        if ((reg(QUIN_REG_STATUS) & QUIN_STATUS_RUNNING) && !f.letting_go)
            end_run(0, 0);
        read_completions(UINT32_MAX);
        if (!busy && !unread)
            break;
    }
    assert_int_equal(f.taken, f.made);
    for (uint32_t i = 0; i < f.made; i++)
        if (!f.sub[i].wanted || f.sub[i].came != f.sub[i].wanted)
            fail_msg("submission %u: %u of %u completions came", i, f.sub[i].came, f.sub[i].wanted);
    for (uint32_t s = 0; s < SLOTS; s++)
        assert_null(f.slot[s]);
}

#endif
