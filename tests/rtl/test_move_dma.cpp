// SPDX-License-Identifier: Apache-2.0
// Bench of rtl/mem: move DMA, arbiter and scratchpad against LOAD and STORE of the golden device, for five pairs of
// bus and line width: both memories, checksum, byte counts, error and its address, on random commands with random
// back-pressure, while two other clients use the scratchpad. SEED=n replays a run, argument --all runs longer.
#include <verilated.h>

#include "Vmove_dma_top.h"
#include "axi_bench.h"

extern "C" {
#include "golden_move.h"
}

namespace {

constexpr uint32_t SP_WORDS = 2048;            // as in move_dma_top.sv
constexpr uint32_t OTHERS = 256;               // words below belong to the other clients
constexpr uint32_t DRAM = 128 << 10;
constexpr uint32_t BUS[5] = {2, 4, 8, 16, 8}, LINE[5] = {4, 4, 4, 4, 16};
constexpr uint64_t NOWHERE = (uint64_t(1) << 40) - 64; // from here on no window grants anything
enum { ERROR_NONE = 0, ERROR_FIELD = 2 };      // errors.def

struct Bench {
    Vmove_dma_top *top = new Vmove_dma_top;
    Random random{seed_from_environment()};
    Verdict verdict;
    AxiChecker checker{&verdict};
    golden *model = golden_create(SP_WORDS, DRAM);
    std::vector<uint8_t> memory = std::vector<uint8_t>(DRAM);
    quin_dram *dram = nullptr;
    quin_dram_axi axi{};
    uint32_t bus = 8, line = 4, others_percent = 0;
    uint64_t now = 0, loaded = 0, stored = 0;
    golden_move move{};
    std::vector<uint32_t> others = std::vector<uint32_t>(OTHERS);
    static constexpr uint32_t READ_CYCLES = 3;  // port B, docs/rtl.md
    uint32_t array_asked = 0;                   // a bit a cycle, this one's the lowest
    uint32_t array_line[READ_CYCLES] = {};
    uint64_t count[16] = {};

    ~Bench()
    {
        quin_dram_destroy(dram);
        golden_destroy(model);
        delete top;
    }

    void start(uint32_t k, quin_dram_params params)
    {
        quin_dram_destroy(dram);
        bus = BUS[k];
        line = LINE[k];
        params.bus_bytes = bus;
        params.seed = random.next();
        dram = quin_dram_create(&params, memory.data(), DRAM);
        axi = {};
        checker.reset();
        checker.bus_bytes = bus;
        top->select_i = k;
        top->rst_ni = 0;
        top->job_valid_i = top->a_req_i = top->array_req_i = top->drain_req_i = 0;
        array_asked = 0;
        for (int i = 0; i < 4; i++) {
            top->clk_i = 0;
            top->eval();
            top->clk_i = 1;
            top->eval();
        }
        top->rst_ni = 1;
        set_windows({{0, 4096, 1}, {4096, 64 << 10, 3}, {64 << 10, 96 << 10, 1}, {100 << 10, DRAM + 8192, 3}});
        fill();
    }

    void set_windows(const std::vector<Window> &w)
    {
        checker.windows = w;
        put_windows(top->windows_i, w);
        for (uint32_t i = 0; i < w.size(); i++)
            golden_window(model, i, w[i].base, w[i].limit, w[i].rights);
    }

    // ---- the scratchpad through port A ----
    void write_line(uint32_t at, const uint32_t *words)
    {
        top->a_req_i = top->a_we_i = 1;
        top->a_addr_i = at;
        memset(&top->a_wstrb_i, 0xff, sizeof top->a_wstrb_i);
        memcpy(&top->a_wdata_i, words, 4 * line);
        cycle();
        top->a_req_i = 0;
    }

    // Ends the traffic of the other clients; it begins again with the next job.
    void quiet()
    {
        others_percent = 0;
        cycle();
        while (top->array_req_i || top->drain_req_i)
            cycle();
    }

    // The golden memories go into the RTL's.
    void sync()
    {
        memcpy(memory.data(), golden_dram(model), DRAM);
        for (uint32_t i = 0; i < SP_WORDS / line; i++)
            write_line(i, golden_scratchpad(model) + i * line);
        memcpy(others.data(), golden_scratchpad(model), others.size() * 4);
    }

    void fill()
    {
        for (uint32_t i = 4096; i < DRAM; i++)
            golden_dram(model)[i] = uint8_t(random.next());
        for (uint32_t i = 0; i < SP_WORDS; i++)
            golden_scratchpad(model)[i] = random.next();
        sync();
    }

