/* SPDX-License-Identifier: Apache-2.0
 *
 * The check of AFTER fields: what a program leaves open is reported with both commands, what it covers is
 * not. Random programs are judged by a second statement of the rule, the transitive closure of "has retired
 * before it starts".
 */
#include "device_util.h"

enum { SLOT = 64, SLOTS = 6, STREAMS = 4, ROWS_MANY = 600 }; /* a slot: words of scratchpad, bytes of DRAM */

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

static void after(uint32_t dma, uint32_t array, uint32_t vector)
{
    PUT(&d, ANY, AFTER_DMA, dma);
    PUT(&d, ANY, AFTER_ARRAY, array);
    PUT(&d, ANY, AFTER_VECTOR, vector);
}

/* Sixteen words between a scratchpad slot and a DRAM slot. */
static void put_move(enum quin_op op, uint32_t slot, uint32_t stream)
{
    dut_command(&d, op);
    PUT(&d, ANY, ROWS, 1);
    PUT(&d, MOVE, GROUPS, 1);
    PUT(&d, MOVE, ELEMENT, QUIN_ELEMENT_WORD);
    PUT(&d, MOVE, N, 16);
    PUT(&d, MOVE, INNER, 16);
    PUT(&d, MOVE, DRAM_OFFSET, DATA_AT + stream * SLOT);
    PUT(&d, MOVE, SP_BASE, slot * SLOT);
}

/* dst slot = a slot * 1, in full words. */
static void put_vector(uint32_t dst, uint32_t a)
{
    dut_command(&d, QUIN_OP_VECTOR);
    PUT(&d, ANY, ROWS, 1);
    PUT(&d, VECTOR, GROUPS, 1);
    PUT(&d, VECTOR, N, 16);
    PUT(&d, VECTOR, FORMAT, QUIN_FORMAT_F32);
    PUT(&d, VECTOR, A_BASE, a * SLOT);
    PUT(&d, VECTOR, DST_BASE, dst * SLOT);
}

/* One row, k = 16, n = 10: reads words 0..5 of slot act, 32 bytes of the stream; writes slot dst. */
static void put_matmul(uint32_t dst, uint32_t act, uint32_t stream, int prefetch)
{
    dut_command(&d, QUIN_OP_MATMUL);
    PUT(&d, ANY, ROWS, 1);
    PUT(&d, MATMUL, K, 16);
    PUT(&d, MATMUL, N, 10);
    PUT(&d, MATMUL, PREFETCH, prefetch);
    PUT(&d, MATMUL, DRAM_OFFSET, DATA_AT + stream * SLOT);
    PUT(&d, MATMUL, ACT_BASE, act * SLOT);
    PUT(&d, MATMUL, RSCALE_BASE, act * SLOT + 4);
    PUT(&d, MATMUL, CSCALE_BASE, act * SLOT + 5);
    PUT(&d, MATMUL, DST_BASE, dst * SLOT);
}

/* Runs the program with the check on; returns the conflicts, and the two commands of the first one. */
static uint64_t conflicts(uint32_t *late, uint32_t *early)
{
    char text[256];
    *late = *early = UINT32_MAX;
    assert_true(quin_device_check_hazards(d.dev, 1));
    assert_int_equal(dut_run(&d), QUIN_DERR_NONE);
    uint64_t count = quin_device_hazards(d.dev, text);
    if (count)
        assert_int_equal(sscanf(text, "command %u may start before command %u", late, early), 2);
    else
        assert_string_equal(text, "");
    return count;
}

static void assert_conflict(uint32_t late, uint32_t early)
{
    uint32_t have_late, have_early;
    assert_true(conflicts(&have_late, &have_early) > 0);
    assert_int_equal(have_late, late);
    assert_int_equal(have_early, early);
}

static void assert_none(void)
{
    uint32_t late, early;
    uint64_t count = conflicts(&late, &early);
    if (count)
        fail_msg("%llu conflicts, the first between commands %u and %u", (unsigned long long)count, late,
                 early);
}

/* ---- pairs of commands ---- */

