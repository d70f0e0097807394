// SPDX-License-Identifier: Apache-2.0
// Clock, registers and the DRAM model around the Verilated accelerator.
#include "quin_sim.h"

#include <cstdlib>
#include <cstring>

#include <sys/mman.h>

#include "Vquin_accelerator.h"
#include "verilated.h"

struct quin_sim {
    VerilatedContext context;
    Vquin_accelerator *top;
    quin_dram *dram;
    quin_dram_axi axi;
    uint8_t *memory;
    uint64_t bytes, cycles;
    quin_sim_retire_fn *retire;
    void *retire_user;
};

// A port of any width as bytes: Verilator gives words for wide ports, plain integers for narrow ones.
template <typename T> static void to_bytes(uint8_t *to, const T &from, uint32_t bytes)
{
    memcpy(to, &from, bytes);
}

template <typename T> static void from_bytes(T &to, const uint8_t *from, uint32_t bytes)
{
    memcpy(&to, from, bytes);
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

// One rising edge: the memory sees the signals as they stand before it, as the accelerator does.
static void tick(quin_sim *s)
{
    Vquin_accelerator *t = s->top;
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
    to_bytes(a->w_data, t->m_axi_wdata_o, QUIN_SIM_BUS_BYTES);
    a->r_ready = t->m_axi_rready_o;
    a->b_ready = t->m_axi_bready_o;
    report_retired(s);
    quin_dram_tick(s->dram, a);
    t->clk_i = 1;
    t->eval();
    t->m_axi_arready_i = a->ar_ready != 0;
    t->m_axi_awready_i = a->aw_ready != 0;
    t->m_axi_wready_i = a->w_ready != 0;
    t->m_axi_rvalid_i = a->r_valid != 0;
    t->m_axi_rlast_i = a->r_last != 0;
    t->m_axi_rid_i = a->r_id;
    t->m_axi_rresp_i = a->r_resp;
    from_bytes(t->m_axi_rdata_i, a->r_data, QUIN_SIM_BUS_BYTES);
    t->m_axi_bvalid_i = a->b_valid != 0;
    t->m_axi_bresp_i = a->b_resp;
    t->clk_i = 0;
    t->eval();
    s->cycles++;
}

quin_sim *quin_sim_create(uint64_t bytes, const quin_dram_params *params)
{
    quin_sim *s = new quin_sim();
    const quin_dram_params defaults = quin_dram_ddr3(QUIN_SIM_BUS_BYTES);
    s->bytes = bytes;
    s->memory = (uint8_t *)mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    s->dram = s->memory == MAP_FAILED ? nullptr : quin_dram_create(params ? params : &defaults, s->memory, bytes);
    if (!s->dram) {
        delete s;
        return nullptr;
    }
    s->top = new Vquin_accelerator(&s->context);
    s->top->rst_ni = 0;
    for (int i = 0; i < 20; i++)
        tick(s);
    s->top->rst_ni = 1;
    tick(s);
    return s;
}

void quin_sim_destroy(quin_sim *s)
{
    if (!s)
        return;
    s->top->final();
    delete s->top;
    quin_dram_destroy(s->dram);
    munmap(s->memory, s->bytes);
    delete s;
}

const quin_config *quin_sim_config(const quin_sim *)
{
    return quin_config_find(QUIN_SIM_CONFIG);
}

uint32_t quin_sim_reg_read(quin_sim *s, uint32_t offset)
{
    s->top->reg_req_i = 1;
    s->top->reg_we_i = 0;
    s->top->reg_addr_i = offset;
    s->top->eval();
    tick(s);
    s->top->reg_req_i = 0;
    s->top->eval();
    return s->top->reg_rdata_o;
}

void quin_sim_reg_write(quin_sim *s, uint32_t offset, uint32_t value)
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

uint8_t *quin_sim_memory(quin_sim *s, uint64_t *bytes)
{
    *bytes = s->bytes;
    return s->memory;
}

void quin_sim_run(quin_sim *s, uint64_t cycles)
{
    while (cycles--)
        tick(s);
}

uint64_t quin_sim_cycles(const quin_sim *s)
{
    return s->cycles;
}

void quin_sim_on_retire(quin_sim *s, quin_sim_retire_fn *fn, void *user)
{
    s->retire = fn;
    s->retire_user = user;
}

quin_dram *quin_sim_dram(quin_sim *s)
{
    return s->dram;
}