    void compare()
    {
        quiet();
        memcpy(golden_scratchpad(model), others.data(), others.size() * 4);
        for (uint32_t i = 0; i <= SP_WORDS / line; i++) {
            top->a_req_i = i < SP_WORDS / line;
            top->a_we_i = 0;
            top->a_addr_i = i;
            cycle();
            if (i == 0)
                continue;
            verdict.check(last_rvalid, "port A does not answer");
            const uint32_t *want = golden_scratchpad(model) + (i - 1) * line;
            if (memcmp(want, last_rdata, 4 * line))
                for (uint32_t w = 0; w < line; w++)
                    verdict.check(want[w] == last_rdata[w], "scratchpad word %u: %08x instead of %08x",
                                  (i - 1) * line + w, last_rdata[w], want[w]);
        }
        top->a_req_i = 0;
        const uint8_t *want = golden_dram(model);
        if (memcmp(want, memory.data(), DRAM))
            for (uint32_t i = 0; i < DRAM; i++)
                verdict.check(want[i] == memory[i], "DRAM byte %x: %02x instead of %02x", i, memory[i], want[i]);
    }
    bool last_rvalid = false;
    uint32_t last_rdata[16];

    // ---- the arbiter's other clients: reads are compared, writes are remembered ----
    void drive_others()
    {
        uint32_t half = uint32_t(others.size()) / 2;
        if (!top->array_req_i) {
            top->array_req_i = random.percent(others_percent);
            top->array_addr_i = random.below(half) / line;
        }
        if (!top->drain_req_i && random.percent(others_percent)) {
            top->drain_req_i = 1;
            top->drain_addr_i = (half + random.below(half)) / line;
            for (uint32_t i = 0; i < 4 * line; i++) {
                put_bits(top->drain_wdata_i, 8 * i, 8, random.next());
                put_bits(top->drain_wstrb_i, i, 1, random.next());
            }
        }
    }

    void check_others()
    {
        bool asked = array_asked >> (READ_CYCLES - 1) & 1;
        uint32_t asked_line = array_line[now % READ_CYCLES];
        verdict.check(top->array_rvalid_o == asked, "array_rvalid_o %d", top->array_rvalid_o);
        if (asked)
            verdict.check(!memcmp(&others[asked_line * line], &top->b_rdata_o, 4 * line),
                          "the array's line %u is wrong", asked_line);
        array_asked = array_asked << 1 | (top->array_req_i && top->array_gnt_o);
        array_line[now % READ_CYCLES] = top->array_addr_i;
        if (top->drain_req_i && top->drain_gnt_o) {
            uint8_t *at = reinterpret_cast<uint8_t *>(&others[top->drain_addr_i * line]);
            const uint8_t *data = reinterpret_cast<const uint8_t *>(&top->drain_wdata_i);
            for (uint32_t i = 0; i < 4 * line; i++)
                if (reinterpret_cast<const uint8_t *>(&top->drain_wstrb_i)[i / 8] >> i % 8 & 1)
                    at[i] = data[i];
        }
    }

    uint64_t row_address(uint32_t r) const
    {
        uint64_t a = move.offset + r * move.row_stride + (r < 64 ? move.row_address[r] : 0);
        return a < NOWHERE ? a : NOWHERE | (a & 63);
    }

    void cycle()
    {
        now++;
        read_into_top(top, axi);
        write_into_top(top, axi);
        drive_others();
        top->clk_i = 0;
        top->eval();
        top->row_address_i = row_address(top->row_o);
        top->row_ready_i = !random.percent(25);
        top->eval();
        read_from_top(top, axi);
        write_from_top(top, axi);
        checker.cycle(axi);
        check_others();
        loaded += top->load_bytes_o;
        stored += top->store_bytes_o;
        last_rvalid = top->a_rvalid_o;
        memcpy(last_rdata, &top->a_rdata_o, sizeof last_rdata);
        bool array_taken = top->array_gnt_o, drain_taken = top->drain_gnt_o;
        quin_dram_tick(dram, &axi);
        top->clk_i = 1;
        top->eval();
        if (array_taken)
            top->array_req_i = 0;
        if (drain_taken)
            top->drain_req_i = 0;
    }

    // Gives the job and waits for its end; returns the cycles, 0 if it did not end.
    uint64_t run_rtl(uint64_t limit)
    {
        top->job_store_i = move.store;
        top->job_rows_i = move.rows;
        top->job_groups_i = move.groups;
        top->job_n_i = move.n;
        top->job_element_i = move.element;
        top->job_inner_i = move.inner;
        top->job_group_stride_i = move.group_stride;
        top->job_outer_stride_i = move.outer_stride;
        top->job_sp_base_i = move.sp_base;
        top->job_sp_row_i = move.sp_row;
        top->job_sp_group_i = move.sp_group;
        loaded = stored = 0;
        verdict.check(top->job_ready_o, "not ready for a job");
        top->job_valid_i = 1;
        uint64_t begin = now;
        cycle();
        top->job_valid_i = 0;
        while (!top->done_o) {
            if (now - begin > limit)
                return 0;
            cycle();
        }
        return now - begin;
    }

