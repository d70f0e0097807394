/* SPDX-License-Identifier: Apache-2.0
 *
 * The command processor: SET and BRANCH against plain 64-bit arithmetic, every way a run can end, what
 * the registers say afterwards, windows, the retire ring, counters, and that nothing else changes.
 */
#include "device_util.h"

static struct dut d;

static int open_device(void **state)
{
    (void)state;
    dut_open(&d, "tiny");
    return 0;
}

static int close_device(void **state)
{
    (void)state;
    dut_close(&d);
    return 0;
}

static uint32_t reg(uint32_t offset)
{
    return quin_device_reg_read(d.dev, offset);
}

static void reg_write(uint32_t offset, uint32_t value)
{
    quin_device_reg_write(d.dev, offset, value);
}

static uint64_t get_greg(uint32_t index)
{
    return get64(d.dev, QUIN_REG_GREG + index * 8);
}

/* ---- commands ---- */

static void put_set(uint32_t op, uint32_t rd, uint32_t ra, uint32_t select, uint32_t rb, uint64_t imm)
{
    dut_command(&d, QUIN_OP_SET);
    PUT(&d, CONTROL, OP, op);
    PUT(&d, CONTROL, RD, rd);
    PUT(&d, CONTROL, RA, ra);
    PUT(&d, CONTROL, SELECT, select);
    PUT(&d, CONTROL, RB, rb);
    PUT(&d, CONTROL, IMM, imm);
}

static void put_branch(uint32_t op, uint32_t ra, uint32_t select, uint32_t rb, uint64_t imm, uint32_t target)
{
    dut_command(&d, QUIN_OP_BRANCH);
    PUT(&d, CONTROL, OP, op);
    PUT(&d, CONTROL, RA, ra);
    PUT(&d, CONTROL, SELECT, select);
    PUT(&d, CONTROL, RB, rb);
    PUT(&d, CONTROL, IMM, imm);
    PUT(&d, CONTROL, TARGET, target);
}

/* `words` words between the start of the scratchpad and a DRAM address. */
static void put_move(enum quin_op op, uint64_t address, uint32_t words)
{
    dut_command(&d, op);
    PUT(&d, ANY, ROWS, 1);
    PUT(&d, MOVE, GROUPS, 1);
    PUT(&d, MOVE, ELEMENT, QUIN_ELEMENT_WORD);
    PUT(&d, MOVE, N, words);
    PUT(&d, MOVE, INNER, words);
    PUT(&d, MOVE, DRAM_OFFSET, address);
}

/* The program failed at `command` and the registers say so; the command did not retire. */
static void assert_failed(uint32_t error, uint32_t command, uint64_t address)
{
    assert_int_equal(reg(QUIN_REG_STATUS), QUIN_STATUS_DONE | QUIN_STATUS_ERROR);
    assert_int_equal(reg(QUIN_REG_ERROR_CODE), error);
    assert_int_equal(reg(QUIN_REG_ERROR_COMMAND), command);
    assert_int_equal(get64(d.dev, QUIN_REG_ERROR_ADDRESS), address);
}

/* A short good run on the same device. */
static void assert_usable(void)
{
    dut_begin(&d);
    put_set(QUIN_SET_OP_ADD, 5, 0, QUIN_SELECT_IMM, 0, 77);
    assert_int_equal(dut_run(&d), QUIN_DERR_NONE);
    assert_int_equal(get_greg(5), 77);
    assert_int_equal(reg(QUIN_REG_STATUS), QUIN_STATUS_DONE);
    assert_int_equal(reg(QUIN_REG_ERROR_CODE), QUIN_DERR_NONE);
    assert_int_equal(get64(d.dev, QUIN_REG_ERROR_ADDRESS), 0);
    assert_int_equal(reg(QUIN_REG_RETIRED), 2);
}

/* ---- SET and BRANCH ---- */

static uint64_t corner64(void)
{
    static const uint64_t corner[] = {0, 1, 2, UINT64_MAX, UINT64_C(1) << 63, UINT32_MAX, UINT64_C(1) << 32};
    return below(2) ? corner[below(7)] : below(2) ? rnd64() : below(100);
}

