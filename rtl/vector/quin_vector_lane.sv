// SPDX-License-Identifier: Apache-2.0
// One lane: y = rint?(op2(op1(flush(a), b), c)), op = PASS, ADD, SUB, MUL or MAX. Each operation takes
// F32_ADD_LATENCY cycles, or 1 for PASS and MAX (long_o in quin_vector_flow follows the same rule); the
// operations stay the same while elements are inside. rint is combinational behind the last register.
`default_nettype none
module quin_vector_lane (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        en_i,
    input  logic [2:0]  op1_i,
    input  logic [2:0]  op2_i,
    input  logic        rint_i,
    input  logic [31:0] a_i,
    input  logic [31:0] b_i,
    input  logic [31:0] c_i,
    output logic [31:0] y_o
);
    localparam int Long = quin_cell_pkg::F32_ADD_LATENCY;
    logic [31:0] a, t, u, c_short, c_long, c, whole;
    logic        long1;

    // PASS hands the operand on as the other operations see it; a NaN keeps its bits.
    assign a = {a_i[31], a_i[30:0] & {31{a_i[30:23] != 0}}};
    quin_vector_op op1 (.clk_i, .rst_ni, .en_i, .op_i(op1_i), .x_i(a), .y_i(b_i), .z_o(t));

    // c meets the first operation's result.
    assign long1 = op1_i != quin_pkg::VECTOR_OP_PASS && op1_i != quin_pkg::VECTOR_OP_MAX;
    quin_delay #(.Width(32), .Cycles(1)) delay_short (.clk_i, .en_i, .d_i(c_i), .q_o(c_short));
    quin_delay #(.Width(32), .Cycles(Long - 1)) delay_long (.clk_i, .en_i, .d_i(c_short), .q_o(c_long));
    assign c = long1 ? c_long : c_short;
    quin_vector_op op2 (.clk_i, .rst_ni, .en_i, .op_i(op2_i), .x_i(t), .y_i(c), .z_o(u));

    quin_f32_rint rint (.x_i(u), .y_o(whole));
    assign y_o = rint_i ? whole : u;
endmodule
`default_nettype wire