static void test_pairs(void **state)
{
    (void)state;
    for (uint32_t cover = 0; cover < 2; cover++) {
        for (uint32_t kind = 0; kind < 8; kind++) {
            dut_begin(&d);
            dut_command(&d, QUIN_OP_SET); /* so that the pair is at 1 and 2 */
            switch (kind) {
            case 0: /* load, then use */
                put_move(QUIN_OP_LOAD, 1, 0);
                put_vector(2, 1);
                after(cover, 0, 0);
                break;
            case 1: /* result, then store */
                put_vector(2, 1);
                put_move(QUIN_OP_STORE, 2, 0);
                after(0, 0, cover);
                break;
            case 2: /* a store's words overwritten */
                put_move(QUIN_OP_STORE, 2, 0);
                put_vector(2, 1);
                after(cover, 0, 0);
                break;
            case 3: /* two writers */
                put_matmul(3, 1, 0, 0);
                put_move(QUIN_OP_LOAD, 3, 1);
                after(0, cover, 0);
                break;
            case 4: /* activations of a product */
                put_vector(1, 2);
                put_matmul(3, 1, 0, 0);
                after(0, 0, cover);
                break;
            case 5: /* product, then vector */
                put_matmul(3, 1, 0, 0);
                put_vector(4, 3);
                after(0, cover, 0);
                break;
            case 6: /* a stream that is stored */
                put_move(QUIN_OP_STORE, 5, 2);
                put_matmul(3, 1, 2, 0);
                after(cover, 0, 0);
                break;
            default: /* a stream overwritten while it is read */
                put_matmul(3, 1, 2, 0);
                put_move(QUIN_OP_STORE, 5, 2);
                after(0, cover, 0);
                break;
            }
            if (cover)
                assert_none();
            else
                assert_conflict(2, 1);
        }
    }
}

/* What needs no AFTER: the same unit, two readers, neighbours that only touch. */
static void test_harmless(void **state)
{
    (void)state;
    dut_begin(&d);
    put_vector(1, 0);
    put_vector(2, 1);
    put_vector(1, 2);
    assert_none();
    dut_begin(&d);
    put_move(QUIN_OP_STORE, 1, 0);
    put_vector(2, 1);
    put_matmul(3, 1, 1, 0);
    assert_none();
    dut_begin(&d);
    put_vector(1, 0);
    put_move(QUIN_OP_STORE, 1, 0);
    PUT(&d, MOVE, SP_BASE, SLOT + 16); /* the words after the result */
    assert_none();
    dut_begin(&d);
    put_vector(1, 0);
    put_move(QUIN_OP_STORE, 1, 0);
    PUT(&d, MOVE, SP_BASE, SLOT + 15); /* its last word */
    assert_conflict(1, 0);
    assert_true(quin_device_check_hazards(d.dev, 0)); /* off: nothing is reported */
    char text[256];
    assert_int_equal(dut_run(&d), QUIN_DERR_NONE);
    assert_int_equal(quin_device_hazards(d.dev, text), 0);
}

/* w > 1 leaves the w - 1 newest ones out. */
static void test_lag(void **state)
{
    (void)state;
    for (uint32_t newest = 0; newest < 6; newest++) /* commands of the unit after the one waited for */
        for (uint32_t w = 0; w < 8; w++) {
            dut_begin(&d);
            put_vector(2, 1);
            for (uint32_t i = 0; i < newest; i++)
                put_vector(3, 1);
            put_move(QUIN_OP_STORE, 2, 0);
            after(0, 0, w);
            if (w && w <= newest + 1)
                assert_none();
            else
                assert_conflict(newest + 1, 0);
        }
}

/* What a command knows, its successors know: through another unit, and through its own. */
static void test_knowledge(void **state)
{
    (void)state;
    for (uint32_t cut = 0; cut < 3; cut++) {
        dut_begin(&d);
        put_move(QUIN_OP_LOAD, 1, 0);
        put_vector(2, 4);
        after(cut != 1, 0, 0);
        put_vector(3, 4); /* knows what its predecessor knows */
        put_matmul(5, 1, 1, 0);
        after(0, 0, cut != 2); /* reads slot 1, loaded three commands ago */
        if (cut)
            assert_conflict(3, 0);
        else
            assert_none();
    }
    dut_begin(&d); /* each run starts with everything retired */
    put_vector(2, 1);
    assert_none();
    dut_begin(&d);
    put_move(QUIN_OP_STORE, 2, 0);
    assert_int_equal(dut_run(&d), QUIN_DERR_NONE);
    char text[256];
    assert_int_equal(quin_device_hazards(d.dev, text), 0);
}

