/* SPDX-License-Identifier: Apache-2.0
 *
 * The firmware core: submissions, slots, prefill and decode runs, completions, errors, watchdog, reset,
 * refusal of a model. firmware_fake.h checks every run and every completion; the cases here bring it into all
 * situations.
 */
#include "firmware_fake.h"

/* One sequence by hand: what the completions say in numbers. */
static void test_by_hand(void **state)
{
    (void)state;
    reset(4, 3, 8, 0);
    enable(QUIN_STATE_SERVING);
    struct follow *x = generate(2, 0, 6, 3);
    settle();
    assert_int_equal(x->came, 3);
    for (uint32_t i = 0; i < 3; i++) {
        const struct quin_completion *c = &f.ring[i];
        assert_int_equal(c->id, 1000);
        assert_int_equal(c->slot, 2);
        assert_int_equal(c->status, 0);
        assert_int_equal(c->position, 6 + i);
        assert_int_equal(c->flags, i < 2 ? QUIN_FLAG_MORE : 0);
        assert_int_equal(c->token, x->tape[6 + i]);
    }
    assert_int_equal(f.runs, 4); /* 4 tokens, 2 tokens, then one by one */
    x = generate(2, 8, 1, 0); /* the last token made is not in the slot: a next turn begins at position 8 */
    settle();
    assert_int_equal(x->came, 1);
    assert_int_equal(f.ring[3].position, 9);
    x = generate(2, 10, 1, 0); /* one too far */
    settle();
    assert_int_equal(f.ring[4].status, QUIN_DERR_SUBMISSION);
    assert_int_equal(f.ring[4].token, 0xffffffff);
    submit(&(struct quin_submission){.code = QUIN_SUBMIT_NOP, .slot = 2});
    settle();
    assert_int_equal(f.ring[5].status, 0);
    assert_int_equal(f.ring[5].position, 9);
    assert_int_equal(quin_fw_poll(&fw), 0);
}

/* The end of the context: the last token made needs no place. */
static void test_context(void **state)
{
    static const uint32_t cases[][4] = {/* position, count, generate, status */
                                        {0, 96, 0, 0},
                                        {0, 96, 1, 0},
                                        {0, 96, 2, QUIN_DERR_CONTEXT},
                                        {0, 97, 0, QUIN_DERR_CONTEXT},
                                        {0, 90, 7, 0},
                                        {0, 90, 8, QUIN_DERR_CONTEXT},
                                        {96, 1, 0, QUIN_DERR_CONTEXT},
                                        {95, 1, 1, 0},
                                        {95, 1, 2, QUIN_DERR_CONTEXT},
                                        {1, UINT32_MAX, 1, QUIN_DERR_CONTEXT},
                                        {1, 1, UINT32_MAX, QUIN_DERR_CONTEXT},
                                        {5, UINT32_MAX, UINT32_MAX, QUIN_DERR_CONTEXT},
                                        {96, 0, 0, QUIN_DERR_SUBMISSION},
                                        {97, 1, 0, QUIN_DERR_SUBMISSION},
                                        {UINT32_MAX, 2, 0, QUIN_DERR_SUBMISSION}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        reset(8, 2, 64, 100);
        enable(QUIN_STATE_SERVING);
        generate(1, 0, 96, 0);
        settle();
        struct follow *x = generate(1, cases[i][0], cases[i][1], cases[i][2]);
        settle();
        assert_int_equal(x->want[0].status, cases[i][3]);
    }
}

static void test_stop(void **state)
{
    (void)state;
    reset(4, 2, 16, 0);
    enable(QUIN_STATE_SERVING);
    struct follow *x = generate(3, 0, 5, 8), again;
    settle();
    for (uint32_t i = 0; i < 8; i++) { /* the same tokens, stopped by the i-th token made */
        again = *x;
        struct quin_submission sub = x->sub;
        uint32_t end = 0;
        sub.stop = again.tape[5 + i];
        while (again.tape[5 + end] != sub.stop)
            end++;
        struct follow *y = submit(&sub);
        memcpy(y->tape, again.tape, sizeof y->tape);
        memcpy(f.mem + y->sub.tokens, y->tape, 5 * 4);
        settle();
        assert_int_equal(y->came, end + 1);
        assert_int_equal(y->want[end].token, sub.stop);
        assert_int_equal(y->want[end].flags, 0);
    }
}

