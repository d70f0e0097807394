// SPDX-License-Identifier: Apache-2.0
// Bench of quin_array_unit: batches of random MATMULs, as fast one behind the other as the unit takes them.
// Every word of the scratchpad, every checksum and the counts against the golden device.
//   test_array_unit [--quick] [--seed N]   random batches; SEED=N in the environment does the same as --seed
//   test_array_unit --timing [K N]         cycles of MATMULs without gaps, with limits; K x N too
//   test_array_unit --speed                simulated cycles a second of CPU time
#include <ctime>

#include "array_bench.h"

struct Shape {
    uint32_t rows, k, n, precision, column_scales;
};

static uint32_t trits_of(const Shape &s)
{
    return s.precision == 0 ? 1 : s.precision == PRECISION_D5 ? 5 : 10;
}

static uint32_t random_scale()
{
    static const uint32_t odd[] = {0x7f800000, 0xff800000, 0x7f800001, 0x00000001, 0x807fffff, 0x00800000,
                                   0x80800001, 0x7f7fffff, 0,          0x80000000, 0x3f800000, 0xbf800000};
    if (below(8) == 0)
        return odd[below(sizeof odd / sizeof odd[0])];
    return (rnd() & 0x807fffff) | (below(16) ? 107 + below(40) : below(255)) << 23;
}

// A MATMUL of that shape with a random stream (any byte is good) and its places in the scratchpad from word
// `at` on.
static Job make_job(const Shape &s, uint32_t at)
{
    Job job;
    golden_matmul &m = job.m;
    uint32_t trits = trits_of(s), channels = 5 * W / trits, scales = s.column_scales ? 20 / trits : 0;
    uint64_t tiles = s.rows ? (s.n + channels - 1) / channels : 0;
    m = golden_matmul();
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
    job.tile = s.k;
    job.tile_all = s.k + scales;
    job.beats = tiles * s.k;
    job.stream.resize(tiles * job.tile_all * W);
    for (uint8_t &b : job.stream)
        b = below(4) ? (uint8_t)rnd() : 0x80;
    for (uint64_t t = 0; scales && t < tiles; t++)
        for (uint32_t j = 0; j < channels; j++) {
            uint32_t bits = random_scale();
            memcpy(&job.stream[(t * job.tile_all + s.k) * W + 4 * j], &bits, 4);
        }
    return job;
}

static uint32_t end_of(const golden_matmul &m)
{
    return m.dst + m.dst_row * m.rows;
}

// A MATMUL must not write what it reads itself.
static bool apart(const golden_matmul &m)
{
    for (uint32_t r = 0; r < m.rows; r++) {
        uint32_t lo = m.dst + r * m.dst_row, hi = lo + m.n;
        if (m.cscale >= lo && m.cscale < hi)
            return false;
        for (uint32_t i = 0; i < m.rows; i++) {
            uint32_t act = m.act + i * m.act_row, scale = m.rscale + i * m.rscale_row;
            if ((act < hi && lo < act + (m.k + 3) / 4) || (scale >= lo && scale < hi))
                return false;
        }
    }
    return true;
}

// Sometimes a MATMUL reads what one of those before it writes, or writes where they read or write.
static void tie(Job &job, const Job &before, uint32_t words)
{
    golden_matmul m = job.m;
    const golden_matmul &b = before.m;
    uint32_t where = b.dst + (b.rows ? below(b.rows) : 0) * b.dst_row + (b.n ? below(b.n) : 0);
    switch (below(6)) {
    case 0: m.act = where / 16 * 16; break;
    case 1: m.rscale = where; break;
    case 2: m.cscale = where; break;
    case 3: m.dst = b.act; break;
    case 4: m.dst = b.dst; break;
    default: m.dst = b.rscale / 16 * 16; break;
    }
    uint32_t act_end = m.act + m.act_row * m.rows, rscale_end = m.rscale + m.rscale_row * m.rows;
    if (end_of(m) < words && act_end < words && rscale_end < words && apart(m))
        job.m = m;
}

static void make_memory(std::vector<uint32_t> &sp, const std::vector<Job> &work)
{
    for (uint32_t &word : sp)
        word = below(4) ? rnd() : rnd() & (below(2) ? 0xff00ffu : 0);
    for (const Job &job : work) {
        for (uint32_t r = 0; r < job.m.rows; r++)
            sp[job.m.rscale + r * job.m.rscale_row] = random_scale();
        sp[job.m.cscale] = random_scale();
    }
}