static void test_set(void **state)
{
    static uint64_t g[32], rows[16][64];
    uint32_t want[100];
    (void)state;
    for (uint32_t i = 1; i < 32; i++)
        greg(d.dev, i, g[i] = corner64());
    for (uint32_t i = 0; i < 16 * 64; i++)
        rowreg(d.dev, i / 64, i % 64, rows[i / 64][i % 64] = corner64());
    for (uint32_t round = 0; round < 100; round++) {
        dut_begin(&d);
        for (uint32_t i = 0; i < 100; i++) {
            uint32_t rd = below(32), ra = below(32), rb = below(32), select = below(3), op = below(2);
            uint32_t bank = below(16), row = below(64);
            uint64_t imm = corner64(), second = imm;
            put_set(op, rd, ra, select, rb, imm);
            PUT(&d, CONTROL, ROW_BANK, bank);
            PUT(&d, CONTROL, ROW_FIRST, row);
            PUT(&d, CONTROL, TARGET, rnd()); /* a BRANCH's field */
            if (select == QUIN_SELECT_GREG)
                second = g[rb] + imm;
            if (select == QUIN_SELECT_ROW)
                second = rows[bank][row] + imm;
            uint64_t y = op == QUIN_SET_OP_ADD ? g[ra] + second : g[ra] < second ? 0 : g[ra] - second;
            if (rd)
                g[rd] = y;
            want[i] = (uint32_t)(y >> 32) ^ (uint32_t)y;
        }
        assert_int_equal(dut_run(&d), QUIN_DERR_NONE);
        for (uint32_t i = 0; i < 32; i++)
            if (get_greg(i) != g[i])
                fail_msg("g[%u] = %llx, want %llx", i, (unsigned long long)get_greg(i),
                         (unsigned long long)g[i]);
        for (uint32_t i = 0; i < 100; i++) {
            assert_int_equal(d.record[i].checksum, want[i]);
            assert_int_equal(d.record[i].index, i);
            assert_int_equal(d.record[i].command, i | QUIN_OP_SET << 24);
            assert_int_equal(d.record[i].cycles, 0);
        }
    }
}

static void test_branch(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 1000; round++) {
        uint64_t a = corner64(), b = below(3) ? corner64() : a, imm = below(3) ? corner64() : 0,
                 row = corner64();
        uint32_t op = below(2), select = below(3);
        uint64_t second = select == 0 ? imm : select == 1 ? b + imm : row + imm;
        int taken = op == QUIN_BRANCH_OP_LT ? a < second : !(a < second);
        dut_begin(&d);
        put_branch(op, 3, select, 4, imm, 3);
        PUT(&d, CONTROL, ROW_BANK, 15);
        PUT(&d, CONTROL, ROW_FIRST, 63);
        put_set(QUIN_SET_OP_ADD, 6, 0, QUIN_SELECT_IMM, 0, 1);
        dut_command(&d, QUIN_OP_END);
        put_set(QUIN_SET_OP_ADD, 6, 0, QUIN_SELECT_IMM, 0, 2);
        greg(d.dev, 3, a);
        greg(d.dev, 4, b);
        greg(d.dev, 6, 0);
        rowreg(d.dev, 15, 63, row);
        assert_int_equal(dut_run(&d), QUIN_DERR_NONE);
        assert_int_equal(get_greg(6), taken ? 2 : 1);
        assert_int_equal(d.record[0].checksum, taken ? 3 : 1);
    }
}

