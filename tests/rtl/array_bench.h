// SPDX-License-Identifier: Apache-2.0
// Drives quin_array_unit, cycle by cycle: a batch of MATMULs one behind the other, their streams, and the
// scratchpad, with random gaps. Checks handshakes, that requests stay, and that each cycle has a beat or one
// stall; keeps checksums and counts. Built with -DROWS=.. -DSTREAM_BYTES=.. -DLINE_WORDS=.. as the unit is.
#ifndef QUIN_ARRAY_BENCH_H
#define QUIN_ARRAY_BENCH_H

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "Vquin_array_unit.h"
#include "golden_matmul.h"
#include "verilated.h"

enum : uint32_t { R = ROWS, W = STREAM_BYTES, L = LINE_WORDS, PRECISION_D5 = 1, PRECISION_D10 = 2 };

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
    uint64_t beats;               // without column scales
    uint32_t tile, tile_all;      // beats of a tile, without and with its scales
};

struct Counts {
    uint64_t adds, skipped, wraps, values, cycles, beats, drain, act, stream;
};

class Bench {
public:
    explicit Bench(uint32_t words) : sp(words)
    {
        top.rst_ni = 0;
        for (int i = 0; i < 4; i++)
            cycle();
        top.rst_ni = 1;
        cycle();
    }

    [[noreturn]] void fail(const char *what, uint64_t got = 0, uint64_t want = 0)
    {
        printf("FAIL batch %u, MATMUL %zu, cycle %llu: %s: %llx, want %llx\n", batch, ended.size(),
               (unsigned long long)now, what, (unsigned long long)got, (unsigned long long)want);
        exit(1);
    }

    // Runs a batch to its end, or drops it after abort_after cycles (0: never); true if it ended.
    bool run(const std::vector<Job> &work, uint64_t abort_after = 0)
    {
        jobs = &work;
        batch++;
        taken_jobs = beat_job = beat_at = 0;
        left = 0;
        ended.clear();
        first_beat.assign(work.size(), 0);
        last_beat.assign(work.size(), 0);
        counts = Counts();
        stream_offered = false;
        uint64_t start = now;
        while (ended.size() < work.size()) {
            if (abort_after && now - start == abort_after) {
                drop();
                return false;
            }
            if (now - start > 40000000)
                fail("no end");
            cycle();
        }
        counts.cycles = now - start;
        if (left || taken_jobs != work.size())
            fail("beats left", left);
        for (int i = 0; i < 8; i++) {
            cycle();
            if (top.done_o || top.drain_req_o || !top.job_ready_o)
                fail("not idle at the end");
        }
        return true;
    }

    std::vector<uint32_t> sp;
    Counts counts = Counts();
    std::vector<uint32_t> ended;                  // checksums
    std::vector<uint64_t> first_beat, last_beat;  // of each MATMUL, the cycle
    uint32_t slow_stream = 0, slow_memory = 0, slow_jobs = 0;  // percent of cycles

private:
    Vquin_array_unit top;
    const std::vector<Job> *jobs = nullptr;
    size_t taken_jobs = 0, beat_job = 0;
    uint64_t beat_at = 0;  // beats of beat_job that were taken, column scales too
    uint64_t now = 0, left = 0;
    uint32_t batch = 0;
    static constexpr uint32_t READ_CYCLES = 3;  // port B of the scratchpad, docs/rtl.md
    struct Read {
        bool granted;
        uint32_t line;
    } reads[READ_CYCLES] = {};
    bool stream_offered = false, job_offered = false;
    struct Request {
        bool open;
        uint64_t strobes;
        uint32_t addr;
        uint32_t data[L];
    } held_read = {}, held_write = {};

    // Ports of up to 64 bits are numbers, wider ones arrays.
    template <typename T> static void set_bytes(T &port, const void *from)
    {
        memcpy((void *)&port, from, sizeof port);
    }

    void drop()
    {
        top.abort_i = 1;
        cycle();
        top.abort_i = 0;
        jobs = nullptr;
        left = 0;
        counts = Counts();
        for (int i = 0; i < 40; i++) {
            cycle();
            if (top.done_o || top.array_req_o || top.drain_req_o || !top.job_ready_o || counts.adds)
                fail("not idle after abort");
        }
    }

    void offer_job()
    {
        job_offered = jobs && taken_jobs < jobs->size() &&
                      (job_offered || !slow_jobs || below(100) >= slow_jobs);
        top.job_valid_i = job_offered;
        golden_matmul m = {};
        if (job_offered) {
            m = (*jobs)[taken_jobs].m;
        } else if (slow_jobs) {  // the fields are taken with the job
            m.rows = rnd() % 128;
            m.act = m.dst = m.n = rnd() & 0xfffff;
            m.k = rnd() & 0x7fff;
        }
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
    }

