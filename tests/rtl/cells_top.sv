// SPDX-License-Identifier: Apache-2.0
// All binary32 cells side by side, for tests/rtl/test_cells.cpp and tests/rtl/cells_icarus.sv.
`default_nettype none
module cells_top (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        en_i,
    input  logic [31:0] a_i,
    input  logic [31:0] b_i,
    input  logic        sub_i,
    input  logic [39:0] integer_i,
    input  logic [2:0]  func_i,
    input  logic [31:0] x_i,
    input  logic [2:0]  format_i,
    input  logic [31:0] q_i,
    output logic [31:0] add_o,
    output logic [31:0] mul_o,
    output logic [31:0] max_o,
    output logic [31:0] rint_o,
    output logic [31:0] from_int_o,
    output logic [31:0] function_o,
    output logic [15:0] code_o,
    output logic [7:0]  latency_add_o,
    output logic [7:0]  latency_mul_o,
    output logic [7:0]  latency_max_o,
    output logic [7:0]  latency_rint_o,
    output logic [7:0]  latency_from_int_o,
    output logic [7:0]  latency_function_o,
    output logic [7:0]  latency_code_o
);
    quin_f32_add add (.clk_i, .rst_ni, .en_i, .a_i, .b_i, .sub_i, .y_o(add_o));
    quin_f32_mul mul (.clk_i, .rst_ni, .en_i, .a_i, .b_i, .y_o(mul_o));
    quin_f32_max max (.clk_i, .rst_ni, .en_i, .pass_i(1'b0), .a_i, .b_i, .y_o(max_o));
    quin_f32_rint rint (.clk_i, .en_i, .x_i, .y_o(rint_o));
    quin_f32_from_int from_int (.clk_i, .rst_ni, .en_i, .x_i(integer_i), .y_o(from_int_o));
    quin_func func (.clk_i, .rst_ni, .en_i, .func_i, .x_i, .y_o(function_o));
    quin_f32_to_int8 to_int8 (.clk_i, .rst_ni, .en_i, .x_i(q_i), .format_i, .y_o(code_o));

    assign latency_add_o = 8'(quin_cell_pkg::F32_ADD_LATENCY);
    assign latency_mul_o = 8'(quin_cell_pkg::F32_MUL_LATENCY);
    assign latency_max_o = 8'(quin_cell_pkg::F32_MAX_LATENCY);
    assign latency_rint_o = 8'(quin_cell_pkg::F32_RINT_LATENCY);
    assign latency_from_int_o = 8'(quin_cell_pkg::F32_FROM_INT_LATENCY);
    assign latency_function_o = 8'(quin_cell_pkg::FUNC_LATENCY);
    assign latency_code_o = 8'(quin_cell_pkg::F32_TO_INT8_LATENCY);
endmodule
`default_nettype wire