/* g[1] = 10, 9, .. 1: the sum, and what was counted. */
static void test_loop(void **state)
{
    (void)state;
    dut_begin(&d);
    put_set(QUIN_SET_OP_ADD, 1, 0, QUIN_SELECT_IMM, 0, 10);
    put_set(QUIN_SET_OP_ADD, 2, 0, QUIN_SELECT_IMM, 0, 0);
    put_set(QUIN_SET_OP_ADD, 2, 2, QUIN_SELECT_GREG, 1, 0);
    put_set(QUIN_SET_OP_SUB, 1, 1, QUIN_SELECT_IMM, 0, 1);
    put_branch(QUIN_BRANCH_OP_GE, 1, QUIN_SELECT_IMM, 0, 1, 2);
    assert_int_equal(dut_run(&d), QUIN_DERR_NONE);
    assert_int_equal(get_greg(2), 55);
    assert_int_equal(reg(QUIN_REG_RETIRED), 2 + 30 + 1);
    assert_int_equal(counter(d.dev, QUIN_COUNT_COMMANDS), 33);
    assert_int_equal(counter(d.dev, QUIN_COUNT_COMMAND_BYTES), 33 * 64);
    reg_write(QUIN_REG_CONTROL, QUIN_CONTROL_START); /* counters run on */
    assert_int_equal(quin_device_step(d.dev, 5), 5);
    assert_int_equal(reg(QUIN_REG_STATUS), QUIN_STATUS_RUNNING);
    assert_int_equal(reg(QUIN_REG_RETIRED), 5);
    reg_write(QUIN_REG_CONTROL, QUIN_CONTROL_START); /* a running program does not start again */
    assert_int_equal(quin_device_step(d.dev, 1000), 28);
    assert_int_equal(get_greg(2), 55);
    assert_int_equal(counter(d.dev, QUIN_COUNT_COMMANDS), 66);
    assert_int_equal(quin_device_step(d.dev, 1000), 0);
    reg_write(QUIN_REG_CONTROL, QUIN_CONTROL_CLEAR);
    for (uint32_t i = 0; i < QUIN_COUNTERS; i++)
        assert_int_equal(counter(d.dev, (enum quin_counter)i), 0);
    assert_int_equal(reg(QUIN_REG_STATUS), QUIN_STATUS_DONE);
}

/* ---- ends of a run ---- */

static void test_leaving(void **state)
{
    static const uint32_t target[] = {2, 3, 1000, 0x7fffffff, 0xffffffff};
    (void)state;
    dut_begin(&d);
    put_set(QUIN_SET_OP_ADD, 7, 0, QUIN_SELECT_IMM, 0, 1);
    dut_start(&d); /* no END */
    assert_true(quin_device_step(d.dev, 10) >= 1);
    assert_failed(QUIN_DERR_PROGRAM, 1, 0);
    assert_int_equal(reg(QUIN_REG_RETIRED), 1);
    for (size_t i = 0; i < sizeof target / sizeof target[0]; i++) {
        dut_begin(&d);
        put_branch(QUIN_BRANCH_OP_GE, 0, QUIN_SELECT_IMM, 0, 0, target[i]);
        assert_int_equal(dut_run(&d), QUIN_DERR_PROGRAM);
        assert_failed(QUIN_DERR_PROGRAM, target[i], 0);
        assert_int_equal(counter(d.dev, QUIN_COUNT_COMMANDS), 1);
        assert_usable();
    }
    dut_begin(&d);
    dut_start(&d); /* no command at all */
    quin_device_step(d.dev, 10);
    assert_failed(QUIN_DERR_PROGRAM, 0, 0);
}

static void test_limit(void **state)
{
    (void)state;
    for (uint32_t limit = 1; limit < 20; limit++) {
        reg_write(QUIN_REG_COMMAND_LIMIT, limit);
        dut_begin(&d); /* for ever */
        put_branch(QUIN_BRANCH_OP_GE, 0, QUIN_SELECT_IMM, 0, 0, 0);
        assert_int_equal(dut_run(&d), QUIN_DERR_LIMIT);
        assert_failed(QUIN_DERR_LIMIT, 0, 0);
        assert_int_equal(reg(QUIN_REG_RETIRED), limit);
        dut_begin(&d); /* `limit` commands with END: just allowed */
        for (uint32_t i = 1; i < limit; i++)
            put_set(QUIN_SET_OP_ADD, 7, 0, QUIN_SELECT_IMM, 0, i);
        assert_int_equal(dut_run(&d), QUIN_DERR_NONE);
        dut_begin(&d); /* one more: END is refused */
        for (uint32_t i = 0; i < limit; i++)
            put_set(QUIN_SET_OP_ADD, 7, 0, QUIN_SELECT_IMM, 0, i);
        assert_int_equal(dut_run(&d), QUIN_DERR_LIMIT);
        assert_failed(QUIN_DERR_LIMIT, limit, 0);
    }
    reg_write(QUIN_REG_COMMAND_LIMIT, 0);
    assert_usable();
}

