// SPDX-License-Identifier: Apache-2.0
// What the benches of rtl/mem share: random numbers, windows, failure messages, the connection of a Verilator top to
// the DRAM model, and a checker of the AXI rules that docs/rtl.md sets.
#ifndef QUIN_TESTS_AXI_BENCH_H
#define QUIN_TESTS_AXI_BENCH_H

#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <vector>

extern "C" {
#include "dram.h"
}

struct Random {
    uint64_t state;
    uint32_t next()
    {
        uint64_t z = (state += 0x9e3779b97f4a7c15u); // splitmix64
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        return uint32_t(z >> 32);
    }
    uint32_t below(uint32_t n) { return uint32_t(uint64_t(next()) * n >> 32); }
    uint32_t range(uint32_t low, uint32_t high) { return low + below(high - low + 1); }
    bool percent(uint32_t p) { return below(100) < p; }
};

inline uint64_t seed_from_environment()
{
    const char *seed = getenv("SEED");
    return seed ? strtoull(seed, nullptr, 0) : 1;
}

// Failures: the first ones are printed, all are counted.
struct Verdict {
    uint64_t failures = 0, checks = 0;
    const char *where = "";
    void check(bool good, const char *format, ...) __attribute__((format(printf, 3, 4)))
    {
        checks++;
        if (good)
            return;
        if (failures++ < 10) {
            va_list args;
            va_start(args, format);
            printf("FAIL %s: ", where);
            vprintf(format, args);
            printf("\n");
            va_end(args);
        }
    }
};

struct Window {
    uint64_t base, limit;
    uint32_t rights; // 1 read, 2 write
};

inline bool granted(const std::vector<Window> &windows, uint64_t address, uint64_t bytes, uint32_t right)
{
    for (const Window &w : windows)
        if ((w.rights & right) && address >= w.base && address < w.limit && bytes <= w.limit - address)
            return true;
    return false;
}

// Bits [lsb, lsb + width) of a port of any width.
template <class Port> void put_bits(Port &port, unsigned lsb, unsigned width, uint64_t value)
{
    uint8_t *bytes = reinterpret_cast<uint8_t *>(&port);
    for (unsigned i = 0; i < width; i++, lsb++)
        bytes[lsb / 8] = uint8_t((bytes[lsb / 8] & ~(1u << lsb % 8)) | (value >> i & 1) << lsb % 8);
}

template <class Port> void put_windows(Port &port, const std::vector<Window> &windows)
{
    memset(&port, 0, sizeof port);
    for (unsigned i = 0; i < windows.size(); i++) {
        put_bits(port, 82 * i, 40, windows[i].base);
        put_bits(port, 82 * i + 40, 40, windows[i].limit);
        put_bits(port, 82 * i + 80, 2, windows[i].rights);
    }
}

// Rules for the master: what is valid and not taken stays; bursts of at most 64 beats inside a page; w_last with the
// last beat of its burst; nothing is asked for or written where no window grants it.
struct AxiChecker {
    Verdict *verdict;
    uint32_t bus_bytes = 8;
    std::vector<Window> windows;
    quin_dram_axi before{};
    std::deque<std::pair<uint64_t, uint32_t>> writes; // address, beats of bursts whose data are to come
    uint32_t beat = 0;
    uint64_t refused = 0; // read beats not taken at once

    void reset()
    {
        before = {};
        writes.clear();
        beat = 0;
    }

    void burst(uint64_t address, uint32_t len, uint32_t right)
    {
        uint64_t bytes = uint64_t(len + 1) * bus_bytes;
        verdict->check(len < 64, "burst of %u beats", len + 1);
        verdict->check(address % bus_bytes == 0, "burst address %llx not aligned", (unsigned long long)address);
        verdict->check(address / 4096 == (address + bytes - 1) / 4096, "burst %llx + %llx crosses a page",
                       (unsigned long long)address, (unsigned long long)bytes);
        bool first = false, last = false; // some byte of the outer beats is granted
        for (uint32_t i = 0; i < bus_bytes; i++) {
            first |= granted(windows, address + i, 1, right);
            last |= granted(windows, address + bytes - bus_bytes + i, 1, right);
        }
        verdict->check(first && last, "burst %llx + %llx outside the windows", (unsigned long long)address,
                       (unsigned long long)bytes);
    }

