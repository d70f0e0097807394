// SPDX-License-Identifier: Apache-2.0
// Bench of quin_array_unit: random MATMULs with random gaps in the stream and at the scratchpad, every word of the
// scratchpad, the checksum and the counts against the golden device. SEED=n replays a run.
//   test_array_unit rows stream_bytes line_words [random MATMULs]     the parameters it was built with
//   test_array_unit rows stream_bytes line_words --efficiency         cycles of large MATMULs without any gap
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <vector>

#include "Vquin_array_unit.h"
#include "golden_matmul.h"
#include "verilated.h"

static uint64_t rnd_state;

static uint32_t rnd()
{
    uint64_t z = (rnd_state += 0x9e3779b97f4a7c15u);  // splitmix64
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)(z >> 32);
}

static uint32_t below(uint32_t n)
{
    return (uint32_t)((uint64_t)rnd() * n >> 32);
}

struct Job {
    golden_matmul m;
    std::vector<uint8_t> stream;  // tiles side by side
    uint64_t beats, beats_tile, scale_beats;
};

struct Totals {
    uint64_t adds, skipped, wraps, values, cycles, stall_drain, stall_act, stall_stream;
};

class Bench {
public:
    Bench(uint32_t rows, uint32_t w, uint32_t line_words, uint32_t words)
        : sp(words), rows(rows), w(w), line_words(line_words)
    {
        top.rst_ni = 0;
        for (int i = 0; i < 4; i++)
            cycle();
        top.rst_ni = 1;
        cycle();
    }

    [[noreturn]] void fail(const char *what, uint64_t got = 0, uint64_t want = 0)
    {
        printf("FAIL job %llu cycle %llu: %s: %llx, want %llx\n", (unsigned long long)jobs, (unsigned long long)now, what,
               (unsigned long long)got, (unsigned long long)want);
        exit(1);
    }

    void queue(const Job &job)
    {
        stream.insert(stream.end(), job.stream.begin(), job.stream.end());
    }

    // Runs a job whose stream was queued; with abort_after the job is dropped after so many cycles.
    bool run(const Job &job, uint64_t abort_after = 0)
    {
        const golden_matmul &m = job.m;
        top.job_valid_i = 1;
        top.job_rows_i = m.rows;
        top.job_k_i = m.k;
        top.job_n_i = m.n;
        top.job_precision_i = m.precision;
        top.job_column_scales_i = m.column_scales;
        top.job_act_base_i = m.act;
        top.job_act_row_i = m.act_row;
        top.job_dst_base_i = m.dst;
        top.job_dst_row_i = m.dst_row;
        top.job_rscale_base_i = m.rscale;
        top.job_rscale_row_i = m.rscale_row;
        top.job_cscale_base_i = m.cscale;
        totals = Totals();
        left = 0;
        while (!top.job_ready_o)
            cycle();
        cycle();
        jobs++;
        top.job_valid_i = 0;
        top.job_rows_i = rnd();  // the fields were taken with the job
        top.job_act_base_i = rnd() & 0xfffff;
        top.job_dst_base_i = rnd() & 0xfffff;
        top.job_k_i = rnd() & 0x7fff;
        current = &job;
        taken = 0;
        left = job.beats;
        beats_all = job.stream.size() / w;
        uint64_t start = now;
        bool done = false;
        while (!done) {
            if (abort_after && now - start == abort_after) {
                top.abort_i = 1;
                cycle();
                top.abort_i = 0;
                stream.clear();
                stream_offered = false;
                left = 0;
                totals = Totals();
                for (uint32_t i = 0; i < 40; i++) {
                    cycle();
                    if (top.done_o || top.array_req_o || top.drain_req_o || !top.job_ready_o || totals.adds)
                        fail("not idle after abort");
                }
                return false;
            }
            if (now - start > 1000000)
                fail("no end");
            done = cycle();
        }
        totals.cycles = now - start;
        if (left)
            fail("beats left", left);
        if (top.job_ready_o == 0)
            fail("not ready after done");
        return true;
    }

    std::vector<uint32_t> sp;
    Totals totals;
    uint32_t checksum = 0, slow_stream = 0, slow_memory = 0;  // percent of cycles
    size_t queued() const { return stream.size(); }

private:
    Vquin_array_unit top;
    uint32_t rows, w, line_words;
    std::deque<uint8_t> stream;
    bool stream_offered = false;
    const Job *current = nullptr;
    uint64_t now = 0, jobs = 0, left = 0, taken = 0, beats_all = 0;
    bool read_granted = false;
    uint32_t read_line = 0;
    struct Request {
        bool open;
        uint32_t addr;
        std::vector<uint32_t> data;
    } held_read = {}, held_write = {};

