// SPDX-License-Identifier: Apache-2.0
// Bench of rtl/mem: stream DMA and read mux against plain loops, for four pairs of bus and stream width. Random jobs,
// back-pressure, windows, bus errors and flushes; two other clients of the mux read at the same time. Prints the
// efficiency of a long stream. SEED=n replays a run, argument --all runs longer.
#include <verilated.h>

#include "Vstream_dma_top.h"
#include "axi_bench.h"

namespace {

constexpr uint32_t MEMORY = 1 << 20;
constexpr uint32_t BUS[4] = {4, 8, 16, 8}, STREAM[4] = {2, 8, 4, 16}; // as in stream_dma_top.sv
enum { ERROR_NONE = 0, ERROR_ALIGN = 3, ERROR_WINDOW = 5, ERROR_BUS = 8 }; // errors.def

struct Job {
    uint64_t address, tile_bytes, stride;
    uint32_t tiles;
    // expected
    uint32_t error = ERROR_NONE;
    uint64_t error_address = 0, good_beats = 0, beats = 0;
};

// A client of the mux beside the DMA: random bursts one after the other, data checked.
struct Client {
    uint64_t address = 0;
    uint32_t len = 0;
    bool asking = false;
    std::deque<std::pair<uint64_t, uint32_t>> open; // next address, beats left
};

struct Bench {
    Vstream_dma_top *top = new Vstream_dma_top;
    Random random{seed_from_environment()};
    Verdict verdict;
    AxiChecker checker{&verdict};
    std::vector<uint8_t> memory = std::vector<uint8_t>(MEMORY);
    std::vector<Window> windows;
    quin_dram *dram = nullptr;
    quin_dram_axi axi{};
    uint32_t bus = 8, width = 8, select = 0;
    uint64_t error_base = 0, error_limit = 0, now = 0, last_progress = 0;
    uint32_t ready_percent = 100, client_percent = 0;
    std::deque<Job> to_send, under_way; // under_way: sent and not done
    uint64_t beat = 0;                  // beats of under_way[out] that have left
    size_t out = 0;                     // job whose beats leave now
    Client client[2];
    uint64_t stream_refused = 0, first_beat = 0, last_beat = 0, beats_seen = 0;

    ~Bench()
    {
        quin_dram_destroy(dram);
        delete top;
    }

    void start(uint32_t k, quin_dram_params params)
    {
        quin_dram_destroy(dram);
        select = k;
        bus = BUS[k];
        width = STREAM[k];
        params.bus_bytes = bus;
        params.seed = random.next();
        dram = quin_dram_create(&params, memory.data(), MEMORY);
        axi = {};
        checker.reset();
        checker.bus_bytes = bus;
        error_base = error_limit = 0;
        top->select_i = k;
        top->rst_ni = 0;
        top->flush_i = 0;
        for (int i = 0; i < 4; i++)
            clock();
        top->rst_ni = 1;
        for (Client &c : client)
            c = {};
        set_windows({{0, MEMORY, 1}});
    }

    void set_windows(std::vector<Window> w)
    {
        windows = checker.windows = w;
        put_windows(top->windows_i, w);
    }

    // Two eval calls, no checks.
    void clock()
    {
        top->clk_i = 0;
        top->eval();
        top->clk_i = 1;
        top->eval();
    }

    // ---- expectation, from the words of docs/commands.md ----
    void expect(Job &job)
    {
        job.beats = job.tiles * (job.tile_bytes / width);
        job.good_beats = job.beats;
        if (!job.beats)
            return;
        for (uint32_t t = 0; t < job.tiles; t++) {
            uint64_t a = job.address + t * job.stride;
            uint64_t low = a / bus * bus, high = (a + job.tile_bytes + bus - 1) / bus * bus; // what the bus reads
            if (!granted(windows, a, job.tile_bytes, 1))
                job.error = ERROR_WINDOW;
            else if (high > MEMORY || (low < error_limit && high > error_base))
                job.error = ERROR_BUS;
            if (job.error) {
                job.error_address = a;
                job.good_beats = t * (job.tile_bytes / width);
                return;
            }
        }
    }