/* Codes and fields without a meaning; the commands before them have run, those after them have not. */
static void test_meaningless(void **state)
{
    static const uint8_t known[] = {0x01, 0x02, 0x03, 0x10, 0x11, 0x20, 0x30};
    (void)state;
    for (uint32_t i = 0; i < 256 + 16; i++) {
        uint32_t error = QUIN_DERR_FIELD;
        if (i < 256 && memchr(known, (int)i, sizeof known))
            continue;
        greg(d.dev, 7, 0);
        dut_begin(&d);
        put_set(QUIN_SET_OP_ADD, 7, 7, QUIN_SELECT_IMM, 0, 1);
        if (i < 256) {
            dut_command(&d, (enum quin_op)i);
            error = QUIN_DERR_OPCODE;
        } else if (i % 2) {
            put_set(i < 270 ? 2 + (i - 256) / 2 % 6 : 0, 8, 0, i < 270 ? QUIN_SELECT_IMM : 3, 0, 0);
        } else {
            put_branch(i < 270 ? 2 + (i - 256) / 2 % 6 : 0, 0, i < 270 ? QUIN_SELECT_IMM : 3, 0, 1, 3);
        }
        put_set(QUIN_SET_OP_ADD, 7, 7, QUIN_SELECT_IMM, 0, 100);
        assert_int_equal(dut_run(&d), error);
        assert_failed(error, 1, 0);
        assert_int_equal(get_greg(7), 1);
        assert_int_equal(reg(QUIN_REG_RETIRED), 1);
        assert_int_equal(counter(d.dev, QUIN_COUNT_COMMANDS), 1);
        assert_int_equal(d.hook_error[0], QUIN_DERR_NONE);
        assert_int_equal(d.hook_error[1], error);
    }
    assert_usable();
}

static void test_abort(void **state)
{
    (void)state;
    reg_write(QUIN_REG_CONTROL, QUIN_CONTROL_ABORT); /* nothing runs: nothing happens */
    assert_int_equal(reg(QUIN_REG_STATUS), 0);
    dut_begin(&d);
    put_set(QUIN_SET_OP_ADD, 7, 7, QUIN_SELECT_IMM, 0, 1);
    put_branch(QUIN_BRANCH_OP_GE, 0, QUIN_SELECT_IMM, 0, 0, 0);
    greg(d.dev, 7, 0);
    dut_start(&d);
    assert_int_equal(quin_device_step(d.dev, 21), 21);
    reg_write(QUIN_REG_CONTROL, QUIN_CONTROL_ABORT);
    assert_failed(QUIN_DERR_ABORT, 1, 0);
    assert_int_equal(get_greg(7), 11);
    assert_int_equal(quin_device_step(d.dev, 10), 0);
    assert_int_equal(reg(QUIN_REG_RETIRED), 21);
    assert_usable();
}

/* ---- windows ---- */

/* Grants the program, and one window from base to limit with the rights. */
static void grant(uint64_t base, uint64_t limit, uint32_t rights)
{
    uint32_t place = 1 + below(3);
    for (uint32_t i = 0; i < 4; i++)
        window(d.dev, i, 0, UINT64_MAX, 0);
    window(d.dev, 0, PROGRAM_AT, PROGRAM_AT + PROGRAM_MAX * 64, QUIN_WINDOW_READ);
    window(d.dev, place, base, limit, rights);
}

