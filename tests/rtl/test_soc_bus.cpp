// SPDX-License-Identifier: Apache-2.0
// Bench of quin_soc_bus for buses of 2, 4, 8 and 64 bytes: random bursts of an accelerator beside random words of the core,
// on a memory that stalls and answers out of order. All data are checked against shadows kept here, AXI payloads must stay
// while they wait, errors must come back with zeros, and dropped accesses, their late and lost answers must not show.
// SEED=n replays a run, argument --all runs longer.
#include <verilated.h>

#include <array>

#include "Vsoc_bus_top.h"
#include "axi_bench.h"

namespace {

constexpr uint32_t READ = 0, WRITE = 32 << 10, CORE = 64 << 10, BAD = 96 << 10, BYTES = 100 << 10;
constexpr uint32_t WIDTHS[4] = {2, 4, 8, 64};
constexpr uint64_t PATIENCE = 20000;

struct Beat {
    std::array<uint8_t, 64> data;
    uint64_t strb;
    bool last;
};

struct Bench {
    Vsoc_bus_top *top = new Vsoc_bus_top;
    Verdict verdict;
    Random random{seed_from_environment()};
    std::vector<uint8_t> memory = std::vector<uint8_t>(BYTES), shadow;
    std::vector<bool> unknown = std::vector<bool>(BYTES / 4); // words of the core whose dropped write may have happened
    quin_dram *dram = nullptr;
    quin_dram_axi axi{}, before{};
    uint32_t bus = 8;
    uint64_t now = 0;

    // accelerator
    std::deque<uint64_t> expected[3]; // addresses of the beats to come, by id; bit 63: the last of its burst
    std::deque<Beat> data;            // W
    std::deque<std::pair<uint64_t, uint32_t>> addresses; // AW
    uint32_t answers = 0;             // B to come
    // core
    struct { bool ar, aw, w, core; } done{}; // taken in this cycle
    bool core = false, losing = false;
    uint64_t core_since = 0, next_drop = 0, drop_at = 0;
    uint64_t acks = 0, errors = 0, drops = 0, bursts = 0, lost = 0;

    ~Bench()
    {
        quin_dram_destroy(dram);
        delete top;
    }

    void start(uint32_t k, quin_dram_params params)
    {
        quin_dram_destroy(dram);
        bus = WIDTHS[k];
        params.bus_bytes = bus;
        params.seed = random.next();
        for (uint8_t &b : memory)
            b = uint8_t(random.next());
        shadow = memory;
        unknown.assign(BYTES / 4, false);
        dram = quin_dram_create(&params, memory.data(), BYTES);
        quin_dram_set_error(dram, BAD, BYTES);
        axi = before = {};
        top->select_i = k;
        top->rst_ni = 0;
        for (int i = 0; i < 4; i++)
            tick(false);
        top->rst_ni = 1;
    }

    // ---- what the accelerator shows: valid stays until it is taken ----
    void accelerate(bool more)
    {
        if (more && !top->acc_arvalid_i && random.percent(30)) {
            uint32_t id = random.below(3), beats = 1 + random.below(16), room = 4096 / bus;
            uint32_t at = random.below((WRITE - READ) / bus);
            if (at % room + beats > room)
                beats = room - at % room;
            top->acc_araddr_i = READ + at * bus;
            top->acc_arlen_i = beats - 1;
            top->acc_arid_i = id;
            top->acc_arvalid_i = 1;
            for (uint32_t i = 0; i < beats; i++)
                expected[id].push_back(READ + (at + i) * bus | uint64_t(i + 1 == beats) << 63);
            bursts++;
        }
        if (more && addresses.size() < 4 && data.size() < 40 && random.percent(10)) {
            uint32_t beats = 1 + random.below(16), at = WRITE + random.below((CORE - WRITE) / bus - 16) * bus;
            if (at / 4096 != (at + beats * bus - 1) / 4096)
                beats = 1;
            addresses.emplace_back(at, beats);
            for (uint32_t i = 0; i < beats; i++) {
                Beat b{{}, 0, i + 1 == beats};
                for (uint32_t j = 0; j < bus; j++) {
                    b.data[j] = uint8_t(random.next());
                    if (random.percent(70)) {
                        b.strb |= uint64_t(1) << j;
                        shadow[at + i * bus + j] = b.data[j];
                    }
                }
                data.push_back(b);
            }
            answers++;
            bursts++;
        }
        if (!top->acc_awvalid_i && !addresses.empty() && random.percent(30)) {
            top->acc_awaddr_i = addresses.front().first;
            top->acc_awlen_i = addresses.front().second - 1;
            top->acc_awvalid_i = 1;
        }
        if (!top->acc_wvalid_i && !data.empty() && random.percent(60)) { // also before its address
            memcpy(&top->acc_wdata_i, data.front().data.data(), 64);
            top->acc_wstrb_i = data.front().strb;
            top->acc_wlast_i = data.front().last;
            top->acc_wvalid_i = 1;
        }
        top->acc_rready_i = random.percent(80);
        top->acc_bready_i = random.percent(80);
    }

