/* SPDX-License-Identifier: Apache-2.0
 *
 * Slots become rows. A prefill run takes up to prefill_rows given tokens of one slot; a decode run takes one
 * token of each of up to decode_rows slots. Rows in use are always the first ones: idle slots cost no row.
 */
#include "schedule.h"

static void answer(struct quin_fw *fw, const struct quin_submission *sub, uint32_t status, uint32_t token,
                   uint32_t position, uint32_t flags)
{
    struct quin_completion c = {.id = sub->id,
                                .status = status,
                                .slot = sub->slot,
                                .token = token,
                                .position = position,
                                .flags = flags};
    if (status && status < QUIN_DERR_SUBMISSION)
        c.command = quin_fw_reg(fw, QUIN_REG_ERROR_COMMAND);
    quin_fw_complete(fw, &c);
}

static uint32_t check_submission(const struct quin_fw *fw, const struct quin_submission *sub)
{
    if (sub->slot >= fw->desc.slots || sub->code > QUIN_SUBMIT_GENERATE)
        return QUIN_DERR_SUBMISSION;
    if (sub->code == QUIN_SUBMIT_NOP)
        return QUIN_DERR_NONE;
    if (!sub->count || sub->position > fw->slot[sub->slot].position)
        return QUIN_DERR_SUBMISSION;
    /* the last token made is not taken in */
    uint64_t end = (uint64_t)sub->position + sub->count + (sub->generate ? sub->generate - 1 : 0);
    return end > fw->desc.context ? QUIN_DERR_CONTEXT : QUIN_DERR_NONE;
}

int quin_fw_accept(struct quin_fw *fw, const struct quin_submission *sub)
{
    struct quin_fw_slot *slot = sub->slot < fw->desc.slots ? &fw->slot[sub->slot] : 0;
    if (slot && slot->busy)
        return 0;
    uint32_t error = check_submission(fw, sub);
    if (error || sub->code == QUIN_SUBMIT_NOP) {
        answer(fw, sub, error, (uint32_t)QUIN_NO_TOKEN, slot ? slot->position : 0, 0);
        return 1;
    }
    slot->sub = *sub;
    slot->position = sub->position;
    slot->taken = slot->made = 0;
    slot->busy = 1;
    return 1;
}

/* A slot's number after at most one time round; the core has no divider. */
static uint32_t turned(const struct quin_fw *fw, uint32_t s)
{
    return s < fw->desc.slots ? s : s - fw->desc.slots;
}

/* Given tokens that are not in the cache yet; 1 also when a generated token comes next. */
static uint32_t waiting(const struct quin_fw_slot *slot)
{
    if (!slot->busy)
        return 0;
    return slot->taken < slot->sub.count ? slot->sub.count - slot->taken : 1;
}

/* Registers of one row: everything that depends on its token, position and slot. */
static void set_row(const struct quin_fw *fw, uint32_t row, uint32_t s, uint32_t token, uint32_t position,
                    uint64_t logits)
{
    const struct quin_model_desc *d = &fw->desc;
    uint64_t base = d->kv + (uint64_t)s * d->slot_bytes;
    uint64_t tile = base + (uint64_t)(position >> fw->tile_shift) * d->k_tile_bytes;
    uint32_t lane = position & (d->k_tile_positions - 1);
    const struct {
        uint32_t bank;
        uint64_t value;
    } set[] = {
        {QUIN_ROW_TOKEN, (uint64_t)token * d->token_bytes},
        {QUIN_ROW_ROPE, (uint64_t)position * d->rope_bytes},
        {QUIN_ROW_VISIBLE, (uint64_t)position + 1},
        {QUIN_ROW_SLOT, base},
        {QUIN_ROW_K, tile + (uint64_t)lane * d->k_value_bytes},
        {QUIN_ROW_K_SCALE, tile + d->k_scale_offset + (uint64_t)lane * QUIN_SCALE_BYTES},
        {QUIN_ROW_V, base + (uint64_t)position * d->v_position_bytes},
        {QUIN_ROW_V_SCALE, base + (uint64_t)position * QUIN_SCALE_BYTES},
        {QUIN_ROW_LOGITS, logits},
        {QUIN_ROW_BEST, d->best + (uint64_t)row * d->best_blocks * 8},
    };
    for (uint32_t i = 0; i < sizeof set / sizeof set[0]; i++)
        quin_fw_set64(fw, QUIN_REG_ROWREG + (set[i].bank * QUIN_ROW_REGS + row) * 8, set[i].value);
}