    uint64_t run()
    {
        golden_result want = golden_run(model, &move);
        memcpy(memory.data(), golden_dram(model), 4096); // the program
        uint64_t cycles = run_rtl(200000);
        if (!cycles) {
            verdict.check(false, "the job does not end");
            exit(1);
        }
        uint32_t error = top->done_error_o, checksum = top->done_checksum_o;
        uint64_t address = top->done_address_o;
        count[error]++;
        verdict.check(error == want.error, "error %u instead of %u", error, want.error);
        if (want.error && want.error != ERROR_FIELD && want.error_address < NOWHERE)
            verdict.check(address == want.error_address, "error %u at %llx instead of %llx", error,
                          (unsigned long long)address, (unsigned long long)want.error_address);
        const char *text;
        uint64_t breaches = quin_dram_breaches(dram, &text);
        verdict.check(!breaches, "memory: %s", text);
        verdict.check(axi.ar_valid == 0 && axi.aw_valid == 0 && axi.w_valid == 0 && axi.r_valid == 0 &&
                          checker.writes.empty(), "something is under way after done");
        if (want.error) { // what the command wrote is not defined
            quiet();
            memcpy(golden_scratchpad(model), others.data(), others.size() * 4);
            sync();
            return cycles;
        }
        verdict.check(checksum == want.checksum, "checksum %08x instead of %08x", checksum, want.checksum);
        verdict.check(loaded == want.load_bytes && stored == want.store_bytes, "%llu and %llu bytes counted",
                      (unsigned long long)loaded, (unsigned long long)stored);
        compare();
        return cycles;
    }

    // A command that stays inside window 1 and the scratchpad, mostly.
    golden_move random_move()
    {
        for (;;) {
            golden_move m{};
            m.store = random.below(2);
            m.element = random.below(3);
            uint32_t size = 1u << m.element, shape = random.below(4);
            m.rows = random.percent(5) ? 0 : random.range(1, 4);
            m.groups = random.percent(5) ? 0 : random.range(1, 4);
            m.n = random.percent(5) ? 0 : random.percent(50) ? random.range(1, 40) : random.range(1, 600);
            m.inner = shape == 0 ? m.n + random.range(1, 3) : shape == 1 ? 1 : random.range(1, 20);
            uint64_t bytes = uint64_t(m.inner) * size;
            m.outer_stride = shape == 0 ? random.below(9) * size : shape == 1 ? size << random.below(5)
                                        : bytes + random.below(40) * size;
            uint64_t extent = m.n ? (m.n - 1) / m.inner * m.outer_stride + bytes : 0;
            m.group_stride = extent / size * size + random.below(20) * size;
            m.row_stride = m.group_stride * m.groups + random.below(300) * size;
            for (uint64_t &a : m.row_address)
                a = random.below(64) * size;
            uint64_t words = (uint64_t(m.n) * size + 3) / 4;
            m.sp_group = uint32_t(words) + random.below(8);
            m.sp_row = m.sp_group * m.groups + random.below(8);
            uint64_t sp_extent = uint64_t(m.sp_row) * m.rows + words;
            extent += m.row_stride * m.rows + 64 * size;
            if (extent > 56 << 10 || sp_extent > SP_WORDS - OTHERS)
                continue;
            m.offset = 4096 + random.below(uint32_t(((60 << 10) - extent) / size)) * size;
            m.sp_base = OTHERS + random.below(uint32_t(SP_WORDS - OTHERS - sp_extent + 1));
            return m;
        }
    }

