// SPDX-License-Identifier: Apache-2.0
// The whole device in Verilator with its DRAM, as test_soc.cpp drives it: the host's register port, what the RV32 core
// writes into registers, completions as they stood in DRAM when CQ_TAIL announced them, and answers of the memory that
// get lost. Beside it the golden device with the same firmware compiled for this machine.
#ifndef QUIN_TESTS_SOC_BENCH_H
#define QUIN_TESTS_SOC_BENCH_H

#include <sys/mman.h>
#include <verilated.h>

#include "Vquin_soc.h"
#include "Vquin_soc_quin_cell_pkg.h"
#include "axi_bench.h"

extern "C" {
#include "contract.h"
#include "device.h"
#include "firmware.h"
}

struct Write {
    uint32_t offset, value;
    bool operator==(const Write &o) const { return offset == o.offset && value == o.value; }
};

constexpr uint64_t CQ_AT = 0x1ffffe000;
constexpr uint32_t CQ_MAX = 256; // its end is the end of the DRAM
constexpr uint64_t DRAM_BYTES = uint64_t(8) << 30;

struct Soc {
    VerilatedContext context;
    Vquin_soc *top = new Vquin_soc(&context);
    Verdict *verdict;
    uint8_t *memory;
    quin_dram *dram;
    quin_dram_axi axi{};
    uint64_t now = 0;
    std::vector<Write> writes; // of the core
    std::vector<quin_completion> completions;
    uint32_t cq_entries = CQ_MAX, traps = 0;
    uint64_t ended = 0, gap = 0, gaps = 0; // cycles from the end of a run to the next one, while submissions wait
    uint64_t announced = 0;                // when CQ_TAIL was written
    int lose_core_reads = 0, lose_core_answers = 0, lose_fetches = 0;

