// SPDX-License-Identifier: Apache-2.0
// Bench of rtl/soc with the real firmware on the RV32 core: its register writes and completions against those of the
// same source compiled for this machine beside the golden device, DRAM beyond 4 GiB and across a page of the aperture,
// refusals, doorbells in the middle of a run, memory errors and lost answers, both watchdogs. SEED=n replays a run.
#include "soc_bench.h"

#include <algorithm>

namespace {

constexpr uint64_t DESC_AT = 0x17fffffc0; // its last 72 bytes are in the next page of the aperture
constexpr uint64_t SQ_AT = 0x123456000, TOKENS_AT = 0x90000001, PROGRAM_AT = 0x400000, LOOP_AT = 0x500000;
constexpr uint64_t BEST_AT = 0x140000008;
constexpr uint32_t SQ_ENTRIES = 16, VOCAB = 1000, TOKENS = 64;
constexpr uint32_t NONE = 0xffffffff;
constexpr uint64_t DOG = 1 << QUIN_TEST_WATCHDOG_BITS; // cycles of the core's watchdog in this build
constexpr uint64_t LONG = 200000;

quin_cmd command(uint32_t op, uint32_t rd = 0, uint32_t ra = 0, uint64_t imm = 0, uint32_t sub = 0, uint32_t target = 0)
{
    quin_cmd c{};
    quin_cmd_set(&c, QUIN_F_ANY_OPCODE, op);
    if (op != QUIN_OP_END) {
        quin_cmd_set(&c, QUIN_F_CONTROL_RD, rd);
        quin_cmd_set(&c, QUIN_F_CONTROL_RA, ra);
        quin_cmd_set(&c, QUIN_F_CONTROL_IMM, imm);
        quin_cmd_set(&c, QUIN_F_CONTROL_OP, sub);
        quin_cmd_set(&c, QUIN_F_CONTROL_TARGET, target);
    }
    return c;
}

quin_model_desc model(const quin_config *config)
{
    quin_model_desc d{};
    d.magic = QUIN_DESC_MAGIC;
    d.version = QUIN_CONTRACT_VERSION;
    d.rows = config->rows;
    d.stream_bytes = config->stream_bytes;
    d.scratchpad = config->scratchpad_words;
    d.vocab = VOCAB;
    d.context = 64;
    d.slots = 5;
    d.prefill_rows = d.decode_rows = config->rows;
    d.prefill_length = d.decode_length = 1;
    d.prefill = d.decode = PROGRAM_AT;
    d.kv = 0x160000040;
    d.slot_bytes = 0x123456780;
    d.logits = 0x1500000c0;
    d.best = BEST_AT;
    d.token_bytes = 0xfff1;
    d.rope_bytes = 0x1234;
    d.k_tile_positions = 8;
    d.k_tile_bytes = 0x1230;
    d.k_value_bytes = 12;
    d.k_scale_offset = 0x1111;
    d.v_position_bytes = 0x345;
    d.best_blocks = 3;
    d.best_block_tokens = 334;
    d.command_limit = 1000000;
    return d;
}

struct Bench {
    Verdict verdict;
    Random random{seed_from_environment()};
    const quin_config *config = quin_config_find("tiny");
    Soc soc;
    Golden golden{config};
    uint32_t sq_tail = 0;

    explicit Bench(const quin_dram_params &params) : soc(&verdict, params) {}

    // What the host writes goes to both.
    void put(uint64_t at, const void *data, size_t bytes)
    {
        memcpy(soc.memory + at, data, bytes);
        quin_device_mem_write(golden.device, at, data, bytes);
    }
    void reg(uint32_t offset, uint32_t value)
    {
        soc.write(offset, value);
        quin_device_reg_write(golden.device, offset, value);
    }
    void reg64(uint32_t offset, uint64_t value)
    {
        reg(offset, uint32_t(value));
        reg(offset + 4, uint32_t(value >> 32));
    }