    // Ports of up to 64 bits are numbers, wider ones arrays.
    static void set_bytes(CData &p, const uint8_t *b) { p = b[0]; }
    static void set_bytes(SData &p, const uint8_t *b) { memcpy(&p, b, 2); }
    static void set_bytes(IData &p, const uint8_t *b) { memcpy(&p, b, 4); }
    static void set_bytes(QData &p, const uint8_t *b) { memcpy(&p, b, 8); }
    template <std::size_t N> static void set_bytes(VlWide<N> &p, const uint8_t *b) { memcpy(&p[0], b, 4 * N); }
    template <std::size_t N> static const uint32_t *words_of(const VlWide<N> &p) { return &p[0]; }
    static const uint32_t *words_of(const QData &p) { return (const uint32_t *)&p; }

    // Whether the beat that is offered is for the array, not a column scale.
    bool array_beat() const
    {
        uint64_t tile = current->beats_tile + current->scale_beats;
        return taken % tile < current->beats_tile;
    }

    void check_held(const char *what, Request &held, bool req, bool gnt, uint32_t addr, std::vector<uint32_t> data)
    {
        if (held.open && (!req || addr != held.addr || data != held.data) && !top.abort_i && top.rst_ni)
            fail(what, addr, held.addr);
        held.open = req && !gnt && !top.abort_i;
        held.addr = addr;
        held.data = data;
    }

    // One clock cycle; true if the job was done in it.
    bool cycle()
    {
        std::vector<uint8_t> beat(w), line(4 * line_words);
        top.clk_i = 0;
        // A beat once offered stays.
        stream_offered = stream.size() >= w && (stream_offered || below(100) >= slow_stream);
        for (uint32_t i = 0; i < w; i++)
            beat[i] = stream_offered ? stream[i] : (uint8_t)rnd();
        top.stream_valid_i = stream_offered;
        set_bytes(top.stream_data_i, beat.data());
        for (uint32_t i = 0; i < line_words; i++) {
            uint32_t word = read_granted ? sp[read_line * line_words + i] : rnd();
            memcpy(&line[4 * i], &word, 4);
        }
        set_bytes(top.array_rdata_i, line.data());
        top.array_rvalid_i = read_granted;
        top.array_gnt_i = top.drain_gnt_i = 0;
        top.eval();
        bool open = top.rst_ni && below(100) >= slow_memory;
        top.array_gnt_i = open && top.array_req_o;
        top.drain_gnt_i = open && top.drain_req_o && !top.array_req_o;
        top.eval();

        read_granted = top.array_gnt_i;
        read_line = top.array_addr_o;
        if (read_granted && (read_line + 1) * line_words > sp.size())
            fail("read beyond the scratchpad", read_line);
        if (top.drain_gnt_i)
            write_line();
        std::vector<uint32_t> data;
        check_held("read request changed", held_read, top.array_req_o, top.array_gnt_i, top.array_addr_o, data);
        data.assign(words_of(top.drain_wdata_o), words_of(top.drain_wdata_o) + line_words);
        data.push_back(top.drain_wstrb_o);
        check_held("write request changed", held_write, top.drain_req_o, top.drain_gnt_i, top.drain_addr_o, data);
        take_beat();
        bool done = top.done_o;
        if (done) {
            checksum = top.done_checksum_o;
            if (top.done_error_o)
                fail("device error", top.done_error_o);
        }
        if (top.rst_ni) {
            totals.adds += top.count_adds_o;
            totals.skipped += top.count_skipped_o;
            totals.wraps += top.count_wraps_o;
            totals.values += top.count_value_o;
        }
        top.clk_i = 1;
        top.eval();
        now++;
        return done;
    }

    void write_line()
    {
        uint32_t at = top.drain_addr_o * line_words;
        if (at + line_words > sp.size())
            fail("write beyond the scratchpad", at);
        for (uint32_t i = 0; i < line_words; i++) {
            uint64_t strobe = top.drain_wstrb_o >> 4 * i & 15;
            if (strobe == 15)
                sp[at + i] = words_of(top.drain_wdata_o)[i];
            else if (strobe)
                fail("part of a word", strobe);
        }
    }