    void cycle(const quin_dram_axi &x)
    {
        const quin_dram_axi &b = before;
        if (b.ar_valid && !b.ar_ready)
            verdict->check(x.ar_valid && x.ar_addr == b.ar_addr && x.ar_len == b.ar_len && x.ar_id == b.ar_id,
                           "AR changed while it waited");
        if (b.aw_valid && !b.aw_ready)
            verdict->check(x.aw_valid && x.aw_addr == b.aw_addr && x.aw_len == b.aw_len && x.aw_id == b.aw_id,
                           "AW changed while it waited");
        if (b.w_valid && !b.w_ready)
            verdict->check(x.w_valid && x.w_strb == b.w_strb && x.w_last == b.w_last &&
                               !memcmp(x.w_data, b.w_data, bus_bytes), "W changed while it waited");
        refused += x.r_valid && !x.r_ready;
        if (x.ar_valid && x.ar_ready)
            burst(x.ar_addr, x.ar_len, 1);
        if (x.aw_valid && x.aw_ready) {
            burst(x.aw_addr, x.aw_len, 2);
            writes.emplace_back(x.aw_addr, x.aw_len + 1);
        }
        if (x.w_valid && x.w_ready && !writes.empty()) { // the model takes data after the address only
            uint64_t address = writes.front().first + uint64_t(beat) * bus_bytes;
            bool last = ++beat == writes.front().second;
            verdict->check(last == !!x.w_last, "w_last %d in beat %u of %u", x.w_last, beat, writes.front().second);
            verdict->check(x.w_strb && (bus_bytes == 64 || !(x.w_strb >> bus_bytes)), "strobes %llx",
                           (unsigned long long)x.w_strb);
            for (uint32_t i = 0; i < bus_bytes; i++)
                if (x.w_strb >> i & 1)
                    verdict->check(granted(windows, address + i, 1, 2), "byte %llx written without a right",
                                   (unsigned long long)(address + i));
            if (last) {
                writes.pop_front();
                beat = 0;
            }
        }
        before = x;
    }
};

// Read channel: the memory's signals into the top, and back.
template <class Top> void read_into_top(Top *top, const quin_dram_axi &x)
{
    top->m_axi_arready_i = x.ar_ready;
    top->m_axi_rvalid_i = x.r_valid;
    memcpy(&top->m_axi_rdata_i, x.r_data, sizeof top->m_axi_rdata_i);
    top->m_axi_rresp_i = x.r_resp;
    top->m_axi_rlast_i = x.r_last;
}

template <class Top> void read_from_top(const Top *top, quin_dram_axi &x)
{
    x.ar_valid = top->m_axi_arvalid_o;
    x.ar_addr = top->m_axi_araddr_o;
    x.ar_len = top->m_axi_arlen_o;
    x.r_ready = top->m_axi_rready_o;
}

template <class Top> void write_into_top(Top *top, const quin_dram_axi &x)
{
    top->m_axi_awready_i = x.aw_ready;
    top->m_axi_wready_i = x.w_ready;
    top->m_axi_bvalid_i = x.b_valid;
    top->m_axi_bresp_i = x.b_resp;
}

template <class Top> void write_from_top(const Top *top, quin_dram_axi &x)
{
    x.aw_valid = top->m_axi_awvalid_o;
    x.aw_addr = top->m_axi_awaddr_o;
    x.aw_len = top->m_axi_awlen_o;
    x.w_valid = top->m_axi_wvalid_o;
    memcpy(x.w_data, &top->m_axi_wdata_o, sizeof top->m_axi_wdata_o);
    x.w_strb = top->m_axi_wstrb_o;
    x.w_last = top->m_axi_wlast_o;
    x.b_ready = top->m_axi_bready_o;
}

#endif