    // Something is wrong with it, somewhere.
    golden_move damaged_move()
    {
        golden_move m = random_move();
        uint32_t size = 1u << m.element;
        switch (random.below(10)) {
        case 0: m.offset = (64 << 10) - random.below(3000) / size * size; break; // into read-only
        case 1: m.offset = (96 << 10) - random.below(3000) / size * size; break; // into a hole
        case 2: m.offset = DRAM - random.below(3000) / size * size; break;       // beyond the memory, granted
        case 3: m.offset += random.below(4); break;
        case 4: m.outer_stride += random.below(4); break;
        case 5: m.sp_base = SP_WORDS + 1 - random.below(400); break;
        case 6: m.inner = 0; break;
        case 7: m.element = 3; break;
        case 8: m.outer_stride = uint64_t(1) << 39; break;
        default: m.offset = (uint64_t(1) << 40) - random.range(1, 3000) / size * size; break;
        }
        return m;
    }
};

void random_moves(Bench &b, uint32_t select, quin_dram_params params, uint32_t moves, uint32_t damaged_percent)
{
    b.start(select, params);
    for (uint32_t i = 0; i < moves; i++) {
        b.others_percent = b.random.percent(50) ? 0 : b.random.range(1, 45);
        b.move = b.random.percent(damaged_percent) ? b.damaged_move() : b.random_move();
        b.run();
    }
    b.others_percent = 0;
    b.verdict.check(!b.checker.refused, "read data refused");
}

// A run that ends with the window, and one that is a byte longer; a group that ends with the scratchpad, and one that
// is a word longer; a bus error before a run outside the windows.
void edges(Bench &b, uint32_t select)
{
    b.start(select, quin_dram_ideal(8));
    for (uint32_t longer = 0; longer < 2; longer++)
        for (uint32_t store = 0; store < 2; store++) {
            b.move = {};
            b.move.store = int(store);
            b.move.rows = b.move.groups = 1;
            b.move.n = 37 + longer;
            b.move.inner = 100;
            b.move.sp_base = OTHERS;
            b.move.offset = (store ? 64 << 10 : 96 << 10) - 37;
            b.run();
            b.move.sp_base = SP_WORDS - 10;
            b.move.n = b.move.inner = 40 + longer;
            b.move.offset = 5000;
            b.run();
            b.move.offset = DRAM + 1000;
            b.move.outer_stride = 8192;
            b.move.inner = 10;
            b.move.sp_base = OTHERS;
            b.run();
        }
}

void silence(Bench &b)
{
    b.start(2, quin_dram_ddr3(8));
    quin_dram_set_silent(b.dram, 1);
    for (int store = 0; store < 2; store++) {
        b.move = {};
        b.move.store = store;
        b.move.rows = b.move.groups = 1;
        b.move.n = b.move.inner = 100;
        b.move.sp_base = OTHERS;
        b.move.offset = 4096;
        b.verdict.check(!b.run_rtl(2000), "done without an answer");
        b.top->rst_ni = 0;
        b.cycle();
        b.top->rst_ni = 1;
        b.checker.reset();
    }
}

void speed(Bench &b, uint32_t select, const char *text, int store, uint32_t element, uint32_t n, uint32_t inner,
           uint64_t outer)
{
    uint64_t cycles[2];
    for (int i = 0; i < 2; i++) {
        b.start(select, i ? quin_dram_ddr3(8) : quin_dram_ideal(8));
        b.move = {};
        b.move.store = store;
        b.move.rows = b.move.groups = 1;
        b.move.element = element;
        b.move.n = n;
        b.move.inner = inner;
        b.move.outer_stride = outer;
        b.move.offset = 8192;
        b.move.sp_base = OTHERS;
        cycles[i] = b.run();
    }
    printf("  bus %2u, %-44s %5llu cycles ideal, %5llu ddr3\n", b.bus, text, (unsigned long long)cycles[0],
           (unsigned long long)cycles[1]);
}

} // namespace

int main(int argc, char **argv)
{
    bool all = argc > 1 && !strcmp(argv[1], "--all");
    uint32_t scale = all ? 20 : 1;
    Verilated::commandArgs(argc, argv);
    Bench b;
    printf("test_move_dma: SEED=%llu\n", (unsigned long long)b.random.state);
    for (uint32_t k = 0; k < 5; k++) {
        b.verdict.where = "ideal memory";
        random_moves(b, k, quin_dram_ideal(8), 60 * scale, 0);
        b.verdict.where = "ddr3";
        random_moves(b, k, quin_dram_ddr3(8), 60 * scale, 30);
        b.verdict.where = "back-pressure";
        for (uint32_t i = 0; i < 3 * scale; i++) {
            quin_dram_params p = quin_dram_ddr3(8);
            p.stall_percent = b.random.range(5, 70);
            p.outstanding = b.random.range(1, 16);
            p.refresh_interval = b.random.range(100, 1000);
            random_moves(b, k, p, 15, 30);
        }
        b.verdict.where = "edges";
        edges(b, k);
    }
    b.verdict.where = "silence";
    silence(b);
    b.verdict.where = "speed";
    for (uint32_t k = 1; k < 4; k++) {
        speed(b, k, "LOAD of 1024 words", 0, 2, 1024, 1024, 0);
        speed(b, k, "STORE of 1024 words", 1, 2, 1024, 1024, 0);
        speed(b, k, "STORE of a K row: 128 bytes, one each beat", 1, 0, 128, 1, 8);
        speed(b, k, "STORE of a V row: 128 bytes in runs of 8", 1, 0, 128, 8, 512);
    }
    printf("errors seen:");
    for (int i = 0; i < 16; i++)
        if (b.count[i])
            printf(" %d: %llu", i, (unsigned long long)b.count[i]);
    printf("\n%llu checks, %llu failures\n", (unsigned long long)b.verdict.checks,
           (unsigned long long)b.verdict.failures);
    return b.verdict.failures != 0;
}