    void set_up()
    {
        const quin_cmd end = command(QUIN_OP_END);
        // about 30 cycles a turn
        const quin_cmd loop[4] = {command(QUIN_OP_SET, 8, 0, 2000), command(QUIN_OP_SET, 8, 8, 1, QUIN_SET_OP_SUB),
                                  command(QUIN_OP_BRANCH, 0, 8, 1, QUIN_BRANCH_OP_GE, 1), end};
        const quin_model_desc d = model(config);
        put(PROGRAM_AT, &end, sizeof end);
        put(LOOP_AT, loop, sizeof loop);
        put(DESC_AT, &d, sizeof d);
        for (uint32_t i = 0; i < TOKENS; i++) {
            uint32_t token = random.percent(4) ? VOCAB + random.below(3) : random.below(VOCAB);
            put(TOKENS_AT + 4 * i, &token, 4);
        }
        for (uint32_t i = 0; i < config->rows * d.best_blocks; i++) {
            uint32_t pair[2] = {random.next(), random.below(d.best_block_tokens)};
            put(BEST_AT + 8 * i, pair, sizeof pair);
        }
        memset(soc.memory + CQ_AT, 0xa5, CQ_MAX * sizeof(quin_completion));
        reg64(QUIN_REG_SQ_ADDRESS, SQ_AT);
        reg(QUIN_REG_SQ_ENTRIES, SQ_ENTRIES);
        reg64(QUIN_REG_CQ_ADDRESS, CQ_AT);
        reg(QUIN_REG_CQ_ENTRIES, CQ_MAX);
        reg64(QUIN_REG_MODEL_ADDRESS, DESC_AT);
        reg64(QUIN_REG_WINDOW, 0);
        reg64(QUIN_REG_WINDOW + 8, DRAM_BYTES);
        reg(QUIN_REG_WINDOW + 16, QUIN_WINDOW_READ | QUIN_WINDOW_WRITE);
    }

    void push(const quin_submission &sub) { put(SQ_AT + sq_tail++ % SQ_ENTRIES * sizeof sub, &sub, sizeof sub); }
    void ring() { reg(QUIN_REG_SQ_TAIL, sq_tail); }

    void enable(uint32_t state, const char *what)
    {
        soc.write(QUIN_REG_DEVICE_CONTROL, QUIN_DEVICE_ENABLE);
        soc.wait(QUIN_REG_DEVICE_STATE, state, LONG, what);
    }
    void disable(const char *what)
    {
        soc.write(QUIN_REG_DEVICE_CONTROL, 0);
        soc.wait(QUIN_REG_DEVICE_STATE, QUIN_STATE_RESET, LONG, what);
    }

    // One submission to the device alone, and its only completion.
    quin_completion ask(const quin_submission &sub, uint64_t most = LONG)
    {
        size_t before = soc.completions.size();
        memcpy(soc.memory + SQ_AT + sq_tail++ % SQ_ENTRIES * sizeof sub, &sub, sizeof sub);
        soc.write(QUIN_REG_SQ_TAIL, sq_tail);
        if (!soc.wait_completions(before + 1, most))
            return {};
        soc.write(QUIN_REG_CQ_HEAD, uint32_t(soc.completions.size()));
        return soc.newest();
    }
    void expect(const quin_submission &sub, uint32_t status, const char *what, uint64_t most = LONG)
    {
        quin_completion c = ask(sub, most);
        verdict.check(c.status == status && c.id == sub.id && c.slot == sub.slot, "%s: status %u, id %u, slot %u", what, c.status,
                      c.id, c.slot);
    }

    static quin_submission make(uint32_t code, uint32_t slot, uint32_t count, uint32_t generate, uint32_t id)
    {
        quin_submission s{};
        s.code = code;
        s.id = id;
        s.slot = slot;
        s.tokens = 0x700000; // zeros
        s.count = count;
        s.generate = generate;
        s.stop = NONE;
        return s;
    }

    // ---- the host's port, while the core polls and waits for doorbells ----
    void host_port()
    {
        verdict.where = "host port";
        std::vector<uint32_t> shadow(4);
        for (int i = 0; i < 4000; i++) {
            uint32_t w = random.below(4), at = QUIN_REG_WINDOW + 24 + 4 * w;
            if (random.percent(40)) {
                shadow[w] = random.next();
                soc.write(at, shadow[w]);
            } else {
                uint32_t seen = soc.read(at);
                verdict.check(seen == shadow[w], "window word %u is 0x%x and not 0x%x", w, seen, shadow[w]);
            }
            if (random.percent(20))
                verdict.check(soc.read(QUIN_REG_ID) == QUIN_DEVICE_ID && soc.read(QUIN_REG_ROWS) == config->rows, "identity");
            if (random.percent(20))
                soc.run(random.below(40));
        }
        for (uint32_t w = 0; w < 4; w++)
            soc.write(QUIN_REG_WINDOW + 24 + 4 * w, 0);
    }

