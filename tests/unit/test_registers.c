/* SPDX-License-Identifier: Apache-2.0
 *
 * Registers of the device, every word of the register space: what is constant, what holds a value, what
 * ignores writes, what does not exist. What a run does to them is in test_processor.c.
 */
#include "device_util.h"

static struct dut d;

static uint32_t reg(uint32_t offset)
{
    return quin_device_reg_read(d.dev, offset);
}

/* Access of a word as registers.def has it, NULL if there is no register. */
static const char *access_of(uint32_t offset)
{
    static const struct {
        uint32_t offset, words;
        const char *access;
    } map[] = {
#define QUIN_REG(name, offset, words, access, doc) {offset, words, #access},
#define QUIN_BIT(name, value, doc)
#define QUIN_LIMIT(name, value, doc)
#include "registers.def"
#undef QUIN_REG
#undef QUIN_BIT
#undef QUIN_LIMIT
    };
    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++)
        if (offset >= map[i].offset && offset < map[i].offset + map[i].words * 4)
            return map[i].access;
    return NULL;
}

/* After reset: the configuration's numbers, and zeros everywhere else. */
static void test_constants(void **state)
{
    (void)state;
    for (uint32_t i = 0; quin_config_at(i); i++) {
        const struct quin_config *c = quin_config_at(i);
        const uint32_t want[] = {0x4e495551, 1,           c->rows, c->stream_bytes, c->lanes, c->bus_bytes,
                                 c->scratchpad_words, c->carry_bits};
        d.dev = quin_device_create(c, 4096);
        assert_non_null(d.dev);
        for (uint32_t at = 0; at < QUIN_REGISTER_BYTES; at += 4)
            assert_int_equal(reg(at), at < sizeof want ? want[at / 4] : 0);
        for (uint32_t at = 0; at < QUIN_REGISTER_BYTES; at += 4) { /* no write reaches a constant */
            if (at != QUIN_REG_CONTROL)
                quin_device_reg_write(d.dev, at, 0xffffffff);
            assert_int_equal(reg(at % sizeof want), want[at % sizeof want / 4]);
        }
        dut_close(&d);
    }
}

static void test_hold(void **state)
{
    static uint32_t want[QUIN_REGISTER_BYTES / 4];
    (void)state;
    dut_open(&d, "tiny");
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t at = 0; at < QUIN_REGISTER_BYTES; at += 4) {
            const char *access = access_of(at);
            uint32_t value = rnd();
            if (at == QUIN_REG_CONTROL)
                continue;
            if (access && strcmp(access, "RO") && at / 8 != QUIN_REG_GREG / 8) /* g[0] reads as 0 */
                want[at / 4] = value;
            else
                want[at / 4] = reg(at);
            assert_true(access || want[at / 4] == 0);
            quin_device_reg_write(d.dev, at, value);
        }
        for (uint32_t at = 0; at < QUIN_REGISTER_BYTES; at += 4)
            if (at != QUIN_REG_CONTROL && at != QUIN_REG_IRQ_STATUS && reg(at) != want[at / 4])
                fail_msg("register 0x%03x is %08x, want %08x", at, reg(at), want[at / 4]);
    }
    assert_int_equal(get64(d.dev, QUIN_REG_GREG), 0);
    dut_close(&d);
}

/* Offsets beyond the space or between the words neither read nor write anything. */
static void test_nowhere(void **state)
{
    static const uint32_t nowhere[] = {0x4000, 0x4008, 0x4400, 0x80000008, 0xfffffffc,
                                       0x059,  0x402,  0x407,  0x2001};
    (void)state;
    dut_open(&d, "tiny");
    for (uint32_t at = QUIN_REG_PROGRAM_ADDRESS; at < QUIN_REGISTER_BYTES; at += 4)
        quin_device_reg_write(d.dev, at, 0);
    for (size_t i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++) {
        quin_device_reg_write(d.dev, nowhere[i], 0xffffffff);
        assert_int_equal(reg(nowhere[i]), 0);
    }
    for (uint32_t at = QUIN_REG_STATUS; at < QUIN_REGISTER_BYTES; at += 4)
        assert_int_equal(reg(at), 0);
    dut_close(&d);
}

static void test_interrupt(void **state)
{
    (void)state;
    dut_open(&d, "tiny");
    for (uint32_t i = 0; i < 100; i++) {
        uint32_t head = below(2) ? below(3) : 0xffffffff - below(3), tail = below(3) ? head : head + rnd();
        quin_device_reg_write(d.dev, QUIN_REG_CQ_HEAD, head);
        quin_device_reg_write(d.dev, QUIN_REG_CQ_TAIL, tail);
        quin_device_reg_write(d.dev, QUIN_REG_IRQ_STATUS, rnd());
        assert_int_equal(reg(QUIN_REG_IRQ_STATUS), head != tail);
    }
    dut_close(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_constants),
        cmocka_unit_test(test_hold),
        cmocka_unit_test(test_nowhere),
        cmocka_unit_test(test_interrupt),
    };
    seed_start("test_registers");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