/* A random submission; one in a few is wrong in some way. */
static void submit_random(void)
{
    uint32_t s = below(SLOTS), wrong = below(30), most = f.position[s];
    struct quin_submission sub = {.code = QUIN_SUBMIT_GENERATE,
                                  .slot = s,
                                  .flags = below(4),
                                  .stop = below(VOCAB),
                                  .count = below(3) ? 1 + below(20) : 1,
                                  .generate = below(2) ? below(8) : below(2),
                                  .position = below(2) && most < 70 ? most : below(most + 1)};
    if (wrong == 0)
        sub.slot = SLOTS + below(2) * below(1u << 31);
    if (wrong == 1)
        sub.code = 2 + below(1u << 31);
    if (wrong == 2)
        sub.count = 0;
    if (wrong == 3)
        sub.position = most + below(40);
    if (wrong == 4)
        sub.code = QUIN_SUBMIT_NOP;
    struct follow *x = submit(&sub);
    if (wrong > 4 && wrong < 8 && sub.code == QUIN_SUBMIT_GENERATE && sub.count && sub.count < 50)
        spoil_token(x, below(sub.count));
}

/* Everything at once: slots, errors of runs, a slow accelerator, a host that reads now and then. */
static void test_random(void **state)
{
    static const uint32_t shape[][3] = {{8, 6, 8}, {4, 3, 4}, {2, 1, 1}, {1, 1, 2}, {7, 2, 2}, {64, 64, 64}};
    (void)state;
    for (size_t i = 0; i < sizeof shape / sizeof shape[0]; i++) {
        uint32_t slow = 0, errors = i % 2;
        reset(shape[i][0], shape[i][1], shape[i][2], 0xffffff80u + (uint32_t)i); /* the indices pass 2^32 */
        enable(QUIN_STATE_SERVING);
        while (f.made < 600) {
            if (below(3) && reg(QUIN_REG_SQ_TAIL) - reg(QUIN_REG_SQ_HEAD) < SQ)
                submit_random();
            quin_fw_poll(&fw);
            if (reg(QUIN_REG_STATUS) & QUIN_STATUS_RUNNING) {
                f.reg[QUIN_REG_RETIRED / 4]++;
                if (slow-- == 0)
                    end_run(errors && below(20) == 0 ? 1 + below(8) : 0, below(1000));
                slow = slow > 3 ? below(4) : slow;
            }
            if (below(4) == 0)
                read_completions(below(4));
        }
        settle();
        assert_int_equal(quin_fw_poll(&fw), 0);
        assert_true(reg(QUIN_REG_CQ_TAIL) < 0x80000000u && f.runs > 300);
        assert_true(f.refusals > 10);
        assert_int_equal(f.aborts, 0);
    }
}

/* A host that reads nothing: the firmware waits with work in hand, and nothing is lost. */
static void test_full_ring(void **state)
{
    (void)state;
    for (uint32_t kind = 0; kind < 3; kind++)
        for (uint32_t entries = 2; entries <= 8; entries *= 2) {
            reset(4, 2, entries, 0xfffffffeu);
            enable(QUIN_STATE_SERVING);
            for (uint32_t s = 0; s < SLOTS; s++) {
                struct follow *x = generate(s, 0, kind == 2 ? 3 : 1, 2);
                if (kind) /* refusals fill the ring as well as results do */
                    spoil_token(x, 0);
            }
            generate(0, 0, 0, 0);
            submit(&(struct quin_submission){.code = QUIN_SUBMIT_NOP});
            for (uint32_t i = 0; i < 100; i++) {
                quin_fw_poll(&fw);
                if (reg(QUIN_REG_STATUS) & QUIN_STATUS_RUNNING)
                    end_run(0, 0);
            }
            assert_in_range(reg(QUIN_REG_CQ_TAIL) - reg(QUIN_REG_CQ_HEAD), 1, entries);
            settle();
        }
}

/* Neither a long prompt nor other slots' decoding keeps a slot waiting for long. */
static void test_fairness(void **state)
{
    (void)state;
    for (uint32_t decode_rows = 1; decode_rows <= 3; decode_rows++)
        for (uint32_t prompts = 1; prompts < SLOTS; prompts++) {
            reset(2, decode_rows, 64, 0);
            enable(QUIN_STATE_SERVING);
            for (uint32_t s = 0; s < SLOTS; s++)
                generate(s, 0, s < prompts ? 80 : 1, s < prompts ? 1 : 60);
            settle();
            /* a turn is a prefill and a decode; every slot has its own within as many turns as there are
             * slots */
            assert_in_range(f.worst, 1, 2 * SLOTS);
        }
    for (uint32_t slot = 0; slot < SLOTS; slot++) { /* a host that keeps two slots full of prompts */
        reset(2, 1, 64, 0);
        enable(QUIN_STATE_SERVING);
        generate(slot, 0, 40, 30);
        for (uint32_t i = 0; i < 300; i++) {
            uint32_t other = (slot + 1 + i % 2) % SLOTS;
            if (reg(QUIN_REG_SQ_TAIL) == reg(QUIN_REG_SQ_HEAD) && !f.slot[other])
                generate(other, 0, 20, 0);
            quin_fw_poll(&fw);
            if (reg(QUIN_REG_STATUS) & QUIN_STATUS_RUNNING)
                end_run(0, 0);
            read_completions(UINT32_MAX);
        }
        assert_in_range(f.worst, 1, 2 * SLOTS);
        settle();
    }
}