static void test_windows(void **state)
{
    enum { R = QUIN_WINDOW_READ, W = QUIN_WINDOW_WRITE };
    static const uint64_t base = DATA_AT, end = DATA_AT + 0x1000, big = UINT64_C(1) << 39;
    const struct {
        uint64_t base, limit, address;
        uint32_t rights, words, load, store; /* errors */
    } try[] = {
        {base, end, base, R | W, 1024, 0, 0},
        {base, end, base, R, 1, 0, QUIN_DERR_WINDOW},
        {base, end, base, W, 1, QUIN_DERR_WINDOW, 0},
        {base, end, base, 0, 1, QUIN_DERR_WINDOW, QUIN_DERR_WINDOW},
        {base, end, base, ~3u, 1, QUIN_DERR_WINDOW, QUIN_DERR_WINDOW},
        {base, end, base - 4, R | W, 1, QUIN_DERR_WINDOW, QUIN_DERR_WINDOW},
        {base, end, base - 4, R | W, 2, QUIN_DERR_WINDOW, QUIN_DERR_WINDOW},
        {base, end, end - 4, R | W, 1, 0, 0},
        {base, end, end - 4, R | W, 2, QUIN_DERR_WINDOW, QUIN_DERR_WINDOW},
        {base, end, end, R | W, 1, QUIN_DERR_WINDOW, QUIN_DERR_WINDOW},
        {base, end, base, R | W, 1025, QUIN_DERR_WINDOW, QUIN_DERR_WINDOW},
        {base, base, base, R | W, 1, QUIN_DERR_WINDOW, QUIN_DERR_WINDOW},
        {end, base, base, R | W, 1, QUIN_DERR_WINDOW, QUIN_DERR_WINDOW},
        {base, base + 2, base, R | W, 1, QUIN_DERR_WINDOW, QUIN_DERR_WINDOW},
        {base, UINT64_MAX, DRAM_BYTES - 4, R | W, 1, 0, 0},
        {base, UINT64_MAX, DRAM_BYTES - 4, R | W, 2, QUIN_DERR_BUS, QUIN_DERR_BUS},
        {base, UINT64_MAX, DRAM_BYTES, R | W, 1, QUIN_DERR_BUS, QUIN_DERR_BUS},
        {0, UINT64_MAX, big, R | W, 1, QUIN_DERR_BUS, QUIN_DERR_BUS},
        {0, big, big, R | W, 1, QUIN_DERR_WINDOW, QUIN_DERR_WINDOW},
    };
    (void)state;
    for (uint32_t i = 0; i < 2 * sizeof try / sizeof try[0]; i++) {
        uint32_t store = i % 2, want = store ? try[i / 2].store : try[i / 2].load;
        grant(try[i / 2].base, try[i / 2].limit, try[i / 2].rights);
        dut_begin(&d);
        put_set(QUIN_SET_OP_ADD, 7, 0, QUIN_SELECT_IMM, 0, 1);
        put_move(store ? QUIN_OP_STORE : QUIN_OP_LOAD, try[i / 2].address, try[i / 2].words);
        uint32_t error = dut_run(&d);
        if (error != want)
            fail_msg("case %u store %u: error %u, want %u", i / 2, store, error, want);
        if (want)
            assert_failed(want, 1, try[i / 2].address);
    }
    for (uint32_t over = 0; over < 2; over++) { /* to the last byte of DRAM or window, and one byte more */
        grant(base, UINT64_MAX, R | W);
        dut_begin(&d);
        put_move(QUIN_OP_LOAD, DRAM_BYTES - 5 + over, 5);
        PUT(&d, MOVE, ELEMENT, QUIN_ELEMENT_BYTE);
        assert_int_equal(dut_run(&d), over ? QUIN_DERR_BUS : QUIN_DERR_NONE);
        grant(base, DRAM_BYTES - 10, R | W);
        dut_begin(&d);
        put_move(QUIN_OP_LOAD, DRAM_BYTES - 15 + over, 5);
        PUT(&d, MOVE, ELEMENT, QUIN_ELEMENT_BYTE);
        assert_int_equal(dut_run(&d), over ? QUIN_DERR_WINDOW : QUIN_DERR_NONE);
    }
    assert_usable();
}

/* The program itself must be readable, and lie in the DRAM. */
static void test_fetch(void **state)
{
    (void)state;
    dut_begin(&d);
    put_set(QUIN_SET_OP_ADD, 7, 0, QUIN_SELECT_IMM, 0, 1);
    window(d.dev, 0, 0, PROGRAM_AT + 64, QUIN_WINDOW_READ);
    assert_int_equal(dut_run(&d), QUIN_DERR_WINDOW);
    assert_failed(QUIN_DERR_WINDOW, 1, PROGRAM_AT + 64);
    window(d.dev, 0, 0, DRAM_BYTES, QUIN_WINDOW_WRITE);
    dut_start(&d);
    quin_device_step(d.dev, 10);
    assert_failed(QUIN_DERR_WINDOW, 0, PROGRAM_AT);
    window(d.dev, 0, 0, UINT64_MAX, QUIN_WINDOW_READ);
    reg64(d.dev, QUIN_REG_PROGRAM_ADDRESS, UINT64_C(0x7000000000));
    reg_write(QUIN_REG_CONTROL, QUIN_CONTROL_START);
    quin_device_step(d.dev, 10);
    assert_failed(QUIN_DERR_BUS, 0, UINT64_C(0x7000000000));
    assert_usable();
}