    // ---- refusals ----
    void refusals()
    {
        verdict.where = "refusal";
        const quin_model_desc good = soc.load<quin_model_desc>(DESC_AT);
        const size_t fields[] = {offsetof(quin_model_desc, magic), offsetof(quin_model_desc, rows),
                                 offsetof(quin_model_desc, slots), offsetof(quin_model_desc, best_block_tokens)};
        for (size_t f : fields) {
            memset(soc.memory + DESC_AT + f, 0, 4); // the last field lies in the other page
            refuse("a field is 0");
            memcpy(soc.memory + DESC_AT, &good, sizeof good);
        }
        quin_dram_set_error(soc.dram, DESC_AT, DESC_AT + 64);
        refuse("the memory says SLVERR");
        quin_dram_set_error(soc.dram, 0, 0);
        const uint64_t nowhere[] = {DRAM_BYTES, DRAM_BYTES + DESC_AT, uint64_t(1) << 40 | DESC_AT, 0 - uint64_t(64)};
        for (uint64_t at : nowhere) {
            soc.write(QUIN_REG_MODEL_ADDRESS, uint32_t(at));
            soc.write(QUIN_REG_MODEL_ADDRESS + 4, uint32_t(at >> 32));
            refuse("the descriptor lies beyond the DRAM");
        }
        soc.write(QUIN_REG_MODEL_ADDRESS, uint32_t(DESC_AT));
        soc.write(QUIN_REG_MODEL_ADDRESS + 4, uint32_t(DESC_AT >> 32));
        soc.writes.clear();
    }
    void refuse(const char *what)
    {
        enable(QUIN_STATE_REFUSED, what);
        verdict.check(soc.read(QUIN_REG_FIRMWARE_ERROR) == QUIN_DERR_MODEL, "%s: another error", what);
        disable(what);
        verdict.check(soc.read(QUIN_REG_FIRMWARE_ERROR) == QUIN_DERR_NONE, "%s: the error stays", what);
    }

    // ---- submissions in bursts, compared write by write ----
    quin_submission any(uint32_t id)
    {
        quin_submission s = make(random.percent(85) ? QUIN_SUBMIT_GENERATE : random.below(3), random.below(6), random.below(6),
                                 random.below(5), id);
        const uint64_t odd[] = {DRAM_BYTES + 5, uint64_t(0xff) << 33, uint64_t(3) << 40};
        s.flags = random.below(4);
        s.logits = uint64_t(random.next()) << 4;
        s.tokens = TOKENS_AT + (random.percent(50) ? 4 * random.below(TOKENS - 8) : random.below(4 * TOKENS - 32));
        if (random.percent(10))
            s.tokens = odd[random.below(3)];
        s.position = random.percent(50) ? 0 : random.below(12);
        if (random.percent(5))
            s.generate = 70;
        if (random.percent(20))
            s.stop = random.below(VOCAB);
        return s;
    }

    void compare(const char *what)
    {
        size_t n = std::min(soc.writes.size(), golden.writes.size()), i = 0;
        while (i < n && soc.writes[i] == golden.writes[i])
            i++;
        verdict.check(i == golden.writes.size() && i == soc.writes.size(),
                      "%s: write %zu of %zu (golden %zu) is 0x%x = 0x%x, golden 0x%x = 0x%x", what, i, soc.writes.size(),
                      golden.writes.size(), i < soc.writes.size() ? soc.writes[i].offset : 0,
                      i < soc.writes.size() ? soc.writes[i].value : 0, i < n ? golden.writes[i].offset : 0,
                      i < n ? golden.writes[i].value : 0);
        verdict.check(soc.completions.size() == golden.completions.size() &&
                          !memcmp(soc.completions.data(), golden.completions.data(),
                                  golden.completions.size() * sizeof(quin_completion)),
                      "%s: completions differ", what);
        soc.writes.clear();
        golden.writes.clear();
    }