    void take_beat()
    {
        while (out < under_way.size() && beat == under_way[out].beats) {
            out++;
            beat = 0;
        }
        verdict.check(out < under_way.size(), "a beat of no job");
        if (out >= under_way.size())
            return;
        const Job &j = under_way[out];
        uint64_t tile_beats = j.tile_bytes / width;
        uint64_t at = j.address + beat / tile_beats * j.stride + beat % tile_beats * width;
        if (beat < j.good_beats)
            verdict.check(!memcmp(&memory[at], &top->stream_data_o, width), "beat %llu of %llu at %llx is wrong",
                          (unsigned long long)beat, (unsigned long long)j.beats, (unsigned long long)at);
        beat++;
        if (!beats_seen++)
            first_beat = now;
        last_beat = now;
    }

    void take_done()
    {
        verdict.check(!under_way.empty(), "done without a job");
        if (under_way.empty())
            return;
        const Job &j = under_way.front();
        verdict.check(out > 0 || beat == j.beats, "done after %llu of %llu beats", (unsigned long long)beat,
                      (unsigned long long)j.beats);
        verdict.check(top->done_error_o == j.error, "error %u instead of %u", top->done_error_o, j.error);
        // Only the first failing job has to name its address.
        if (j.error && top->done_error_o == j.error && !later_error)
            verdict.check(top->done_address_o == j.error_address, "error address %llx instead of %llx",
                          (unsigned long long)top->done_address_o, (unsigned long long)j.error_address);
        later_error |= j.error != 0;
        if (out == 0)
            beat = 0;
        else
            out--;
        under_way.pop_front();
        last_progress = now;
    }
    bool later_error = false;

    void drive_clients()
    {
        for (int c = 0; c < 2; c++) {
            Client &k = client[c];
            if (!k.asking && k.open.empty() && random.percent(client_percent)) {
                k.len = random.below(16);
                k.address = random.below(MEMORY / 4096) * 4096 + random.below(4096 / bus - k.len) * bus;
                k.asking = true;
            }
            put_bits(top->c_ar_valid_i, c, 1, k.asking);
            put_bits(top->c_ar_addr_i, 40 * c, 40, k.address);
            put_bits(top->c_ar_len_i, 8 * c, 8, k.len);
            put_bits(top->c_r_ready_i, c, 1, c == 0 || random.percent(80));
        }
    }

    void check_clients()
    {
        for (int c = 0; c < 2; c++) {
            Client &k = client[c];
            if (k.asking && (top->c_ar_ready_o >> c & 1)) {
                k.open.emplace_back(k.address, k.len + 1);
                k.asking = false;
            }
            if (!(top->c_r_valid_o >> c & 1) || !(top->c_r_ready_i >> c & 1))
                continue;
            verdict.check(!k.open.empty(), "client %d: a beat that nobody asked for", c);
            if (k.open.empty())
                continue;
            verdict.check(axi.r_resp || !memcmp(&memory[k.open.front().first], axi.r_data, bus),
                          "client %d: wrong data at %llx", c, (unsigned long long)k.open.front().first);
            k.open.front().first += bus;
            if (!--k.open.front().second)
                k.open.pop_front();
        }
    }

    void cycle()
    {
        now++;
        read_into_top(top, axi);
        top->m_axi_rid_i = axi.r_id;
        top->job_valid_i = !to_send.empty();
        if (!to_send.empty()) {
            const Job &j = to_send.front();
            top->job_address_i = j.address;
            top->job_tiles_i = j.tiles;
            top->job_tile_bytes_i = j.tile_bytes;
            top->job_tile_stride_i = j.stride;
        }
        top->stream_ready_i = random.percent(ready_percent);
        drive_clients();
        top->clk_i = 0;
        top->eval();
        read_from_top(top, axi);
        axi.ar_id = top->m_axi_arid_o;
        if (axi.ar_valid)
            verdict.check(1u << top->m_axi_arsize_o == bus && top->m_axi_arburst_o == 1, "AR size or burst kind");
        checker.cycle(axi);
        stream_refused += axi.r_valid && !axi.r_ready && axi.r_id == 2;
        check_clients();
        if (top->done_o)
            take_done();
        if (top->stream_valid_o && top->stream_ready_i)
            take_beat();
        if (top->job_valid_i && top->job_ready_o) {
            expect(to_send.front());
            under_way.push_back(to_send.front());
            to_send.pop_front();
            last_progress = now;
        }
        quin_dram_tick(dram, &axi);
        top->clk_i = 1;
        top->eval();
    }