/* A prefetched stream is read before the waits: only its DRAM, not the activations. */
static void test_prefetch(void **state)
{
    (void)state;
    for (uint32_t prefetch = 0; prefetch < 2; prefetch++) {
        dut_begin(&d);
        put_move(QUIN_OP_STORE, 5, 2);
        put_matmul(3, 1, 2, (int)prefetch);
        after(1, 0, 0);
        if (prefetch)
            assert_conflict(1, 0);
        else
            assert_none();
        dut_begin(&d); /* another stream, activations that are waited for */
        put_move(QUIN_OP_STORE, 5, 2);
        put_vector(1, 0);
        put_matmul(3, 1, 1, (int)prefetch);
        after(1, 0, 1);
        assert_none();
    }
}

/* A CONTROL command that waits holds the dispatch of everything after it, prefetched streams too. */
static void test_control_waits(void **state)
{
    (void)state;
    for (uint32_t cover = 0; cover < 2; cover++)
        for (uint32_t prefetch = 0; prefetch < 2; prefetch++) {
            dut_begin(&d);
            put_move(QUIN_OP_STORE, 5, 2);
            put_vector(1, 0);
            dut_command(&d, QUIN_OP_SET);
            after(cover, 0, 2); /* the vector command goes on */
            put_matmul(3, 4, 2, (int)prefetch);
            if (cover)
                assert_none();
            else
                assert_conflict(3, 0);
            dut_begin(&d);
            put_vector(1, 0);
            dut_command(&d, QUIN_OP_BRANCH); /* not taken */
            after(0, 0, 2 - cover);
            PUT(&d, CONTROL, TARGET, 5);
            put_matmul(3, 1, 2, (int)prefetch);
            if (cover)
                assert_none();
            else
                assert_conflict(2, 0);
        }
}

/* A loop meets its own commands of the round before. */
static void test_loop(void **state)
{
    (void)state;
    for (uint32_t cover = 0; cover < 2; cover++) {
        dut_begin(&d);
        dut_command(&d, QUIN_OP_SET);
        PUT(&d, CONTROL, RD, 1);
        put_move(QUIN_OP_STORE, 2, 0); /* the first round stores what nobody has written yet */
        after(0, 0, cover);
        put_vector(2, 1);
        after(1, 0, 0);
        dut_command(&d, QUIN_OP_SET);
        PUT(&d, CONTROL, RD, 1);
        PUT(&d, CONTROL, RA, 1);
        PUT(&d, CONTROL, IMM, 1);
        dut_command(&d, QUIN_OP_BRANCH);
        PUT(&d, CONTROL, RA, 1);
        PUT(&d, CONTROL, IMM, 3);
        PUT(&d, CONTROL, TARGET, 1);
        if (cover)
            assert_none();
        else
            assert_conflict(1, 2);
    }
}

/* A command of more ranges than are kept apart: none of them may be forgotten, in either memory. */
static void test_many_ranges(void **state)
{
    (void)state;
    for (uint32_t row = 0; row < ROWS_MANY; row += 13)
        for (uint32_t space = 0; space < 2; space++) {
            dut_begin(&d);
            /* a word a row, far apart in both memories */
            dut_command(&d, space ? QUIN_OP_STORE : QUIN_OP_LOAD);
            PUT(&d, ANY, ROWS, ROWS_MANY);
            PUT(&d, MOVE, GROUPS, 1);
            PUT(&d, MOVE, ELEMENT, QUIN_ELEMENT_WORD);
            PUT(&d, MOVE, N, 1);
            PUT(&d, MOVE, INNER, 1);
            PUT(&d, MOVE, DRAM_OFFSET, DATA_AT);
            PUT(&d, MOVE, DRAM_ROW_STRIDE, 1024);
            PUT(&d, MOVE, SP_BASE, 1024);
            PUT(&d, MOVE, SP_ROW_STRIDE, 10);
            if (space) { /* the stream begins at the word that row `row` stores */
                put_matmul(0, 1, 0, 0);
                PUT(&d, MATMUL, DRAM_OFFSET, DATA_AT + row * 1024);
            } else { /* the operand is the word that row `row` loads */
                put_vector(0, 0);
                PUT(&d, VECTOR, A_MODE, QUIN_OPERAND_SCALAR);
                PUT(&d, VECTOR, A_BASE, 1024 + row * 10);
            }
            assert_conflict(1, 0);
        }
}