    void bursts(int count)
    {
        verdict.where = "bursts";
        reg(QUIN_REG_DEVICE_CONTROL, QUIN_DEVICE_ENABLE);
        golden.settle();
        soc.wait(QUIN_REG_DEVICE_STATE, QUIN_STATE_SERVING, LONG, "enable");
        compare("enable");
        uint64_t start = soc.now;
        for (int i = 0; i < count && verdict.failures == 0; i++) {
            for (uint32_t k = 1 + random.below(8); k; k--)
                push(any(sq_tail * 7 + 1));
            ring();
            golden.settle();
            soc.wait_completions(golden.completions.size(), 10 * LONG);
            soc.run(3000);
            compare("burst");
            verdict.check(soc.read(QUIN_REG_SQ_HEAD) == sq_tail, "SQ_HEAD");
            verdict.check(soc.read(QUIN_REG_IRQ_STATUS) == 1 && !soc.top->irq_o, "IRQ_STATUS and a masked interrupt");
            soc.write(QUIN_REG_IRQ_ENABLE, 1);
            soc.run(2); // a write counts two cycles later
            verdict.check(soc.top->irq_o, "no interrupt");
            reg(QUIN_REG_CQ_HEAD, uint32_t(golden.completions.size()));
            soc.run(2);
            verdict.check(!soc.top->irq_o, "the interrupt stays");
            soc.write(QUIN_REG_IRQ_ENABLE, 0);
        }
        printf("%zu completions in %lu cycles; %lu from run to run\n", soc.completions.size(), soc.now - start,
               soc.gap / (soc.gaps + !soc.gaps));
    }

    // ---- errors that are documented, named one by one ----
    void errors()
    {
        verdict.where = "errors";
        expect(make(QUIN_SUBMIT_NOP, 0, 0, 0, 1), QUIN_DERR_NONE, "NOP");
        expect(make(QUIN_SUBMIT_NOP, 5, 0, 0, 2), QUIN_DERR_SUBMISSION, "unknown slot");
        expect(make(99, 1, 1, 0, 3), QUIN_DERR_SUBMISSION, "unknown code");
        expect(make(QUIN_SUBMIT_GENERATE, 1, 0, 0, 4), QUIN_DERR_SUBMISSION, "no tokens");
        expect(make(QUIN_SUBMIT_GENERATE, 1, 60, 6, 5), QUIN_DERR_CONTEXT, "beyond the context");
        expect(make(QUIN_SUBMIT_GENERATE, 1, 3, 0, 6), QUIN_DERR_NONE, "three tokens");
        verdict.check(soc.newest().position == 3, "position %u after three tokens", soc.newest().position);
        quin_submission s = make(QUIN_SUBMIT_GENERATE, 1, 1, 0, 7);
        const uint8_t bytes[] = {0xff, 0x01, 0x00, 0x00, 0x00, 0xff}; // the token 1 at an odd address
        memcpy(soc.memory + 0x7ffffffe, bytes, sizeof bytes);         // across a page of the aperture
        s.tokens = 0x7fffffff;
        expect(s, QUIN_DERR_NONE, "a token at an odd address");
        verdict.check(soc.read(QUIN_REG_ROWREG) == 0xfff1, "its row register");
        s.tokens++;
        s.id = 8;
        const uint8_t large[] = {0xff, 0x00, 0x00, 0x10, 0x00};
        memcpy(soc.memory + 0x7fffffff, large, sizeof large);
        expect(s, QUIN_DERR_SUBMISSION, "a token beyond the vocabulary");
    }

    void use_program(uint64_t at, uint32_t length, uint32_t limit)
    {
        quin_model_desc d = model(config);
        d.decode = d.prefill = at;
        d.decode_length = d.prefill_length = length;
        d.command_limit = limit;
        disable("another program");
        memcpy(soc.memory + DESC_AT, &d, sizeof d);
        enable(QUIN_STATE_SERVING, "another program");
        soc.completions.resize(soc.read(QUIN_REG_CQ_TAIL));
    }