    // Runs until all jobs are done and the unit is idle.
    void finish()
    {
        last_progress = now;
        while (!to_send.empty() || !under_way.empty() || !top->idle_o) {
            cycle();
            if (now - last_progress > 200000) {
                verdict.check(false, "no progress");
                exit(1);
            }
        }
        client_percent = 0;
        for (int i = 0; i < 2000; i++)
            cycle();
        verdict.check(client[0].open.empty() && client[1].open.empty(), "a client still waits");
        const char *text;
        uint64_t breaches = quin_dram_breaches(dram, &text);
        verdict.check(!breaches, "memory: %s", text);
    }

    Job random_job()
    {
        Job j{};
        j.tiles = random.percent(5) ? 0 : random.range(1, 5);
        uint32_t beats = random.percent(5) ? 0 : random.percent(50) ? random.range(1, 12) : random.range(1, 400);
        j.tile_bytes = beats * width;
        j.stride = j.tile_bytes + (random.percent(50) ? 0 : random.below(300) * width);
        uint64_t extent = j.tiles * j.stride + j.tile_bytes;
        j.address = random.below(uint32_t((MEMORY - extent) / width)) * width;
        return j;
    }
};

// Random jobs; with_errors: windows with holes, a range of bus errors, addresses that leave 40 bits.
void random_jobs(Bench &b, uint32_t select, quin_dram_params params, uint32_t jobs, bool with_errors)
{
    Random &r = b.random;
    b.start(select, params);
    b.ready_percent = r.percent(50) ? 100 : r.range(20, 95);
    b.client_percent = r.percent(50) ? 0 : r.range(1, 10);
    b.later_error = false;
    if (with_errors) {
        uint64_t cut = r.below(MEMORY / 2 / 64) * 64;
        b.set_windows({{0, cut, 1}, {cut, 3u << 18, 1}, {1, 2, 2}, {0, MEMORY, 2}});
        b.error_base = r.below(MEMORY);
        b.error_limit = b.error_base + r.below(2000);
        quin_dram_set_error(b.dram, b.error_base, b.error_limit);
        b.checker.windows.push_back({0, MEMORY, 1}); // the other clients read everywhere
    }
    uint32_t empty = 0; // the end of a job without bytes takes a cycle of the receiver
    b.stream_refused = 0;
    for (uint32_t i = 0; i < jobs; i++) {
        Job j = b.random_job();
        empty += !j.tiles || !j.tile_bytes;
        if (with_errors && r.percent(5)) {
            j.tiles = 5;
            j.stride = uint64_t(1) << 39;
        }
        if (with_errors && r.percent(5))
            j.address = (uint64_t(1) << 40) - b.width * r.range(1, 8);
        b.to_send.push_back(j);
    }
    b.finish();
    if (!with_errors)
        b.verdict.check(b.stream_refused <= empty, "the DMA refused data %llu times",
                        (unsigned long long)b.stream_refused);
}

// Each failing job alone names its error and address.
void single_errors(Bench &b, uint32_t select, uint32_t jobs)
{
    b.start(select, quin_dram_ideal(8));
    b.set_windows({{4096, 200000, 1}, {200000, 400000, 1}, {500000, 500400, 1}, {}});
    b.error_base = 300001;
    b.error_limit = 301000;
    quin_dram_set_error(b.dram, b.error_base, b.error_limit);
    for (uint32_t i = 0; i < jobs; i++) {
        b.later_error = false;
        Job j = b.random_job();
        if (i % 3 == 0)
            j.address = (300001 - b.random.below(6000)) / b.width * b.width;
        if (i % 7 == 0) { // ends exactly at the window's limit, or one beat after it
            j.tiles = 1;
            j.address = (500400 - j.tile_bytes) / b.width * b.width + (i % 2 ? b.width : 0);
        }
        b.to_send.push_back(j);
        while (!b.to_send.empty() || !b.under_way.empty())
            b.cycle();
    }
    Job j = b.random_job(); // not aligned to W
    if (b.width > 1) {
        j.tiles = 2;
        j.tile_bytes = j.stride = 4 * b.width;
        j.address = 8192 + b.width / 2;
        b.to_send.push_back(j);
        while (!b.to_send.empty())
            b.cycle();
        b.under_way.back().error = ERROR_ALIGN;
        b.under_way.back().good_beats = 0;
        b.later_error = true; // its address loses the low bits
    }
    b.finish();
}

void flushes(Bench &b, uint32_t select, uint32_t times)
{
    for (uint32_t i = 0; i < times; i++) {
        quin_dram_params p = quin_dram_ddr3(8);
        p.stall_percent = b.random.below(50);
        b.start(select, p);
        b.ready_percent = b.random.range(0, 100);
        for (int j = 0; j < 6; j++)
            b.to_send.push_back(b.random_job());
        for (uint32_t n = b.random.range(1, 600); n; n--)
            b.cycle();
        b.to_send.clear();
        b.top->flush_i = 1;
        uint64_t begin = b.now;
        do {
            b.cycle();
            b.verdict.check(b.now < begin + 3000, "flush does not end");
        } while (!b.top->idle_o && b.now < begin + 3000);
        b.top->flush_i = 0;
        b.under_way.clear();
        b.out = b.beat = 0;
        b.ready_percent = 100;
        for (int j = 0; j < 2; j++)
            b.to_send.push_back(b.random_job());
        b.finish();
    }
}

// A memory that never answers: nothing comes, nothing is said.
void silence(Bench &b)
{
    b.start(1, quin_dram_ddr3(8));
    quin_dram_set_silent(b.dram, 1);
    b.to_send.push_back({0, 800, 800, 1});
    for (int i = 0; i < 2000; i++) {
        b.cycle();
        b.verdict.check(!b.top->done_o && !b.top->stream_valid_o, "something comes from a silent memory");
    }
    b.under_way.clear();
    b.out = b.beat = 0;
}

void efficiency(Bench &b, uint32_t select, const char *name, quin_dram_params params, uint64_t tile, uint64_t tiles)
{
    b.start(select, params);
    b.ready_percent = 100;
    b.to_send.push_back({0, tile, tile, uint32_t(tiles)});
    b.beats_seen = 0;
    b.finish();
    double cycles = double(b.last_beat - b.first_beat + 1), bytes = double(tile * tiles);
    printf("  bus %2u stream %2u, %-5s tiles of %6llu: %.3f bus beats a cycle, %.3f stream beats a cycle\n", b.bus,
           b.width, name, (unsigned long long)tile, bytes / b.bus / cycles, double(b.beats_seen) / cycles);
}

} // namespace