    void accelerator_saw()
    {
        done.ar = top->acc_arvalid_i && top->acc_arready_o;
        done.aw = top->acc_awvalid_i && top->acc_awready_o;
        done.w = top->acc_wvalid_i && top->acc_wready_o;
        if (done.aw) {
            addresses.pop_front();
        }
        if (done.w) {
            data.pop_front();
        }
        if (top->acc_rvalid_o && top->acc_rready_i) {
            uint32_t id = axi.r_id;
            verdict.check(id < 3 && !expected[id < 3 ? id : 0].empty(), "a beat of id %u that nobody asked for", id);
            if (id >= 3 || expected[id].empty())
                return;
            uint64_t at = expected[id].front() << 1 >> 1;
            verdict.check(!memcmp(axi.r_data, &shadow[at], bus), "read data at %lx", at);
            verdict.check(axi.r_last == int(expected[id].front() >> 63), "last beat at %lx", at);
            expected[id].pop_front();
        }
        if (top->acc_bvalid_o && top->acc_bready_i) {
            verdict.check(answers > 0, "one answer too many");
            answers--;
        }
    }

    // ---- the core ----
    void compute(bool more)
    {
        top->drop_i = core && drop_at && now >= drop_at;
        if (core || !more || !random.percent(40))
            return;
        uint32_t at = random.percent(5) ? BAD + 4 * random.below(1024) : CORE + 4 * random.below(64);
        top->addr_i = at;
        top->we_i = random.percent(50);
        top->wdata_i = random.next();
        top->wstrb_i = random.percent(60) ? 15 : 1 + random.below(15);
        top->req_i = core = true;
        core_since = now;
        drop_at = 0;
        losing = false;
        if (now > next_drop && random.percent(20)) {
            losing = random.percent(50);
            drop_at = now + (losing ? 2000 : random.below(60));
            next_drop = drop_at + 3000; // longer than any answer takes
        }
    }

    void core_saw()
    {
        uint32_t at = uint32_t(top->addr_i);
        verdict.check(!top->ack_o || (core && !top->drop_i), "an answer that nobody waits for");
        if (!core)
            return;
        if (top->drop_i) {
            drops++;
            if (top->we_i && at < BAD)
                unknown[at / 4] = true;
            core = false;
            done.core = true;
        } else if (top->ack_o) {
            acks++;
            errors += top->error_o;
            verdict.check(top->error_o == (at >= BAD), "error %u at %x", top->error_o, at);
            if (!top->we_i && at >= BAD)
                verdict.check(top->rdata_o == 0, "data %x with an error", top->rdata_o);
            if (at < BAD)
                top->we_i ? wrote(at) : has_read(at);
            core = false;
            done.core = true;
        } else {
            verdict.check(now - core_since < PATIENCE, "no answer");
            core_since = now - core_since < PATIENCE ? core_since : now;
        }
    }

    void wrote(uint32_t at)
    {
        for (uint32_t i = 0; i < 4; i++)
            if (top->wstrb_i >> i & 1)
                shadow[at + i] = uint8_t(top->wdata_i >> 8 * i);
        verdict.check(unknown[at / 4] || !memcmp(&memory[at], &shadow[at], 4), "the write at %x is answered and not done", at);
        if (top->wstrb_i == 15)
            unknown[at / 4] = false;
    }

    void has_read(uint32_t at)
    {
        uint32_t value;
        memcpy(&value, &shadow[at], 4);
        if (unknown[at / 4])
            memcpy(&shadow[at], &top->rdata_o, 4); // it has happened or not; by now for good
        else
            verdict.check(value == top->rdata_o, "word at %x is %x and not %x", at, top->rdata_o, value);
        unknown[at / 4] = false;
    }

    // ---- a cycle ----
    void stable()
    {
        const quin_dram_axi &b = before, &x = axi;
        if (b.ar_valid && !b.ar_ready)
            verdict.check(x.ar_valid && x.ar_addr == b.ar_addr && x.ar_len == b.ar_len && x.ar_id == b.ar_id, "AR changed");
        if (b.aw_valid && !b.aw_ready)
            verdict.check(x.aw_valid && x.aw_addr == b.aw_addr && x.aw_len == b.aw_len && x.aw_id == b.aw_id, "AW changed");
        if (b.w_valid && !b.w_ready)
            verdict.check(x.w_valid && x.w_strb == b.w_strb && x.w_last == b.w_last && !memcmp(x.w_data, b.w_data, bus),
                          "W changed");
    }