    Soc(Verdict *v, const quin_dram_params &params) : verdict(v)
    {
        memory = (uint8_t *)mmap(nullptr, DRAM_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        dram = quin_dram_create(&params, memory, DRAM_BYTES);
        if (memory == MAP_FAILED || !dram) {
            printf("no memory for the test\n");
            exit(1);
        }
        for (int i = 0; i < 20; i++)
            tick();
        top->rst_ni = 1;
        tick();
    }

    ~Soc()
    {
        const char *text;
        verdict->check(!quin_dram_breaches(dram, &text), "AXI: %s", text);
        verdict->check(!traps, "the core trapped %u times", traps);
        top->final();
        delete top;
        quin_dram_destroy(dram);
        munmap(memory, DRAM_BYTES);
    }

    template <class T> T load(uint64_t at) const
    {
        T value;
        memcpy(&value, memory + at, sizeof value);
        return value;
    }

    void observe()
    {
        traps += top->cpu_trap_o;
        if (top->retire_valid_o >> 3 & 1 && top->retire_command_o[3] >> 24 == QUIN_OP_END)
            ended = now;
        if (!top->obs_reg_we_o || (top->reg_req_i && top->reg_we_i))
            return;
        writes.push_back({top->obs_reg_addr_o, top->obs_reg_wdata_o});
        if (top->obs_reg_addr_o == QUIN_REG_CONTROL && top->obs_reg_wdata_o == QUIN_CONTROL_START && ended) {
            gap += now - ended;
            gaps++;
            ended = 0;
        }
        if (top->obs_reg_addr_o == QUIN_REG_SQ_HEAD)
            ended = 0;
        if (top->obs_reg_addr_o != QUIN_REG_CQ_TAIL || completions.size() >= top->obs_reg_wdata_o)
            return;
        uint64_t at = CQ_AT + (top->obs_reg_wdata_o - 1) % cq_entries * sizeof(quin_completion);
        completions.push_back(load<quin_completion>(at)); // it must be there by now
        announced = now;
        memset(memory + at, 0xa5, sizeof(quin_completion));
    }

    // An answer that the memory gave and nobody sees.
    static bool lose(int valid, int &left)
    {
        bool yes = valid && left > 0;
        left -= yes;
        return yes;
    }

    void tick()
    {
        bool core_r = (axi.r_id & 3) == 3, core_b = (axi.b_id & 3) == 3;
        bool no_r = lose(axi.r_valid && core_r, lose_core_reads) || lose(axi.r_valid && axi.r_id == 0, lose_fetches);
        bool no_b = lose(axi.b_valid && core_b, lose_core_answers);
        top->m_axi_rvalid_i = axi.r_valid && !no_r;
        top->m_axi_bvalid_i = axi.b_valid && !no_b;
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
        memcpy(axi.w_data, &top->m_axi_wdata_o, sizeof top->m_axi_wdata_o);
        axi.r_ready = no_r || top->m_axi_rready_o;
        axi.b_ready = no_b || top->m_axi_bready_o;
        observe();
        quin_dram_tick(dram, &axi);
        top->clk_i = 1;
        top->eval();
        top->m_axi_arready_i = axi.ar_ready != 0;
        top->m_axi_awready_i = axi.aw_ready != 0;
        top->m_axi_wready_i = axi.w_ready != 0;
        top->m_axi_rlast_i = axi.r_last != 0;
        top->m_axi_rid_i = axi.r_id;
        top->m_axi_rresp_i = axi.r_resp;
        memcpy(&top->m_axi_rdata_i, axi.r_data, sizeof top->m_axi_rdata_i);
        top->m_axi_bid_i = axi.b_id;
        top->m_axi_bresp_i = axi.b_resp;
        now++;
    }

    void run(uint64_t cycles)
    {
        while (cycles--)
            tick();
    }

    uint32_t read(uint32_t offset)
    {
        top->reg_req_i = 1;
        top->reg_we_i = 0;
        top->reg_addr_i = offset;
        tick();
        top->reg_req_i = 0;
        run(Vquin_soc_quin_cell_pkg::REG_ANSWER_CYCLES - 1);
        return top->reg_rdata_o;
    }

    void write(uint32_t offset, uint32_t value)
    {
        top->reg_req_i = top->reg_we_i = 1;
        top->reg_addr_i = offset;
        top->reg_wdata_i = value;
        tick();
        top->reg_req_i = top->reg_we_i = 0;
    }

    // Until the register has the value; returns the cycles it took, or 0 and a failure after `most`.
    uint64_t wait(uint32_t offset, uint32_t value, uint64_t most, const char *what)
    {
        uint64_t start = now;
        while (read(offset) != value && now - start < most)
            run(15);
        uint32_t seen = read(offset);
        verdict->check(seen == value, "%s: register 0x%x is %u and not %u after %lu cycles", what, offset, seen, value,
                       now - start);
        return seen == value ? now - start : 0;
    }

    bool wait_completions(size_t count, uint64_t most)
    {
        for (uint64_t start = now; completions.size() < count && now - start < most;)
            tick();
        verdict->check(completions.size() >= count, "%zu completions came and not %zu", completions.size(), count);
        return completions.size() >= count;
    }
    quin_completion newest() const { return completions.empty() ? quin_completion{} : completions.back(); }
};

// The golden device and the firmware's own source.
struct Golden {
    quin_device *device;
    quin_fw firmware;
    quin_fw_port port;
    std::vector<Write> writes;
    std::vector<quin_completion> completions;

    explicit Golden(const quin_config *config) : device(quin_device_create(config, DRAM_BYTES))
    {
        port = {this, [](void *g, uint32_t offset) { return quin_device_reg_read(((Golden *)g)->device, offset); },
                [](void *g, uint32_t offset, uint32_t value) { ((Golden *)g)->put(offset, value); },
                [](void *g, uint64_t at, void *data, uint32_t bytes) {
                    if (!quin_device_mem_read(((Golden *)g)->device, at, data, bytes))
                        memset(data, 0, bytes);
                },
                [](void *g, uint64_t at, const void *data, uint32_t bytes) {
                    (void)quin_device_mem_write(((Golden *)g)->device, at, data, bytes);
                }};
        quin_fw_init(&firmware, &port, 1000);
    }
    ~Golden() { quin_device_destroy(device); }

    void put(uint32_t offset, uint32_t value)
    {
        writes.push_back({offset, value});
        quin_device_reg_write(device, offset, value);
        if (offset != QUIN_REG_CQ_TAIL || completions.size() >= value)
            return;
        quin_completion c;
        quin_device_mem_read(device, CQ_AT + (value - 1) % CQ_MAX * sizeof c, &c, sizeof c);
        completions.push_back(c);
    }

    void settle()
    {
        while (quin_device_step(device, 1000) | quin_fw_poll(&firmware))
            ;
    }
};

#endif