    // The stream's handshake; a job with beats to go has a beat or one stall in every cycle, else none.
    void take_beat()
    {
        bool take = stream_offered && top.stream_ready_o && top.rst_ni && !top.abort_i;
        uint32_t stalls = top.stall_drain_o + top.stall_act_o + top.stall_stream_o;
        if (top.rst_ni && !top.abort_i && current) {
            uint32_t beats = 0;
            if (take && taken == beats_all)
                fail("a beat too many");
            if (take && left && array_beat())
                beats = 1;
            if (beats + stalls != (left != 0))
                fail("beats and stalls", beats + stalls, left != 0);
            left -= beats;
            totals.stall_drain += top.stall_drain_o;
            totals.stall_act += top.stall_act_o;
            totals.stall_stream += top.stall_stream_o;
        }
        if (take) {
            taken++;
            stream.erase(stream.begin(), stream.begin() + w);
            stream_offered = false;
        }
    }
};

// ---- jobs ----

static uint32_t random_scale()
{
    static const uint32_t odd[] = {0x7f800000, 0xff800000, 0x7f800001, 0x00000001, 0x807fffff, 0x00800000,
                                   0x80800001, 0x7f7fffff, 0,          0x80000000, 0x3f800000, 0xbf800000};
    if (below(8) == 0)
        return odd[below(sizeof odd / sizeof odd[0])];
    return (rnd() & 0x807fffff) | (below(16) ? 107 + below(40) : below(255)) << 23;
}

struct Shape {
    uint32_t rows, k, n, precision, column_scales;
};

// Places for a shape; any byte is good as a stream byte.
static Job make_job(const Shape &s, uint32_t w)
{
    Job job;
    golden_matmul &m = job.m;
    uint32_t trits = s.precision == 0 ? 1 : s.precision == 1 ? 5 : 10, channels = 5 * w / trits, at = below(64);
    m.rows = s.rows;
    m.k = s.k;
    m.n = s.n;
    m.precision = s.precision;
    m.column_scales = s.column_scales;
    m.cscale = at++;
    m.rscale = at += below(9);
    m.rscale_row = below(2) ? 1 : below(10);
    at += m.rscale_row * s.rows + 1;
    m.act = (at + 15) / 16 * 16;
    m.act_row = ((s.k + 3) / 4 + 15) / 16 * 16 + 16 * below(3);
    m.dst = m.act + m.act_row * s.rows + 16 * below(4);
    m.dst_row = (s.n + 15) / 16 * 16 + 16 * below(3);
    uint64_t tiles = s.rows ? (s.n + channels - 1) / channels : 0;
    job.beats_tile = s.k;
    job.scale_beats = s.column_scales ? 20 / trits : 0;
    job.beats = tiles * s.k;
    job.stream.resize(tiles * (job.beats_tile + job.scale_beats) * w);
    for (uint8_t &b : job.stream)
        b = below(4) ? (uint8_t)rnd() : 0x80;
    for (uint64_t t = 0; s.column_scales && t < tiles; t++)
        for (uint32_t j = 0; j < channels; j++) {
            uint32_t bits = random_scale();
            memcpy(&job.stream[(t * (s.k + job.scale_beats) + s.k) * w + 4 * j], &bits, 4);
        }
    return job;
}

static void make_memory(std::vector<uint32_t> &sp, const Job &job)
{
    const golden_matmul &m = job.m;
    for (uint32_t &word : sp)
        word = rnd();
    for (uint32_t r = 0; r < m.rows; r++) {
        for (uint32_t i = 0; i < m.act_row; i++)
            if (below(4) == 0)
                sp[m.act + r * m.act_row + i] &= below(2) ? 0xff00ffu : 0;
        sp[m.rscale + r * m.rscale_row] = random_scale();
    }
    sp[m.cscale] = random_scale();
}

static void compare(Bench &bench, const std::vector<uint32_t> &want, const golden_result &result)
{
    for (size_t i = 0; i < want.size(); i++)
        if (bench.sp[i] != want[i]) {
            printf("word %zu:\n", i);
            bench.fail("scratchpad", bench.sp[i], want[i]);
        }
    if (bench.checksum != result.checksum)
        bench.fail("checksum", bench.checksum, result.checksum);
    if (bench.totals.adds != result.adds)
        bench.fail("adds", bench.totals.adds, result.adds);
    if (bench.totals.skipped != result.skipped)
        bench.fail("skipped", bench.totals.skipped, result.skipped);
    if (bench.totals.wraps != result.wraps)
        bench.fail("wraps", bench.totals.wraps, result.wraps);
    if (bench.totals.values != result.values)
        bench.fail("values", bench.totals.values, result.values);
}

