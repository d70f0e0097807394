// SPDX-License-Identifier: Apache-2.0
// Latencies of the cells in rtl/common, in cycles with en_i = 1 from operand to result. A cell has no valid
// bits: its user delays its own by these numbers. And those of port B of the scratchpad and of the register port.
`default_nettype none
package quin_cell_pkg;
    /* verilator lint_off UNUSEDPARAM */ // no user needs all of them
    localparam int F32_ADD_LATENCY = 4;
    localparam int F32_MUL_LATENCY = 4;
    localparam int F32_FROM_INT_LATENCY = 3;
    localparam int F32_TO_INT8_LATENCY = 4;
    localparam int F32_MAX_LATENCY = 2;
    localparam int F32_RINT_LATENCY = 1;
    localparam int FUNC_LATENCY = 43;     // quin_func: 2 + 10 stages of 4 + 1
    localparam int SP_READ_CYCLES = 3;    // quin_sp_arbiter: from a read's grant to its line
    localparam int REG_ANSWER_CYCLES /* verilator public */ = 5; // quin_registers: from a request to its answer
    /* verilator lint_on UNUSEDPARAM */
endpackage
`default_nettype wire
