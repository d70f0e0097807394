/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes the script that accelerator_icarus.sv plays: everything that host and firmware write into a golden
 * device while a random model of one layer takes in a prompt and makes a token, and what the golden device
 * answers. The calls that reach the golden device are caught by the linker's --wrap. One 32-bit word a line,
 * in hexadecimal; see enum record. Usage: program CONFIG SEED TOKENS > script.hex
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract.h"
#include "device.h"
#include "engine.h"
#include "model.h"

enum record {
    RECORD_END,     /* */
    RECORD_WRITE,   /* offset, value: a register */
    RECORD_MEMORY,  /* address, words, then the words: into DRAM */
    RECORD_RUN,     /* commands, then index, command, checksum of each: what was started runs to its end */
    RECORD_COUNTER, /* offset of a register, the value it must have */
    RECORD_COMPARE  /* address, words, then the words: the DRAM must hold them */
};
enum { COMMANDS_MOST = 1 << 16 };

static struct quin_device *golden;
static struct quin_retire retired[COMMANDS_MOST];
static uint32_t count;
static int running;

struct quin_device *__real_quin_device_create(const struct quin_config *config, uint64_t dram_bytes);
void __real_quin_device_reg_write(struct quin_device *dev, uint32_t offset, uint32_t value);
int __real_quin_device_mem_write(struct quin_device *dev, uint64_t address, const void *data, size_t bytes);
struct quin_device *__wrap_quin_device_create(const struct quin_config *config, uint64_t dram_bytes);
void __wrap_quin_device_reg_write(struct quin_device *dev, uint32_t offset, uint32_t value);
int __wrap_quin_device_mem_write(struct quin_device *dev, uint64_t address, const void *data, size_t bytes);

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "program: %s: %s\n", what, why);
    exit(1);
}

static void put(uint32_t word)
{
    printf("%08x\n", (unsigned)word);
}

static void put_words(enum record kind, uint64_t address, const uint32_t *words, uint32_t n)
{
    put(kind);
    put((uint32_t)address);
    put(n);
    for (uint32_t i = 0; i < n; i++)
        put(words[i]);
}

/* ---- what reaches the golden device ---- */

static void on_retire(void *user, const struct quin_retire *record, const struct quin_cmd *cmd,
                      uint32_t error)
{
    (void)user;
    (void)cmd;
    if (error)
        fail("the golden device", quin_device_error_text(error));
    if (count == COMMANDS_MOST)
        fail("the run", "too many commands; make fewer tokens");
    retired[count++] = *record;
}

/* The golden device has the whole run behind it when the next word reaches it. */
static void put_run(void)
{
    if (!running)
        return;
    running = 0;
    put(RECORD_RUN);
    put(count);
    for (uint32_t i = 0; i < count; i++) {
        put(retired[i].index);
        put(retired[i].command);
        put(retired[i].checksum);
    }
    count = 0;
}

struct quin_device *__wrap_quin_device_create(const struct quin_config *config, uint64_t dram_bytes)
{
    golden = __real_quin_device_create(config, dram_bytes);
    if (golden)
        quin_device_set_retire_hook(golden, on_retire, NULL);
    return golden;
}

void __wrap_quin_device_reg_write(struct quin_device *dev, uint32_t offset, uint32_t value)
{
    __real_quin_device_reg_write(dev, offset, value);
    if (running && quin_device_reg_read(dev, QUIN_REG_STATUS) & QUIN_STATUS_RUNNING)
        fail("a register", "is written while a program runs; the script cannot say when");
    put_run();
    put(RECORD_WRITE);
    put(offset);
    put(value);
    running = offset == QUIN_REG_CONTROL && value & QUIN_CONTROL_START;
}

int __wrap_quin_device_mem_write(struct quin_device *dev, uint64_t address, const void *data, size_t bytes)
{
    uint32_t words[1024];
    const uint8_t *from = data;
    if (!__real_quin_device_mem_write(dev, address, data, bytes))
        return 0;
    if (address % 4 || bytes % 4)
        fail("a write into DRAM", "is no whole number of words");
    put_run();
    while (bytes) {
        size_t part = bytes < sizeof words ? bytes : sizeof words;
        memcpy(words, from, part);
        put_words(RECORD_MEMORY, address, words, (uint32_t)(part / 4));
        address += part;
        from += part;
        bytes -= part;
    }
    return 1;
}

/* ---- the end ---- */

/* Every counter that has nothing to do with time, and all of the DRAM but for what never left zero. */
static void put_results(uint64_t dram_bytes)
{
    static const uint32_t counters[] = {
#define QUIN_COUNTER(name, index, timed, doc) (timed) ? UINT32_MAX : (index),
#include "counters.def"
#undef QUIN_COUNTER
    };
    uint32_t words[1024];
    put_run();
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) {
        if (counters[i] == UINT32_MAX)
            continue;
        put(RECORD_COUNTER);
        put(QUIN_REG_COUNTER + 8 * counters[i]);
        put(quin_device_reg_read(golden, QUIN_REG_COUNTER + 8 * counters[i]));
    }
    for (uint64_t at = 0; at < dram_bytes; at += sizeof words) {
        size_t n = dram_bytes - at < sizeof words ? dram_bytes - at : sizeof words;
        if (!quin_device_mem_read(golden, at, words, n))
            fail("the DRAM", "ends early");
        put_words(RECORD_COMPARE, at, words, (uint32_t)(n / 4));
    }
    put(RECORD_END);
}

int main(int argc, char **argv)
{
    static const struct quin_hyper hyper = {
        .arch = "bitnet", .vocab = 44, .dim = 32, .layers = 1, .heads = 2, .kv_heads = 1, .head_size = 32,
        .ffn = 48, .context = 16, .rms_eps = 1e-5f, .rope_base = 10000, .rope_dims = 32,
        .activation = QUIN_ACTIVATION_SILU, .tied_head = true, .attn_sub_norm = true, .ffn_sub_norm = true};
    struct quin_msg msg = {""};
    struct quin_model *model;
    struct quin_engine *engine;
    uint32_t tokens[16], best = 0;
    size_t n = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
    if (!n || n >= sizeof tokens / sizeof tokens[0])
        fail("usage", "program CONFIG SEED TOKENS, with 1 to 15 tokens");
    struct quin_engine_options options = quin_engine_defaults();
    options.config = argv[1];
    if (quin_model_random(&hyper, strtoull(argv[2], NULL, 0), &model, &msg))
        fail("the model", msg.text);
    if (quin_engine_open_model(model, &options, NULL, &engine, &msg))
        fail("the engine", msg.text);
    for (size_t i = 0; i < n; i++)
        tokens[i] = (uint32_t)(i * 7919 + 13) % (uint32_t)hyper.vocab;
    if (quin_engine_clear_counters(engine, &msg) ||
        quin_engine_feed(engine, 0, 0, tokens, n, false, NULL, &best, &msg) ||
        quin_engine_feed(engine, 0, (uint32_t)n, &best, 1, false, NULL, &best, &msg))
        fail("a run", msg.text);
    put_results(quin_engine_layout(engine)->dram_bytes);
    fprintf(stderr, "%llu bytes of DRAM, token %u\n",
            (unsigned long long)quin_engine_layout(engine)->dram_bytes, (unsigned)best);
    quin_engine_close(engine);
    quin_model_free(model);
    return 0;
}