    void tick(bool more)
    {
        bool mine_r = axi.r_valid && (axi.r_id & 3) == 3, mine_b = axi.b_valid && (axi.b_id & 3) == 3;
        bool lose = losing && core && (mine_r || mine_b) && now > core_since + 3;
        bool drop_r = lose && mine_r, drop_b = lose && mine_b;
        lost += lose;
        accelerate(more && top->rst_ni);
        compute(more && top->rst_ni);
        top->m_axi_arready_i = axi.ar_ready;
        top->m_axi_awready_i = axi.aw_ready;
        top->m_axi_wready_i = axi.w_ready;
        top->m_axi_rvalid_i = axi.r_valid && !drop_r;
        top->m_axi_rlast_i = axi.r_last;
        top->m_axi_rid_i = axi.r_id;
        top->m_axi_rresp_i = axi.r_resp;
        memcpy(&top->m_axi_rdata_i, axi.r_data, 64);
        top->m_axi_bvalid_i = axi.b_valid && !drop_b;
        top->m_axi_bid_i = axi.b_id;
        top->m_axi_bresp_i = axi.b_resp;
        top->clk_i = 0;
        top->eval();
        axi.ar_valid = top->m_axi_arvalid_o;
        axi.ar_addr = top->m_axi_araddr_o;
        axi.ar_len = top->m_axi_arlen_o;
        axi.ar_id = top->m_axi_arid_o;
        axi.aw_valid = top->m_axi_awvalid_o;
        axi.aw_addr = top->m_axi_awaddr_o;
        axi.aw_len = top->m_axi_awlen_o;
        axi.aw_id = top->m_axi_awid_o;
        axi.w_valid = top->m_axi_wvalid_o;
        axi.w_last = top->m_axi_wlast_o;
        axi.w_strb = top->m_axi_wstrb_o;
        memcpy(axi.w_data, &top->m_axi_wdata_o, 64);
        axi.r_ready = top->m_axi_rready_o || drop_r;
        axi.b_ready = top->m_axi_bready_o || drop_b;
        done = {};
        if (top->rst_ni) {
            stable();
            accelerator_saw();
            core_saw();
        }
        before = axi;
        quin_dram_tick(dram, &axi);
        top->clk_i = 1;
        top->eval();
        top->acc_arvalid_i &= !done.ar;
        top->acc_awvalid_i &= !done.aw;
        top->acc_wvalid_i &= !done.w;
        top->req_i &= !done.core;
        now++;
    }

    void run(const char *name, uint64_t cycles)
    {
        verdict.where = name;
        acks = errors = drops = bursts = lost = 0;
        while (cycles--)
            tick(true);
        for (int i = 0; i < 20000; i++)
            tick(false);
        verdict.check(!core && data.empty() && addresses.empty() && !answers, "something is still under way");
        for (auto &e : expected)
            verdict.check(e.empty(), "%zu beats did not come", e.size());
        for (uint32_t at = 0; at < BAD; at++)
            verdict.check(unknown[at / 4] || memory[at] == shadow[at], "byte %x is %x and not %x", at, memory[at], shadow[at]);
        const char *text;
        verdict.check(!quin_dram_breaches(dram, &text), "AXI: %s", text);
        verdict.check(acks > 100 && errors && drops && lost && bursts > 100, "too little happened");
        printf("%s: %lu words, %lu errors, %lu dropped, %lu answers lost, %lu bursts beside them\n", name, acks, errors, drops,
               lost, bursts);
    }
};

} // namespace

int main(int argc, char **argv)
{
    uint64_t cycles = argc > 1 && !strcmp(argv[1], "--all") ? 3000000 : 300000;
    Bench bench;
    for (uint32_t k = 0; k < 4; k++) {
        char name[2][32];
        quin_dram_params fast = quin_dram_ideal(8), slow = quin_dram_ddr3(8);
        slow.stall_percent = 40;
        slow.interleave = 1;
        snprintf(name[0], sizeof name[0], "%u bytes, fast memory", WIDTHS[k]);
        snprintf(name[1], sizeof name[1], "%u bytes, slow memory", WIDTHS[k]);
        bench.start(k, fast);
        bench.run(name[0], cycles);
        bench.start(k, slow);
        bench.run(name[1], cycles);
    }
    printf("soc_bus: %lu checks, %lu failed\n", bench.verdict.checks, bench.verdict.failures);
    return bench.verdict.failures != 0;
}