/* The token of a slot that goes into row `row`, `ahead` tokens after those in the cache; sets the row's
 * registers. Returns 0 if the token is not in the vocabulary. */
static int place(struct quin_fw *fw, uint32_t row, uint32_t s, uint32_t ahead)
{
    const struct quin_fw_slot *slot = &fw->slot[s];
    uint32_t index = slot->taken + ahead, token = slot->next;
    uint64_t row_bytes = (uint64_t)fw->desc.vocab * 4, logits = fw->desc.logits + row * row_bytes;
    if (index < slot->sub.count)
        fw->port->mem_read(fw->port->ctx, slot->sub.tokens + (uint64_t)index * 4, &token, 4);
    if (token >= fw->desc.vocab)
        return 0;
    if (index < slot->sub.count && (slot->sub.flags & QUIN_FLAG_LOGITS_ALL))
        logits = slot->sub.logits + index * row_bytes;
    else if (index + 1 == slot->sub.count && (slot->sub.flags & QUIN_FLAG_LOGITS_LAST))
        logits = slot->sub.logits;
    set_row(fw, row, s, token, slot->position + ahead, logits);
    return 1;
}

static void refuse(struct quin_fw *fw, uint32_t s)
{
    struct quin_fw_slot *slot = &fw->slot[s];
    answer(fw, &slot->sub, QUIN_DERR_SUBMISSION, (uint32_t)QUIN_NO_TOKEN, slot->position, 0);
    slot->busy = 0;
}

/* Rows of one slot's given tokens; returns how many, 0 if the slot was refused. */
static uint32_t gather_prefill(struct quin_fw *fw, uint32_t s)
{
    uint32_t rows = waiting(&fw->slot[s]);
    if (rows > fw->desc.prefill_rows)
        rows = fw->desc.prefill_rows;
    for (uint32_t r = 0; r < rows; r++) {
        if (!place(fw, r, s, r)) {
            refuse(fw, s);
            return 0;
        }
        fw->run.slot[r] = s;
    }
    return rows;
}

/* Rows of slots that take one token. A slot looked at here needs a completion sooner or later, for a refusal
 * or for its result, so they are no more than the completion ring has room for. */
static uint32_t gather_decode(struct quin_fw *fw, uint32_t *refused)
{
    uint32_t rows = 0, first = fw->decode_turn;
    *refused = 0;
    for (uint32_t i = 0; i < fw->desc.slots && rows + *refused < fw->desc.decode_rows; i++) {
        uint32_t s = turned(fw, first + i);
        if (waiting(&fw->slot[s]) != 1)
            continue;
        fw->decode_turn = turned(fw, s + 1);
        if (place(fw, rows, s, 0)) {
            fw->run.slot[rows++] = s;
        } else {
            refuse(fw, s);
            ++*refused;
        }
    }
    return rows;
}

static void launch(struct quin_fw *fw, uint32_t rows, uint32_t prefill, uint32_t want_head)
{
    const struct quin_model_desc *d = &fw->desc;
    fw->run.active = 1;
    fw->run.rows = rows;
    fw->run.prefill = prefill;
    fw->run.retired = fw->run.idle = fw->run.aborted = 0;
    const struct quin_fw_slot *last = &fw->slot[fw->run.slot[rows - 1]];
    quin_fw_set64(fw, QUIN_REG_GREG + QUIN_G_ROWS * 8, rows);
    quin_fw_set64(fw, QUIN_REG_GREG + QUIN_G_POSITIONS * 8, (uint64_t)last->position + (prefill ? rows : 1));
    quin_fw_set64(fw, QUIN_REG_GREG + QUIN_G_WANT_HEAD * 8, want_head);
    quin_fw_set64(fw, QUIN_REG_PROGRAM_ADDRESS, prefill ? d->prefill : d->decode);
    quin_fw_set(fw, QUIN_REG_PROGRAM_LENGTH, prefill ? d->prefill_length : d->decode_length);
    quin_fw_set(fw, QUIN_REG_COMMAND_LIMIT, d->command_limit);
    quin_fw_set(fw, QUIN_REG_CONTROL, QUIN_CONTROL_START);
}

