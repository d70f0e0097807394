// SPDX-License-Identifier: Apache-2.0
// Clock, host's register port and DRAM model around the Verilated device. The build gives QUIN_SIM_TOP (the top
// module), QUIN_SIM_CONFIG (a row of configs.def), QUIN_SIM_BUS_BYTES and QUIN_SIM_LINE_WORDS.
#include "quin_sim.h"

#include <cstring>

#include <sys/mman.h>

#define PASTE2(a, b) a##b
#define PASTE(a, b) PASTE2(a, b)
#define TEXT2(a) #a
#define TEXT(a) TEXT2(a)
#define MODEL PASTE(V, QUIN_SIM_TOP)
#define CELLS PASTE(MODEL, _quin_cell_pkg)

#include TEXT(MODEL.h)
#include TEXT(CELLS.h)
#include "scratchpad.h"
#include "verilated.h"
#if VM_TRACE
#include "verilated_fst_c.h"
#endif

struct quin_sim {
    VerilatedContext context;
    MODEL *top;
    quin_dram *dram;
    quin_dram_axi axi;
    uint8_t *memory;
    uint64_t bytes, cycles, trace_from, trace_to;
    uint64_t next_sample, sample_period; // next_sample: 0, none
    quin_sim_sample_fn *sample;
    void *sample_user;
#if VM_TRACE
    VerilatedFstC *trace;
#endif
    quin_sim_retire_fn *retire;
    void *retire_user;
    quin_sim_write_fn *write;
    void *write_user;
};

// A port of any width as bytes: Verilator gives words for wide ports, plain integers for narrow ones.
template <typename T> static void to_bytes(uint8_t *to, const T &from)
{
    memcpy(to, &from, QUIN_SIM_BUS_BYTES);
}

template <typename T> static void from_bytes(T &to, const uint8_t *from)
{
    memcpy(&to, from, QUIN_SIM_BUS_BYTES);
}

static void report_retired(quin_sim *s)
{
    uint32_t valid = s->top->retire_valid_o;
    for (uint32_t u = 0; valid && u < 4; u++) {
        if (!(valid >> u & 1) || !s->retire)
            continue;
        const quin_retire record = {s->top->retire_index_o[u], s->top->retire_command_o[u], s->top->retire_cycles_o[u],
                                    s->top->retire_checksum_o[u]};
        s->retire(s->retire_user, u, &record);
    }
}

static void report_sample(quin_sim *s)
{
    s->next_sample += s->sample_period;
    s->sample(s->sample_user, s->cycles, &s->top->rootp->QUIN_SIM_COUNTERS[0]);
}

static void show(quin_sim *s, uint64_t half)
{
#if VM_TRACE
    enum { CYCLE_NS = 10 }; // as in the timeline
    if (s->trace && s->cycles >= s->trace_from && (!s->trace_to || s->cycles < s->trace_to))
        s->trace->dump(CYCLE_NS * s->cycles + half * CYCLE_NS / 2);
#else
    (void)s, (void)half;
#endif
}

// One rising edge: the memory sees the signals as they stand before it, as the accelerator does.
static void tick(quin_sim *s)
{
    MODEL *t = s->top;
    quin_dram_axi *a = &s->axi;
    a->ar_valid = t->m_axi_arvalid_o;
    a->ar_addr = t->m_axi_araddr_o;
    a->ar_len = t->m_axi_arlen_o;
    a->ar_id = t->m_axi_arid_o;
    a->aw_valid = t->m_axi_awvalid_o;
    a->aw_addr = t->m_axi_awaddr_o;
    a->aw_len = t->m_axi_awlen_o;
    a->aw_id = t->m_axi_awid_o;
    a->w_valid = t->m_axi_wvalid_o;
    a->w_last = t->m_axi_wlast_o;
    a->w_strb = t->m_axi_wstrb_o;
    to_bytes(a->w_data, t->m_axi_wdata_o);
    a->r_ready = t->m_axi_rready_o;
    a->b_ready = t->m_axi_bready_o;
    if (t->retire_valid_o)
        report_retired(s);
    if (t->obs_reg_we_o && s->write)
        s->write(s->write_user, t->obs_reg_addr_o, t->obs_reg_wdata_o);
    quin_dram_tick(s->dram, a);
    t->clk_i = 1;
    t->eval();
    show(s, 0);
    t->m_axi_arready_i = a->ar_ready != 0;
    t->m_axi_awready_i = a->aw_ready != 0;
    t->m_axi_wready_i = a->w_ready != 0;
    t->m_axi_rvalid_i = a->r_valid != 0;
    t->m_axi_rlast_i = a->r_last != 0;
    t->m_axi_rid_i = a->r_id;
    t->m_axi_rresp_i = a->r_resp;
    from_bytes(t->m_axi_rdata_i, a->r_data);
    t->m_axi_bvalid_i = a->b_valid != 0;
    t->m_axi_bresp_i = a->b_resp;
    t->m_axi_bid_i = a->b_id;
    t->clk_i = 0;
    t->eval();
    show(s, 1);
    if (++s->cycles == s->next_sample)
        report_sample(s);
}