/* A failing run changes no byte of DRAM and no word of the scratchpad that its good commands do not write. */
static void test_untouched(void **state)
{
    static uint8_t before[DRAM_BYTES], after[DRAM_BYTES];
    static uint32_t sp[8192], sp_after[8192];
    (void)state;
    for (uint32_t i = DATA_AT; i < DRAM_BYTES; i++)
        before[i] = (uint8_t)rnd();
    for (uint32_t i = 0; i < 8192; i++)
        sp[i] = rnd();
    sp_write(&d, 0, sp, 8192);
    assert_true(quin_device_mem_write(d.dev, DATA_AT, before + DATA_AT, DRAM_BYTES - DATA_AT));
    dut_begin(&d);
    put_move(QUIN_OP_STORE, DATA_AT + 0x4000, 3);
    put_move(QUIN_OP_LOAD, DATA_AT, 5);
    put_move(QUIN_OP_LOAD, DATA_AT, 8193);
    put_move(QUIN_OP_STORE, DATA_AT, 100);
    assert_int_equal(dut_run(&d), QUIN_DERR_SCRATCHPAD);
    assert_failed(QUIN_DERR_SCRATCHPAD, 2, 0);
    memcpy(before + DATA_AT + 0x4000, sp, 12);
    memcpy(sp, before + DATA_AT, 20);
    assert_true(quin_device_mem_read(d.dev, 0, after, DRAM_BYTES));
    assert_memory_equal(after + DATA_AT, before + DATA_AT, DRAM_BYTES - DATA_AT);
    sp_read(&d, 0, sp_after, 8192);
    assert_words("scratchpad", sp_after, sp, 8192);
    assert_false(quin_device_mem_read(d.dev, DRAM_BYTES - 3, after, 4));
    assert_false(quin_device_mem_write(d.dev, UINT64_MAX - 1, after, 4));
}

/* ---- retire ring ---- */

static void test_ring(void **state)
{
    static const uint64_t ring = DATA_AT + 0x8000;
    struct quin_retire want[10], have[6];
    (void)state;
    reg64(d.dev, QUIN_REG_RETIRE_ADDRESS, ring + 16);
    reg_write(QUIN_REG_RETIRE_ENTRIES, 4);
    dut_begin(&d);
    for (uint32_t i = 0; i < 9; i++) {
        put_set(QUIN_SET_OP_ADD, 3, 0, QUIN_SELECT_IMM, 0, 1000 + i);
        want[i] = (struct quin_retire){.index = i, .command = i | QUIN_OP_SET << 24, .checksum = 1000 + i};
    }
    want[9] = (struct quin_retire){.index = 9, .command = 9 | QUIN_OP_END << 24};
    assert_int_equal(dut_run(&d), QUIN_DERR_NONE);
    assert_int_equal(reg(QUIN_REG_RETIRE_HEAD), 10);
    assert_true(quin_device_mem_read(d.dev, ring, have, sizeof have));
    for (uint32_t i = 6; i < 10; i++) /* record i stands at place i mod 4; a word before and after stays */
        assert_memory_equal(&have[1 + i % 4], &want[i], sizeof want[0]);
    static const struct quin_retire zero;
    assert_memory_equal(&have[0], &zero, sizeof zero);
    assert_memory_equal(&have[5], &zero, sizeof zero);
    dut_begin(&d); /* a failing command leaves no record */
    dut_command(&d, (enum quin_op)0xff);
    assert_int_equal(dut_run(&d), QUIN_DERR_OPCODE);
    assert_int_equal(reg(QUIN_REG_RETIRE_HEAD), 10);
    window(d.dev, 0, 0, DRAM_BYTES, QUIN_WINDOW_READ); /* the ring is bound by the windows */
    dut_begin(&d);
    assert_int_equal(dut_run(&d), QUIN_DERR_WINDOW);
    assert_failed(QUIN_DERR_WINDOW, 0, ring + 16 + 10 % 4 * 16);
    window(d.dev, 0, 0, DRAM_BYTES, QUIN_WINDOW_READ | QUIN_WINDOW_WRITE);
    reg_write(QUIN_REG_RETIRE_ENTRIES, 0);
    assert_int_equal(reg(QUIN_REG_RETIRE_HEAD), 0);
    assert_usable();
    assert_int_equal(reg(QUIN_REG_RETIRE_HEAD), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_device, close_device)
    const struct CMUnitTest tests[] = {
        TEST(test_set),         TEST(test_branch), TEST(test_loop),    TEST(test_leaving),
        TEST(test_limit),       TEST(test_abort),  TEST(test_windows), TEST(test_fetch),
        TEST(test_meaningless), TEST(test_ring),   TEST(test_untouched),
    };
    seed_start("test_processor");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