/* An error ends what the run's slots were doing, at the position they had; the others go on. */
static void test_run_error(void **state)
{
    (void)state;
    reset(4, 2, 16, 0);
    enable(QUIN_STATE_SERVING);
    for (uint32_t s = 0; s < 3; s++)
        generate(s, 0, 1, 4);
    quin_fw_poll(&fw);
    assert_int_equal(f.rows, 2);
    uint32_t first = f.row_slot[0], second = f.row_slot[1];
    end_run(QUIN_DERR_WINDOW, 17);
    settle();
    for (uint32_t s = 0; s < 3; s++) {
        int hit = s == first || s == second;
        assert_int_equal(f.sub[s].came, hit ? 1 : 4);
        assert_int_equal(f.sub[s].want[0].status, hit ? QUIN_DERR_WINDOW : 0);
        assert_int_equal(f.sub[s].want[0].command, hit ? 17 : 0);
        assert_int_equal(f.sub[s].want[0].position, hit ? 0 : 1);
    }
    struct follow *x = generate(first, 0, 7, 0); /* the second of two pieces fails: the first one stays */
    quin_fw_poll(&fw);
    end_run(0, 0);
    quin_fw_poll(&fw);
    quin_fw_poll(&fw);
    assert_true(f.prefill && f.rows == 3);
    end_run(QUIN_DERR_BUS, 3);
    settle();
    assert_int_equal(x->want[0].status, QUIN_DERR_BUS);
    assert_int_equal(x->want[0].position, 4);
    generate(first, 4, 3, 2);
    settle();
}

static void test_watchdog(void **state)
{
    (void)state;
    reset(4, 2, 16, 0);
    enable(QUIN_STATE_SERVING);
    f.abort_means = QUIN_DERR_WATCHDOG;
    struct follow *x = generate(0, 0, 1, 3), *y = generate(4, 0, 1, 3);
    quin_fw_poll(&fw);
    for (uint32_t i = 0; i < 10 * POLLS; i++) { /* slow, but it moves */
        f.reg[QUIN_REG_RETIRED / 4] += i % (POLLS - 2) == 0;
        assert_int_equal(quin_fw_poll(&fw), 1);
    }
    assert_int_equal(f.aborts, 0);
    uint32_t polls = 0;
    while (!f.aborts && polls < 10 * POLLS) {
        assert_int_equal(quin_fw_poll(&fw), 1);
        polls++;
    }
    assert_in_range(polls, 1, POLLS + 1);
    settle();
    assert_int_equal(f.aborts, 1);
    assert_int_equal(x->want[0].status, QUIN_DERR_WATCHDOG);
    assert_int_equal(y->want[0].status, QUIN_DERR_WATCHDOG);
    generate(0, 0, 9, 3); /* served again */
    settle();
}

/* Disabling in the middle of a run: all is forgotten, positions too. */
static void test_disable(void **state)
{
    (void)state;
    for (uint32_t running = 0; running < 2; running++) {
        reset(4, 2, 16, 7);
        assert_int_equal(quin_fw_poll(&fw), 0); /* not enabled: nothing is touched */
        enable(QUIN_STATE_SERVING);
        generate(0, 0, 9, 3);
        settle();
        generate(0, 9, 9, 3);
        generate(1, 0, 9, 3);
        generate(0, 0, 1, 1);
        quin_fw_poll(&fw);
        assert_true(reg(QUIN_REG_STATUS) & QUIN_STATUS_RUNNING);
        if (!running)
            end_run(0, 0);
        uint32_t head = reg(QUIN_REG_CQ_TAIL);
        f.reg[QUIN_REG_DEVICE_CONTROL / 4] = 0;
        while (reg(QUIN_REG_DEVICE_STATE) != QUIN_STATE_RESET)
            assert_int_equal(quin_fw_poll(&fw), 1);
        assert_int_equal(f.aborts, running);
        assert_false(reg(QUIN_REG_STATUS) & QUIN_STATUS_RUNNING); /* it waited for the device */
        assert_int_equal(quin_fw_poll(&fw), 0);
        memset(f.slot, 0, sizeof f.slot);
        memset(f.position, 0, sizeof f.position);
        f.made = f.taken = 0;
        f.origin = reg(QUIN_REG_SQ_TAIL);
        enable(QUIN_STATE_SERVING);
        assert_int_equal(reg(QUIN_REG_SQ_HEAD), reg(QUIN_REG_SQ_TAIL));
        assert_int_equal(reg(QUIN_REG_CQ_TAIL), reg(QUIN_REG_CQ_HEAD));
        assert_int_equal(reg(QUIN_REG_CQ_TAIL), head);
        assert_int_equal(quin_fw_poll(&fw), 0);
        struct follow *x = generate(0, 1, 1, 1);
        settle();
        assert_int_equal(x->want[0].status, QUIN_DERR_SUBMISSION); /* the slot is empty again */
        generate(0, 0, 9, 3);
        settle();
    }
}