static void sim_destroy(quin_sim *s)
{
    if (!s)
        return;
#if VM_TRACE
    if (s->trace)
        s->trace->close();
    delete s->trace;
#endif
    if (s->top) {
        s->top->final();
        delete s->top;
    }
    quin_dram_destroy(s->dram);
    if (s->memory)
        munmap(s->memory, s->bytes);
    delete s;
}

static int open_trace(quin_sim *s, const quin_sim_options *o)
{
    if (!o->trace)
        return 1;
#if VM_TRACE
    s->context.traceEverOn(true);
    s->context.timeunit(-9); // of the times that dump gets: ns
    s->context.timeprecision(-9);
    s->trace = new VerilatedFstC;
    s->top->trace(s->trace, 99);
    s->trace->open(o->trace);
    return s->trace->isOpen();
#else
    (void)s;
    return 0;
#endif
}

static quin_sim *sim_create(const quin_sim_options *o)
{
    quin_sim *s = new quin_sim();
    const quin_dram_params defaults = o->ideal_memory ? quin_dram_ideal(QUIN_SIM_BUS_BYTES) : quin_dram_ddr3(QUIN_SIM_BUS_BYTES);
    void *memory = mmap(nullptr, o->dram_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    s->memory = memory == MAP_FAILED ? nullptr : (uint8_t *)memory;
    s->bytes = o->dram_bytes;
    s->trace_from = o->trace_from;
    s->trace_to = o->trace_to;
    s->dram = s->memory ? quin_dram_create(o->dram ? o->dram : &defaults, s->memory, s->bytes) : nullptr;
    if (s->dram)
        s->top = new MODEL(&s->context);
    if (!s->dram || !open_trace(s, o)) {
        sim_destroy(s);
        return nullptr;
    }
    s->top->rst_ni = 0;
    for (int i = 0; i < 20; i++)
        tick(s);
    s->top->rst_ni = 1;
    tick(s);
    return s;
}

static uint32_t sim_reg_read(quin_sim *s, uint32_t offset)
{
    s->top->reg_req_i = 1;
    s->top->reg_we_i = 0;
    s->top->reg_addr_i = offset;
    s->top->eval();
    tick(s);
    s->top->reg_req_i = 0;
    s->top->eval();
    for (uint32_t i = 1; i < CELLS::REG_ANSWER_CYCLES; i++)
        tick(s);
    return s->top->reg_rdata_o;
}

static void sim_reg_write(quin_sim *s, uint32_t offset, uint32_t value)
{
    s->top->reg_req_i = 1;
    s->top->reg_we_i = 1;
    s->top->reg_addr_i = offset;
    s->top->reg_wdata_i = value;
    s->top->eval();
    tick(s);
    s->top->reg_req_i = 0;
    s->top->reg_we_i = 0;
    s->top->eval();
}

static uint8_t *sim_memory(quin_sim *s, uint64_t *bytes)
{
    *bytes = s->bytes;
    return s->memory;
}

static uint32_t sim_scratchpad(const quin_sim *s, uint32_t word)
{
    return quin_scratchpad_word(s->top, word);
}

static void sim_run(quin_sim *s, uint64_t cycles)
{
    while (cycles--)
        tick(s);
}

static uint32_t sim_wait(quin_sim *s, uint32_t offset, uint32_t old, uint64_t most)
{
    enum { BETWEEN = 32 }; // polling every cycle would hold the firmware off the registers
    uint32_t value = sim_reg_read(s, offset);
    for (const uint64_t end = s->cycles + most; value == old && s->cycles < end; value = sim_reg_read(s, offset))
        sim_run(s, BETWEEN);
    return value;
}

static uint64_t sim_cycles(const quin_sim *s)
{
    return s->cycles;
}

static void sim_on_retire(quin_sim *s, quin_sim_retire_fn *fn, void *user)
{
    s->retire = fn;
    s->retire_user = user;
}

static void sim_on_write(quin_sim *s, quin_sim_write_fn *fn, void *user)
{
    s->write = fn;
    s->write_user = user;
}

static void sim_on_sample(quin_sim *s, uint64_t period, quin_sim_sample_fn *fn, void *user)
{
    s->sample = fn;
    s->sample_user = user;
    s->sample_period = period;
    s->next_sample = fn ? s->cycles + period : 0;
}

static quin_dram *sim_dram(quin_sim *s)
{
    return s->dram;
}

static int sim_trapped(const quin_sim *s)
{
    return s->top->cpu_trap_o;
}

const quin_sim_api *quin_sim_open(void)
{
    static const quin_sim_api api = {
        sizeof(quin_sim_api), sizeof(quin_sim_options), TEXT(QUIN_SIM_CONFIG), sim_create, sim_destroy, sim_reg_read, sim_reg_write, sim_memory, sim_scratchpad, sim_run,
        sim_wait, sim_cycles, sim_on_retire, sim_on_write, sim_on_sample, sim_dram, sim_trapped,
    };
    return &api;
}