static Shape random_shape(uint32_t rows, uint32_t w, uint32_t round)
{
    Shape s;
    s.precision = below(3);
    uint32_t trits = s.precision == 0 ? 1 : s.precision == 1 ? 5 : 10, channels = 5 * w / trits;
    s.column_scales = below(2);
    s.rows = below(16) ? 1 + below(rows) : 0;
    s.n = below(16) ? 1 + below(4 * channels) : 0;
    if (below(3) == 0)  // whole tiles
        s.n = channels * (1 + below(4));
    s.k = 1 + below(below(2) ? 12 : below(4) ? 100 : 600);
    if (round == 1) {  // the longest, alone
        s.k = 16384;
        s.n = 1 + below(channels);
        s.rows = 1;
    }
    return s;
}

static void test_random(Bench &bench, golden_device *golden, uint32_t rows, uint32_t w, uint32_t rounds)
{
    uint64_t cycles = 0;
    Job job = make_job(random_shape(rows, w, 0), w);
    for (uint32_t round = 1; round <= rounds; round++) {
        if (bench.queued() == 0)
            bench.queue(job);
        Job next = make_job(random_shape(rows, w, round), w);
        if (below(2))
            bench.queue(next);  // the stream runs ahead of the jobs
        make_memory(bench.sp, job);
        if (round == 2) {  // every operand as large as it can be
            memset(&bench.sp[job.m.act], 0x80, job.m.k);
            bench.sp[job.m.rscale] = 0x3f800000;
        }
        bench.slow_stream = below(2) ? 0 : below(90);
        bench.slow_memory = below(2) ? 0 : below(90);
        std::vector<uint32_t> want = bench.sp;
        if (bench.run(job, below(8) ? 0 : 1 + below(below(2) ? 30 : 400))) {
            golden_result result = golden_run(golden, &job.m, want.data(), job.stream.data(), job.stream.size());
            if (result.error)
                bench.fail("golden device refuses", result.error);
            compare(bench, want, result);
        }
        cycles += bench.totals.cycles;
        job = next;
    }
    printf("test_array_unit: %u MATMULs, %llu cycles: good\n", rounds, (unsigned long long)cycles);
}

static void efficiency(Bench &bench, golden_device *golden, uint32_t rows, uint32_t w)
{
    static const Shape shapes[] = {{1, 1024, 256, 0, 0}, {1, 256, 1024, 0, 0},  {1, 512, 2560, 0, 0}, {1, 2560, 512, 0, 0},
                                   {1, 64, 512, 1, 1},   {1, 512, 64, 1, 0}};
    printf("%5s %5s %5s %2s %8s %8s %7s %7s %7s %7s\n", "rows", "k", "n", "D", "bytes/W", "cycles", "share", "drain",
           "act", "stream");
    for (Shape s : shapes)
        for (uint32_t r : {1u, rows}) {
            s.rows = r;
            Job job = make_job(s, w);
            make_memory(bench.sp, job);
            std::vector<uint32_t> want = bench.sp;
            bench.queue(job);
            bench.run(job);
            golden_result result = golden_run(golden, &job.m, want.data(), job.stream.data(), job.stream.size());
            compare(bench, want, result);
            uint64_t beats = job.stream.size() / w;
            printf("%5u %5u %5u %2d %8llu %8llu %6.1f%% %7llu %7llu %7llu\n", r, s.k, s.n, s.precision ? 5 : 1,
                   (unsigned long long)beats, (unsigned long long)bench.totals.cycles,
                   100.0 * (double)beats / (double)bench.totals.cycles, (unsigned long long)bench.totals.stall_drain,
                   (unsigned long long)bench.totals.stall_act, (unsigned long long)bench.totals.stall_stream);
        }
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: test_array_unit rows stream_bytes line_words [MATMULs | --efficiency]\n");
        return 2;
    }
    const char *seed = getenv("SEED");
    rnd_state = seed ? strtoull(seed, nullptr, 0) : 1;
    uint32_t rows = (uint32_t)atoi(argv[1]), w = (uint32_t)atoi(argv[2]), line = (uint32_t)atoi(argv[3]);
    bool efficient = argc > 4 && !strcmp(argv[4], "--efficiency");
    uint32_t words = efficient ? 65536 : 16384;
    printf("test_array_unit %u x %u, lines of %u words: SEED=%llu\n", rows, 5 * w, line, (unsigned long long)rnd_state);
    Verilated::randReset(2);
    golden_device *golden = golden_open(rows, w, 15, words);
    Bench bench(rows, w, line, words);
    if (efficient)
        efficiency(bench, golden, rows, w);
    else
        test_random(bench, golden, rows, w, argc > 4 ? (uint32_t)atoi(argv[4]) : 200);
    golden_close(golden);
    return 0;
}
