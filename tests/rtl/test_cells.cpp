// SPDX-License-Identifier: Apache-2.0
// The binary32 cells against the golden model, bit for bit, an operand a cycle, with random stalls in half of
// the run. `--quick`: 1.25e6 cycles, else 2.4e7; `--seed N` repeats a run.
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "Vcells_top.h"
#include "cells_golden.h"

namespace {

constexpr unsigned Ring = 64;  // more vectors than the longest latency

struct Cell {
    const char *name;
    unsigned latency;
    uint64_t compared, wrong;
};

struct Bench {
    Vcells_top dut;
    cells_vector ring[Ring] = {};
    uint64_t taken = 0;  // vectors that an edge with en = 1 has taken
    uint64_t special[4] = {};
    uint64_t wrong = 0;

    void compare(Cell &cell, uint32_t got, uint32_t cells_vector::*want,
                 uint32_t cells_vector::*mask = nullptr);
};

// After `taken` edges a cell shows the result of vector taken - latency (0-based).
void Bench::compare(Cell &cell, uint32_t got, uint32_t cells_vector::*want, uint32_t cells_vector::*mask)
{
    if (taken < cell.latency)
        return;
    const cells_vector &v = ring[(taken - cell.latency) % Ring];
    cell.compared++;
    if (((got ^ v.*want) & (mask ? v.*mask : 0xffffffff)) == 0)
        return;
    cell.wrong++;
    if (++wrong <= 20)
        std::printf("%s: vector %" PRIu64 ": got %08x, want %08x; a %08x b %08x sub %u integer %" PRId64
                    " func %u x %08x format %u q %08x\n", cell.name, taken - cell.latency, got, v.*want,
                    v.a, v.b, v.sub, v.integer, v.func, v.x, v.format, v.q);
}

void drive(Vcells_top &dut, const cells_vector &v)
{
    dut.a_i = v.a;
    dut.b_i = v.b;
    dut.sub_i = v.sub;
    dut.integer_i = static_cast<uint64_t>(v.integer) & 0xffffffffffu;
    dut.func_i = v.func;
    dut.x_i = v.x;
    dut.format_i = v.format;
    dut.q_i = v.q;
}

// What the run must have met: NaN, infinity, zero, and other sums.
unsigned kind(uint32_t bits)
{
    uint32_t magnitude = bits & 0x7fffffff;
    return magnitude > 0x7f800000 ? 0 : magnitude == 0x7f800000 ? 1 : magnitude == 0 ? 2 : 3;
}

}  // namespace

int main(int argc, char **argv)
{
    uint64_t cycles = 24000000, state = 1;

    for (int i = 1; i < argc; i++) {
        if (std::strcmp(argv[i], "--quick") == 0)
            cycles = 1250000;
        else if (std::strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            state = std::strtoull(argv[++i], nullptr, 0);
        else
            state = 0;
    }
    if (state == 0) {
        std::fprintf(stderr, "usage: test_cells [--quick] [--seed N], N a number other than 0\n");
        return 2;
    }
    std::printf("cells: %" PRIu64 " cycles, seed %" PRIu64 "\n", cycles, state);

    Bench bench;
    Vcells_top &dut = bench.dut;
    dut.clk_i = 0;
    dut.rst_ni = 1;
    dut.en_i = 1;
    dut.eval();
    Cell add = {"add", dut.latency_add_o, 0, 0}, mul = {"mul", dut.latency_mul_o, 0, 0};
    Cell from_int = {"from_int", dut.latency_from_int_o, 0, 0}, func = {"func", dut.latency_function_o, 0, 0};
    Cell code = {"to_int8", dut.latency_code_o, 0, 0}, max = {"max", dut.latency_max_o, 0, 0};
    Cell rint = {"rint", dut.latency_rint_o, 0, 0};
    uint64_t by_func[8] = {}, by_format[8] = {}, stalls = 0;

    for (uint64_t cycle = 0; cycle < cycles; cycle++) {
        cells_vector &v = bench.ring[bench.taken % Ring];
        bool stall = (cycle >> 12 & 1) && (cells_random(&state) >> 62) == 0;

        dut.en_i = !stall;
        if (stall) {  // the operands of a stalled cycle must not matter
            dut.a_i = dut.b_i = dut.x_i = dut.q_i = static_cast<uint32_t>(cells_random(&state));
            dut.func_i = dut.format_i = dut.a_i & 7;
            stalls++;
        } else {
            cells_vector_make(&v, &state, bench.taken);
            drive(dut, v);
            by_func[v.func]++;
            by_format[v.format]++;
            bench.special[kind(v.add)]++;
        }
        dut.clk_i = 1;
        dut.eval();
        dut.clk_i = 0;
        dut.eval();
        if (!stall)
            bench.taken++;
        bench.compare(rint, dut.rint_o, &cells_vector::rint);
        bench.compare(add, dut.add_o, &cells_vector::add);
        bench.compare(mul, dut.mul_o, &cells_vector::mul);
        bench.compare(max, dut.max_o, &cells_vector::max);
        bench.compare(from_int, dut.from_int_o, &cells_vector::from_int);
        bench.compare(func, dut.function_o, &cells_vector::function);
        bench.compare(code, dut.code_o, &cells_vector::code, &cells_vector::code_mask);
    }
    dut.final();

    for (const Cell *c : {&add, &mul, &max, &rint, &from_int, &func, &code})
        std::printf("%-9s latency %2u  compared %9" PRIu64 "  wrong %" PRIu64 "\n", c->name, c->latency,
                    c->compared, c->wrong);
    std::printf("func none %" PRIu64 " exp2 %" PRIu64 " recip %" PRIu64 " rsqrt %" PRIu64
                " rint %" PRIu64 "\n", by_func[0], by_func[1], by_func[2], by_func[3], by_func[4]);
    std::printf("format int8 %" PRIu64 " int8_low %" PRIu64 " code5 %" PRIu64 " code10 %" PRIu64
                "; stalls %" PRIu64 "\n", by_format[2], by_format[3], by_format[4], by_format[5], stalls);
    std::printf("sums: NaN %" PRIu64 " infinity %" PRIu64 " zero %" PRIu64 " other %" PRIu64 "\n",
                bench.special[0], bench.special[1], bench.special[2], bench.special[3]);
    for (uint64_t n : bench.special)  // a run that met none of a kind has tested less than it says
        bench.wrong += n < 1000;
    std::printf("cells: %s\n", bench.wrong ? "FAIL" : "PASS");
    return bench.wrong ? 1 : 0;
}