    // ---- doorbells in the middle of a run ----
    void doorbells()
    {
        verdict.where = "doorbells";
        use_program(LOOP_AT, 4, 0xffffffff);
        uint64_t start = soc.now;
        expect(make(QUIN_SUBMIT_GENERATE, 2, 1, 0, 20), QUIN_DERR_NONE, "a long run");
        uint64_t took = soc.now - start;
        verdict.check(took > 20000, "the loop took only %lu cycles", took);
        verdict.check(soc.announced - soc.ended < 4000, "the core saw the run's end %lu cycles late", soc.announced - soc.ended);
        size_t before = soc.completions.size();
        const quin_submission subs[3] = {make(QUIN_SUBMIT_GENERATE, 2, 1, 0, 21), make(QUIN_SUBMIT_NOP, 3, 0, 0, 22),
                                         make(QUIN_SUBMIT_GENERATE, 3, 1, 0, 23)};
        for (const quin_submission &s : subs) {
            memcpy(soc.memory + SQ_AT + sq_tail++ % SQ_ENTRIES * sizeof s, &s, sizeof s);
            soc.write(QUIN_REG_SQ_TAIL, sq_tail);
            soc.run(5000); // the run of the first one is under way
        }
        verdict.check(soc.read(QUIN_REG_STATUS) == QUIN_STATUS_RUNNING, "no run is under way");
        if (soc.wait_completions(before + 3, 4 * took))
            for (int i = 0; i < 3; i++)
                verdict.check(soc.completions[before + i].id == subs[i].id && !soc.completions[before + i].status,
                              "completion %d has id %u, status %u", i, soc.completions[before + i].id,
                              soc.completions[before + i].status);
        soc.write(QUIN_REG_CQ_HEAD, uint32_t(soc.completions.size()));

        const quin_submission s = make(QUIN_SUBMIT_GENERATE, 2, 1, 0, 24);
        memcpy(soc.memory + SQ_AT + sq_tail++ % SQ_ENTRIES * sizeof s, &s, sizeof s);
        soc.write(QUIN_REG_SQ_TAIL, sq_tail);
        soc.run(8000);
        soc.write(QUIN_REG_DEVICE_CONTROL, 0);
        soc.wait(QUIN_REG_DEVICE_STATE, QUIN_STATE_RESET, 3000, "ENABLE is taken back in the middle of a run");
        verdict.check(!(soc.read(QUIN_REG_STATUS) & QUIN_STATUS_RUNNING), "the run goes on");
        use_program(LOOP_AT, 4, 100);
        expect(make(QUIN_SUBMIT_GENERATE, 2, 1, 0, 25), QUIN_DERR_LIMIT, "too many commands");
        use_program(PROGRAM_AT, 1, 0xffffffff);
        expect(make(QUIN_SUBMIT_GENERATE, 2, 1, 0, 26), QUIN_DERR_NONE, "usable after");
    }

    // ---- a small completion ring holds the firmware up, and CQ_HEAD lets it go on ----
    void ring_full()
    {
        verdict.where = "full ring";
        disable("full ring");
        soc.write(QUIN_REG_CQ_ENTRIES, soc.cq_entries = 2);
        enable(QUIN_STATE_SERVING, "full ring");
        size_t before = soc.completions.size();
        const quin_submission s = make(QUIN_SUBMIT_GENERATE, 0, 1, 6, 30);
        memcpy(soc.memory + SQ_AT + sq_tail++ % SQ_ENTRIES * sizeof s, &s, sizeof s);
        soc.write(QUIN_REG_SQ_TAIL, sq_tail);
        for (size_t i = 1; i <= 6; i++) {
            soc.wait_completions(before + i, LONG);
            soc.run(4000);
            verdict.check(soc.completions.size() == before + i, "the ring runs over: %zu", soc.completions.size() - before);
            soc.write(QUIN_REG_CQ_HEAD, uint32_t(soc.completions.size()));
        }
        verdict.check(soc.newest().flags == 0, "the last one says MORE");
        disable("full ring");
        soc.write(QUIN_REG_CQ_ENTRIES, soc.cq_entries = CQ_MAX);
        enable(QUIN_STATE_SERVING, "full ring");
    }

    // ---- a run that stands still: the firmware ends it ----
    void stuck_run()
    {
        verdict.where = "stuck run";
        soc.lose_fetches = QUIN_COMMAND_BYTES / 4; // a whole command
        expect(make(QUIN_SUBMIT_GENERATE, 0, 1, 0, 40), QUIN_DERR_WATCHDOG, "a command that never comes");
        verdict.check(soc.lose_fetches == 0, "nothing was lost");
    }

    // ---- a core that stands still: its watchdog resets it ----
    void after_reset(const char *what)
    {
        uint64_t start = soc.now;
        soc.wait(QUIN_REG_FIRMWARE_ERROR, QUIN_DERR_WATCHDOG, 3 * DOG, what);
        verdict.check(soc.now - start < DOG + 10000, "%s: %lu cycles", what, soc.now - start);
        soc.run(2 * DOG);
        verdict.check(soc.read(QUIN_REG_DEVICE_STATE) == QUIN_STATE_RESET, "%s: it serves by itself", what);
        verdict.check(soc.read(QUIN_REG_FIRMWARE_ERROR) == QUIN_DERR_WATCHDOG, "%s: the error went away", what);
        verdict.check(!(soc.read(QUIN_REG_STATUS) & QUIN_STATUS_RUNNING), "%s: a run is under way", what);
        soc.write(QUIN_REG_DEVICE_CONTROL, 0);
        soc.run(3000);
    }
    void usable(const char *what)
    {
        enable(QUIN_STATE_SERVING, what);
        verdict.check(soc.read(QUIN_REG_FIRMWARE_ERROR) == QUIN_DERR_NONE, "%s: the error stays", what);
        soc.completions.resize(soc.read(QUIN_REG_CQ_TAIL));
        expect(make(QUIN_SUBMIT_GENERATE, 4, 2, 0, 50), QUIN_DERR_NONE, what);
        expect(make(99, 4, 2, 0, 51), QUIN_DERR_SUBMISSION, what);
    }