    void offer_beat()
    {
        while (jobs && beat_job < jobs->size() && beat_at * W == (*jobs)[beat_job].stream.size()) {
            beat_job++;
            beat_at = 0;
        }
        bool more = jobs && beat_job < jobs->size();
        // A beat once offered stays.
        stream_offered = more && (stream_offered || !slow_stream || below(100) >= slow_stream);
        top.stream_valid_i = stream_offered;
        if (stream_offered) {
            set_bytes(top.stream_data_i, &(*jobs)[beat_job].stream[beat_at * W]);
        } else if (slow_stream) {
            uint8_t noise[W];
            for (uint8_t &b : noise)
                b = (uint8_t)rnd();
            set_bytes(top.stream_data_i, noise);
        }
    }

    void check_held(const char *what, Request &held, const Request &request, bool req, bool gnt)
    {
        if (held.open && (!req || held.addr != request.addr || held.strobes != request.strobes ||
                          memcmp(held.data, request.data, sizeof held.data)) &&
            !top.abort_i && top.rst_ni)
            fail(what, request.addr, held.addr);
        held = request;
        held.open = req && !gnt && !top.abort_i;
    }

    void cycle()
    {
        top.clk_i = 0;
        offer_job();
        offer_beat();
        const Read &read = reads[now % READ_CYCLES];
        if (read.granted)
            set_bytes(top.array_rdata_i, &sp[read.line * L]);
        top.array_rvalid_i = read.granted;
        top.array_gnt_i = top.drain_gnt_i = 0;
        top.eval();
        bool open = top.rst_ni && (!slow_memory || below(100) >= slow_memory);
        if (open && (top.array_req_o || top.drain_req_o)) {
            top.array_gnt_i = top.array_req_o;
            top.drain_gnt_i = !top.array_req_o;
            top.eval();
        }
        memory();
        look();
        top.clk_i = 1;
        top.eval();
        now++;
    }

    void memory()
    {
        Request request = {};
        request.addr = top.array_addr_o;
        reads[now % READ_CYCLES] = {bool(top.array_gnt_i), request.addr};
        if (top.array_gnt_i && (request.addr + 1) * L > sp.size())
            fail("read beyond the scratchpad", request.addr);
        check_held("read request changed", held_read, request, top.array_req_o, top.array_gnt_i);
        if (!top.drain_req_o && !held_write.open)
            return;
        request.addr = top.drain_addr_o;
        memcpy(request.data, (const void *)&top.drain_wdata_o, sizeof request.data);
        request.strobes = top.drain_wstrb_o;
        check_held("write request changed", held_write, request, top.drain_req_o, top.drain_gnt_i);
        if (!top.drain_gnt_i || top.abort_i)
            return;
        if ((request.addr + 1) * L > sp.size())
            fail("write beyond the scratchpad", request.addr);
        for (uint32_t i = 0; i < L; i++) {
            uint32_t strobe = request.strobes >> 4 * i & 15;
            if (strobe == 15)
                sp[request.addr * L + i] = request.data[i];
            else if (strobe)
                fail("part of a word", strobe);
        }
    }

    // Handshakes and counts of the cycle; with beats to go there is a beat or one stall in every cycle, else
    // none.
    void look()
    {
        if (!top.rst_ni || top.abort_i || !jobs)
            return;
        if (top.done_o) {
            if (ended.size() == taken_jobs)
                fail("done without a MATMUL");
            ended.push_back(top.done_checksum_o);
            if (top.done_error_o)
                fail("device error", top.done_error_o);
        }
        bool take = stream_offered && top.stream_ready_o, beat = false;
        if (take) {
            const Job &job = (*jobs)[beat_job];
            if (beat_job >= taken_jobs)
                fail("a beat of a MATMUL that was not taken");
            beat = beat_at % job.tile_all < job.tile;
            if (!beat_at)
                first_beat[beat_job] = now;
            last_beat[beat_job] = now;
            beat_at++;
            stream_offered = false;
        }
        uint32_t stalls = top.stall_drain_o + top.stall_act_o + top.stall_stream_o;
        if (beat + stalls != (left != 0))
            fail("beats and stalls", beat + stalls, left != 0);
        left -= beat;
        if (job_offered && top.job_ready_o) {
            left += (*jobs)[taken_jobs++].beats;
            job_offered = false;
        }
        counts.beats += beat;
        counts.drain += top.stall_drain_o;
        counts.act += top.stall_act_o;
        counts.stream += top.stall_stream_o;
        counts.adds += top.count_adds_o;
        counts.skipped += top.count_skipped_o;
        counts.wraps += top.count_wraps_o;
        counts.values += top.count_value_o;
    }
};

#endif