static Shape random_shape()
{
    Shape s;
    s.precision = below(3);
    s.column_scales = below(2);
    uint32_t channels = 5 * W / trits_of(s);
    s.rows = below(16) ? 1 + below(R) : 0;
    s.n = below(16) ? 1 + below(W > 16 ? channels + 9 : 4 * channels) : 0;
    if (below(3) == 0)  // whole tiles
        s.n = channels * (1 + below(W > 16 ? 2 : 4));
    s.k = 1 + below(below(2) ? 12 : below(4) ? 100 : 400);
    return s;
}

// Runs the batch on both and compares. The golden device runs one MATMUL after the other.
static void compare(Bench &bench, golden_device *golden, const std::vector<Job> &work,
                    uint64_t abort_after = 0)
{
    std::vector<uint32_t> want = bench.sp;
    if (!bench.run(work, abort_after))
        return;
    golden_result sum = {};
    for (size_t i = 0; i < work.size(); i++) {
        const std::vector<uint8_t> &stream = work[i].stream;
        golden_result one = golden_run(golden, &work[i].m, want.data(), stream.data(), stream.size());
        if (one.error)
            bench.fail("the golden device refuses", one.error, i);
        if (one.checksum != bench.ended[i])
            bench.fail("checksum", bench.ended[i], one.checksum);
        sum.adds += one.adds;
        sum.skipped += one.skipped;
        sum.wraps += one.wraps;
        sum.values += one.values;
    }
    for (size_t i = 0; i < want.size(); i++)
        if (bench.sp[i] != want[i]) {
            printf("word %zu:\n", i);
            bench.fail("scratchpad", bench.sp[i], want[i]);
        }
    if (bench.counts.adds != sum.adds)
        bench.fail("adds", bench.counts.adds, sum.adds);
    if (bench.counts.skipped != sum.skipped)
        bench.fail("skipped", bench.counts.skipped, sum.skipped);
    if (bench.counts.wraps != sum.wraps)
        bench.fail("wraps", bench.counts.wraps, sum.wraps);
    if (bench.counts.values != sum.values)
        bench.fail("values", bench.counts.values, sum.values);
}

// The longest sums, one direction only: every operand and every trit as large as it can be.
static void test_extremes(Bench &bench, golden_device *golden, uint32_t words)
{
    for (uint32_t precision : {0u, 1u, 2u})
        for (uint8_t byte : {0x00, 0xff}) {
            if (W > 16 && precision != 1)
                continue;
            std::vector<Job> work{make_job({1, 16384, 1, precision, 0}, 0)};
            golden_matmul &m = work[0].m;
            if (end_of(m) > words)
                bench.fail("the bench's scratchpad is too small");
            memset(&bench.sp[m.act], 0x80, m.k);
            bench.sp[m.rscale] = bench.sp[m.cscale] = 0x3f800000;
            memset(work[0].stream.data(), byte, work[0].stream.size());
            compare(bench, golden, work);
        }
}

static void test_random(Bench &bench, golden_device *golden, uint32_t words, uint32_t batches)
{
    uint64_t cycles = 0, beats = 0, matmuls = 0;
    for (uint32_t i = 0; i < batches; i++) {
        std::vector<Job> work;
        uint32_t at = below(32);
        for (uint32_t count = 1 + below(6); count; count--) {
            Job job = make_job(random_shape(), at);
            if (end_of(job.m) >= words)
                break;
            at = end_of(job.m);
            if (!work.empty() && below(3) == 0)
                tie(job, work[work.size() - 1 - below(work.size() < 3 ? (uint32_t)work.size() : 3)], words);
            work.push_back(job);
        }
        make_memory(bench.sp, work);
        bench.slow_stream = below(2) ? 0 : below(90);
        bench.slow_memory = below(2) ? 0 : below(90);
        bench.slow_jobs = below(2) ? 0 : below(100);
        compare(bench, golden, work, below(6) ? 0 : 1 + below(below(2) ? 40 : 1000));
        cycles += bench.counts.cycles;
        beats += bench.counts.beats;
        matmuls += bench.ended.size();
    }
    printf("test_array_unit: %llu MATMULs in %u batches, %llu beats, %llu cycles: good\n",
           (unsigned long long)matmuls, batches, (unsigned long long)beats, (unsigned long long)cycles);
}