    void core_watchdog()
    {
        verdict.where = "watchdog";
        disable("silence");
        quin_dram_set_silent(soc.dram, 1);
        soc.write(QUIN_REG_DEVICE_CONTROL, QUIN_DEVICE_ENABLE);
        after_reset("a silent memory");
        quin_dram_set_silent(soc.dram, 0); // its late answer meets nobody
        usable("after a silent memory");

        disable("lost read");
        soc.lose_core_reads = 1;
        soc.write(QUIN_REG_DEVICE_CONTROL, QUIN_DEVICE_ENABLE);
        after_reset("a lost read");
        usable("after a lost read");

        const quin_submission s = make(QUIN_SUBMIT_NOP, 0, 0, 0, 60);
        soc.lose_core_answers = 1;
        memcpy(soc.memory + SQ_AT + sq_tail++ % SQ_ENTRIES * sizeof s, &s, sizeof s);
        soc.write(QUIN_REG_SQ_TAIL, sq_tail);
        after_reset("a lost answer to a write");
        usable("after a lost answer");

        // silence under a run: neither the run nor the completion that says so gets through
        use_program(LOOP_AT, 4, 0xffffffff);
        const quin_submission g = make(QUIN_SUBMIT_GENERATE, 0, 1, 0, 61);
        memcpy(soc.memory + SQ_AT + sq_tail++ % SQ_ENTRIES * sizeof g, &g, sizeof g);
        soc.write(QUIN_REG_SQ_TAIL, sq_tail);
        for (uint64_t start = soc.now; soc.now - start < LONG; soc.tick())
            if (soc.top->obs_reg_we_o && soc.top->obs_reg_addr_o == QUIN_REG_CONTROL)
                break;
        quin_dram_set_silent(soc.dram, 1);
        soc.wait(QUIN_REG_FIRMWARE_ERROR, QUIN_DERR_WATCHDOG, 10 * DOG, "silence under a run");
        verdict.check(soc.read(QUIN_REG_STATUS) & QUIN_STATUS_RUNNING, "the run has ended without its command");
        quin_dram_set_silent(soc.dram, 0);
        soc.run(5000);
        verdict.check(!(soc.read(QUIN_REG_STATUS) & QUIN_STATUS_RUNNING), "the aborted run goes on");
        disable("silence under a run");
        soc.run(3000);
        use_program(PROGRAM_AT, 1, 0xffffffff);
        usable("after silence under a run");

        soc.run(10 * DOG); // the idle firmware keeps the watchdog quiet
        verdict.check(soc.read(QUIN_REG_DEVICE_STATE) == QUIN_STATE_SERVING, "an idle core was reset");
    }
};

int run(const char *name, const quin_dram_params &params, int count)
{
    Bench bench(params);
    bench.set_up();
    bench.host_port();
    bench.refusals();
    bench.bursts(count);
    bench.errors();
    bench.doorbells();
    bench.ring_full();
    bench.core_watchdog();
    bench.stuck_run();
    printf("%s: %lu checks, %lu failed, %lu cycles\n", name, bench.verdict.checks, bench.verdict.failures, bench.soc.now);
    return bench.verdict.failures != 0;
}

} // namespace

int main(int argc, char **argv)
{
    setvbuf(stdout, nullptr, _IOLBF, 0);
    int count = argc > 1 && !strcmp(argv[1], "--all") ? 300 : 12;
    quin_dram_params fast = quin_dram_ideal(4), slow = quin_dram_ddr3(4);
    slow.seed = fast.seed = seed_from_environment();
    slow.stall_percent = 40;
    slow.interleave = 1;
    return run("fast memory", fast, count) | run("slow memory", slow, count);
}