/* A slot with more than one token to take, or the number of slots if there is none. */
static uint32_t find_prefill(const struct quin_fw *fw)
{
    for (uint32_t i = 0; i < fw->desc.slots; i++) {
        uint32_t s = turned(fw, fw->prefill_turn + i);
        if (waiting(&fw->slot[s]) > 1)
            return s;
    }
    return fw->desc.slots;
}

int quin_fw_start_run(struct quin_fw *fw)
{
    if (quin_fw_completion_space(fw) < fw->desc.decode_rows)
        return 0;
    uint32_t s = find_prefill(fw), rows = 0, refused = 0;
    /* prefill and decode take turns, so that neither starves; each goes round the slots by itself */
    if (s == fw->desc.slots || fw->prefill_last)
        rows = gather_decode(fw, &refused);
    if (rows) {
        fw->prefill_last = 0;
        launch(fw, rows, 0, 1);
        return 1;
    }
    if (refused || s == fw->desc.slots)
        return refused != 0;
    rows = gather_prefill(fw, s);
    fw->prefill_last = 1;
    fw->prefill_turn = turned(fw, s + 1);
    if (rows) {
        const struct quin_fw_slot *slot = &fw->slot[s];
        launch(fw, rows, 1, rows == waiting(slot) || (slot->sub.flags & QUIN_FLAG_LOGITS_ALL));
    }
    return 1;
}

/* A binary32 as an integer of the same order; both zeros are equal. */
static int32_t order(uint32_t bits)
{
    if (bits == 0x80000000u)
        bits = 0;
    return (int32_t)(bits >> 31 ? bits ^ 0x7fffffffu : bits);
}

/* Greedy choice of a row: the largest of its blocks' largest logits, the first of equals. */
static uint32_t greedy(const struct quin_fw *fw, uint32_t row)
{
    uint64_t at = fw->desc.best + (uint64_t)row * fw->desc.best_blocks * 8;
    uint32_t token = 0;
    int32_t best = INT32_MIN;
    for (uint32_t b = 0; b < fw->desc.best_blocks; b++, at += 8) {
        uint32_t pair[2];
        fw->port->mem_read(fw->port->ctx, at, pair, sizeof pair);
        if (order(pair[0]) > best) {
            best = order(pair[0]);
            token = b * fw->desc.best_block_tokens + pair[1];
        }
    }
    return token;
}

/* All given tokens are in and row `row` has the logits after the newest one: choose, answer, go on or end. */
static void advance(struct quin_fw *fw, uint32_t s, uint32_t row)
{
    struct quin_fw_slot *slot = &fw->slot[s];
    uint32_t more = 0;
    slot->next = greedy(fw, row);
    if (slot->sub.generate) {
        slot->made++;
        more = slot->made < slot->sub.generate && slot->next != slot->sub.stop;
    }
    answer(fw, &slot->sub, QUIN_DERR_NONE, slot->next, slot->position, more ? QUIN_FLAG_MORE : 0);
    slot->busy = more;
}

void quin_fw_finish_run(struct quin_fw *fw, uint32_t error)
{
    struct quin_fw_run *run = &fw->run;
    uint32_t tokens = run->prefill ? run->rows : 1; /* of each slot in the run */
    run->active = 0;
    for (uint32_t r = run->prefill ? run->rows - 1 : 0; r < run->rows; r++) {
        struct quin_fw_slot *slot = &fw->slot[run->slot[r]];
        if (error) {
            answer(fw, &slot->sub, error, (uint32_t)QUIN_NO_TOKEN, slot->position, 0);
            slot->busy = 0;
            continue;
        }
        slot->position += tokens;
        if (slot->taken < slot->sub.count)
            slot->taken += tokens;
        if (slot->taken == slot->sub.count)
            advance(fw, run->slot[r], r);
    }
}