static void time_of(Bench &bench, golden_device *golden, const Shape &s, uint32_t count, double limit)
{
    std::vector<Job> work;
    uint32_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        work.push_back(make_job(s, at));
        at = end_of(work.back().m);
    }
    make_memory(bench.sp, work);
    bench.slow_stream = bench.slow_memory = bench.slow_jobs = 0;
    compare(bench, golden, work);
    const Counts &c = bench.counts;
    uint64_t beats = 0, lost = 0;
    for (size_t i = 0; i < work.size(); i++) {
        beats += work[i].stream.size() / W;
        if (i && bench.first_beat[i] - bench.last_beat[i - 1] - 1 > lost)
            lost = bench.first_beat[i] - bench.last_beat[i - 1] - 1;
    }
    double share = (double)c.cycles / (double)beats;
    printf("%5u %5u %5u %2u %6s %2u | %8llu %8llu %7.4f | %6llu %6llu %6llu | %llu\n", s.rows, s.k, s.n,
           trits_of(s), s.column_scales ? "column" : "one", count, (unsigned long long)beats,
           (unsigned long long)c.cycles, share, (unsigned long long)c.drain, (unsigned long long)c.act,
           (unsigned long long)c.stream,
           (unsigned long long)lost);
    if (lost > 4)
        bench.fail("beats lost between MATMULs", lost, 4);
    // Rows x columns / D results leave within a tile, and its columns are read in groups of rows, unless it is shorter
    // than these are many.
    const uint32_t read_rows = R % W ? R : W <= 4 ? W / 2 : W, reads = 5 * W * ((s.rows + read_rows - 1) / read_rows);
    uint32_t leave = 5 * W / trits_of(s) * (s.rows > trits_of(s) ? s.rows : trits_of(s));
    if (s.k >= 64 && s.k >= leave && s.k >= reads && c.drain)
        bench.fail("cycles waiting for the drain", c.drain);
    if (limit > 0 && share > limit)
        bench.fail("cycles beyond the limit", c.cycles, (uint64_t)((double)beats * limit));
}

static void timing(Bench &bench, golden_device *golden, uint32_t k, uint32_t n)
{
    printf(" rows     k     n  D scales  x |    beats   cycles   share |  drain    act stream | lost\n");
    for (uint32_t r : {1u, (uint32_t)R}) {
        for (uint32_t width : {64u, 128u, 256u}) {
            time_of(bench, golden, {r, width, 512, 1, 0}, 1, 0);
            time_of(bench, golden, {r, width, 64, 1, 1}, 4, 0);
            time_of(bench, golden, {r, width, 64, 1, 0}, 4, 0);
        }
        time_of(bench, golden, {r, 37, 64, 1, 0}, 4, 0);
        time_of(bench, golden, {r, 256, 1000, 0, 0}, 1, 0);
        time_of(bench, golden, {r, 512, 1000, 0, 0}, 2, 0);
        if (k)
            for (uint32_t precision : {0u, 1u})
                time_of(bench, golden, {r, k, n, precision, 0}, 1, 1.01);
    }
}

static void speed(Bench &bench, uint32_t rows)
{
    std::vector<Job> work{make_job({rows, 1024, 16 * 5 * W, 0, 0}, 0)};
    make_memory(bench.sp, work);
    clock_t start = clock();
    uint64_t cycles = 0;
    for (int i = 0; i < 8; i++) {
        bench.run(work);
        cycles += bench.counts.cycles;
    }
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    printf("%u x %u, %u rows in use: %.0f cycles a second of CPU time\n", R, 5 * W, rows,
           (double)cycles / seconds);
}

int main(int argc, char **argv)
{
    const char *seed = getenv("SEED");
    bool quick = false, fast = false, timed = false;
    uint32_t k = 0, n = 0;
    for (int i = 1; i < argc; i++) {
        quick = quick || !strcmp(argv[i], "--quick");
        fast = fast || !strcmp(argv[i], "--speed");
        timed = timed || !strcmp(argv[i], "--timing");
        if (!strcmp(argv[i], "--seed") && i + 1 < argc)
            seed = argv[++i];
        else if (argv[i][0] != '-')
            (k ? n : k) = (uint32_t)atoi(argv[i]);
    }
    rnd_state = seed ? strtoull(seed, nullptr, 0) : 1;
    uint32_t words = timed || fast ? 131072 : 16384;
    printf("test_array_unit %u x %u, lines of %u words: SEED=%llu\n", R, 5 * W, L,
           (unsigned long long)rnd_state);
    Verilated::randReset(2);
    golden_device *golden = golden_open(R, W, 15, words);
    Bench bench(words);
    if (fast) {
        speed(bench, 1);
        speed(bench, R);
    } else if (timed) {
        timing(bench, golden, k, n);
    } else {
        test_extremes(bench, golden, words);
        test_random(bench, golden, words, quick ? (W > 16 ? 30 : 120) : 1000);
    }
    golden_close(golden);
    return 0;
}