int main(int argc, char **argv)
{
    bool all = argc > 1 && !strcmp(argv[1], "--all");
    uint32_t scale = all ? 20 : 1;
    Verilated::commandArgs(argc, argv);
    Bench b;
    printf("test_stream_dma: SEED=%llu\n", (unsigned long long)b.random.state);
    for (uint8_t &byte : b.memory)
        byte = uint8_t(b.random.next());
    for (uint32_t k = 0; k < 4; k++) {
        b.verdict.where = "ideal memory";
        random_jobs(b, k, quin_dram_ideal(8), 60 * scale, false);
        b.verdict.where = "ddr3";
        random_jobs(b, k, quin_dram_ddr3(8), 40 * scale, false);
        b.verdict.where = "back-pressure";
        for (uint32_t i = 0; i < 4 * scale; i++) {
            quin_dram_params p = quin_dram_ddr3(8);
            p.stall_percent = b.random.range(5, 70);
            p.interleave = b.random.below(2);
            p.outstanding = b.random.range(1, 16);
            random_jobs(b, k, p, 20, i % 2);
        }
        b.verdict.where = "errors";
        single_errors(b, k, 60 * scale);
        b.verdict.where = "flush";
        flushes(b, k, 6 * scale);
    }
    b.verdict.where = "silence";
    silence(b);
    b.verdict.where = "long stream";
    for (uint32_t k = 0; k < 4; k++) {
        efficiency(b, k, "ideal", quin_dram_ideal(8), MEMORY / 4, 1);
        efficiency(b, k, "ddr3", quin_dram_ddr3(8), MEMORY / 4, 1);
    }
    efficiency(b, 1, "ideal", quin_dram_ideal(8), 64 * 8, 200);
    efficiency(b, 1, "ideal", quin_dram_ideal(8), 5 * 8, 200);
    efficiency(b, 1, "ddr3", quin_dram_ddr3(8), 64 * 8, 200);
    printf("%llu checks, %llu failures\n", (unsigned long long)b.verdict.checks,
           (unsigned long long)b.verdict.failures);
    return b.verdict.failures != 0;
}