/* ---- random programs ---- */

struct access {
    uint32_t unit, sp_read, sp_write, dram_read, dram_write; /* bit masks of slots */
    int prefetch;
};

static struct access put_random(void)
{
    uint32_t a = below(SLOTS), b = (a + 1 + below(SLOTS - 1)) % SLOTS, stream = below(STREAMS);
    struct access x = {0};
    switch (below(4)) {
    case 0:
        put_move(QUIN_OP_LOAD, a, stream);
        return (struct access){.unit = QUIN_UNIT_DMA, .sp_write = 1u << a, .dram_read = 1u << stream};
    case 1:
        put_move(QUIN_OP_STORE, a, stream);
        return (struct access){.unit = QUIN_UNIT_DMA, .sp_read = 1u << a, .dram_write = 1u << stream};
    case 2:
        put_vector(b, a);
        return (struct access){.unit = QUIN_UNIT_VECTOR, .sp_read = 1u << a, .sp_write = 1u << b};
    default:
        x.prefetch = (int)below(2);
        put_matmul(b, a, stream, x.prefetch);
        x.unit = QUIN_UNIT_ARRAY;
        x.sp_read = 1u << a;
        x.sp_write = 1u << b;
        x.dram_read = 1u << stream;
        return x;
    }
}

static void test_random(void **state)
{
    enum { LENGTH = 14 };
    uint32_t bad = 0;
    (void)state;
    for (uint32_t round = 0; round < 2000; round++) {
        struct access x[LENGTH];
        uint8_t before[LENGTH][LENGTH] = {{0}}; /* before[i][j]: i has retired when j starts */
        uint32_t first = UINT32_MAX, late, early;
        uint32_t wait = below(4); /* how careful the program is */
        dut_begin(&d);
        for (uint32_t j = 0; j < LENGTH; j++) {
            x[j] = put_random();
            uint32_t w[3], seen[3] = {0};
            for (uint32_t u = 0; u < 3; u++)
                w[u] = wait == 3 ? 1 : below(4) < wait + 1 ? 1 + below(2) * below(3) : 0;
            after(w[0], w[1], w[2]);
            for (uint32_t i = j; i-- > 0;) { /* newest first */
                uint32_t u = x[i].unit, age = seen[u]++;
                before[i][j] = u == x[j].unit || (w[u] && age >= w[u] - 1);
            }
        }
        for (uint32_t k = 0; k < LENGTH; k++)
            for (uint32_t i = 0; i < LENGTH; i++)
                for (uint32_t j = 0; j < LENGTH; j++)
                    before[i][j] |= before[i][k] & before[k][j];
        for (uint32_t j = LENGTH; j-- > 0;)
            for (uint32_t i = 0; i < j; i++) {
                int sp = (x[j].sp_write & (x[i].sp_read | x[i].sp_write)) || (x[j].sp_read & x[i].sp_write);
                int dram = (x[j].dram_write & (x[i].dram_read | x[i].dram_write)) ||
                           (x[j].dram_read & x[i].dram_write);
                if (x[i].unit != x[j].unit &&
                    ((sp && !before[i][j]) || (dram && (x[j].prefetch || !before[i][j]))))
                    first = j;
            }
        uint64_t count = conflicts(&late, &early);
        if ((count > 0) != (first != UINT32_MAX) || late != first)
            fail_msg("round %u: %llu conflicts at command %u, want %u", round, (unsigned long long)count,
                     late, first);
        bad += count > 0;
    }
    assert_in_range(bad, 200, 1900); /* both kinds have come */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_device, close_device)
    const struct CMUnitTest tests[] = {
        TEST(test_pairs),    TEST(test_harmless), TEST(test_lag),         TEST(test_knowledge),
        TEST(test_prefetch), TEST(test_loop),     TEST(test_many_ranges), TEST(test_random),
        TEST(test_control_waits),
    };
    seed_start("test_hazard");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