/* A tail that no host means: the firmware takes a few and comes back, so that ENABLE still ends it. */
static void test_wild_tail(void **state)
{
    (void)state;
    reset(4, 3, 64, 5);
    enable(QUIN_STATE_SERVING);
    const struct quin_submission refused = {.code = QUIN_SUBMIT_NOP, .slot = SLOTS};
    for (uint32_t i = 0; i < SQ; i++)
        memcpy(f.mem + SQ_AT + i * sizeof refused, &refused, sizeof refused);
    f.wild = 1;
    f.reg[QUIN_REG_SQ_TAIL / 4] = reg(QUIN_REG_SQ_HEAD) - 1;
    for (uint32_t polls = 0; polls < 3; polls++) {
        f.poll_from = reg(QUIN_REG_SQ_HEAD);
        assert_int_equal(quin_fw_poll(&fw), 1);
        assert_int_not_equal(reg(QUIN_REG_SQ_HEAD), f.poll_from);
    }
    f.reg[QUIN_REG_DEVICE_CONTROL / 4] = 0;
    assert_int_equal(quin_fw_poll(&fw), 1);
    assert_int_equal(reg(QUIN_REG_DEVICE_STATE), QUIN_STATE_RESET);
}

static void test_model_refused(void **state)
{
    static const struct {
        size_t offset;
        uint32_t value;
    } bad[] = {
#define BAD(field, value) {offsetof(struct quin_model_desc, field), value}
        BAD(magic, 0),          BAD(magic, 0x4e495551),  BAD(version, 6),      BAD(version, 8),
        BAD(rows, 7),           BAD(rows, 9),            BAD(stream_bytes, 8), BAD(scratchpad, 5001),
        BAD(slots, 0),          BAD(slots, 17),          BAD(slots, 1u << 31), BAD(k_tile_positions, 0),
        BAD(k_tile_positions, 12), BAD(vocab, 0),        BAD(context, 0),      BAD(prefill_rows, 0),
        BAD(prefill_rows, 65),  BAD(decode_rows, 0),     BAD(decode_rows, 65), BAD(best_blocks, 0),
        BAD(best_block_tokens, 0), BAD(best_blocks, BLOCKS - 1), BAD(best_blocks, BLOCKS + 1), BAD(command_limit, 0),
    };
    (void)state;
    const size_t cases = sizeof bad / sizeof bad[0];
    for (size_t i = 0; i < cases + 3; i++) {
        reset(4, i == cases ? 17 : 2, 16, 0); /* 17: more rows than the ring has entries */
        if (i < cases)
            memcpy((uint8_t *)&f.desc + bad[i].offset, &bad[i].value, 4);
        else if (i > cases)
            f.reg[(i % 2 ? QUIN_REG_SQ_ENTRIES : QUIN_REG_CQ_ENTRIES) / 4] = 12; /* no power of two */
        enable(QUIN_STATE_REFUSED);
        f.reg[QUIN_REG_SQ_TAIL / 4]++;
        for (uint32_t j = 0; j < 5; j++)
            assert_int_equal(quin_fw_poll(&fw), 0);
        assert_int_equal(f.runs, 0);
        assert_int_equal(reg(QUIN_REG_SQ_HEAD), 0);
        f.reg[QUIN_REG_DEVICE_CONTROL / 4] = 0;
        quin_fw_poll(&fw);
        assert_int_equal(reg(QUIN_REG_DEVICE_STATE), QUIN_STATE_RESET);
        assert_int_equal(reg(QUIN_REG_FIRMWARE_ERROR), 0);
    }
    reset(4, 2, 16, 0); /* the limits themselves are good */
    f.desc.prefill_rows = f.desc.decode_rows = 64;
    f.reg[QUIN_REG_CQ_ENTRIES / 4] = 64;
    f.desc.scratchpad = 1;
    enable(QUIN_STATE_SERVING);
    generate(5, 0, 80, 3);
    settle();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),       cmocka_unit_test(test_context),
        cmocka_unit_test(test_stop),          cmocka_unit_test(test_full_ring),
        cmocka_unit_test(test_fairness),      cmocka_unit_test(test_run_error),
        cmocka_unit_test(test_watchdog),      cmocka_unit_test(test_disable),
        cmocka_unit_test(test_wild_tail),     cmocka_unit_test(test_model_refused),
        cmocka_unit_test(test_random),
    };
    seed_start("test_firmware");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
