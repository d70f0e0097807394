// SPDX-License-Identifier: Apache-2.0
// One lane: y = op2(op1(a, b), c), op = PASS, ADD, SUB, MUL or MAX, in the cycles that quin_vector_op
// takes for both and one between them; the operations stay the same while elements are inside. op2's adder
// serves the reduction SUM as well (side_*).
`default_nettype none
module quin_vector_lane (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        en_i,
    input  logic [2:0]  op1_i,
    input  logic [2:0]  op2_i,
    input  logic [31:0] a_i,
    input  logic [31:0] b_i,
    input  logic [31:0] c_i,
    output logic [31:0] y_o,
    input  logic        side_en_i,
    input  logic        side_i,
    input  logic [31:0] side_x_i,
    input  logic [31:0] side_y_i,
    output logic [31:0] sum_o
);
    localparam int Add = quin_cell_pkg::F32_ADD_LATENCY;
    localparam int Mul = quin_cell_pkg::F32_MUL_LATENCY;
    localparam int Max = quin_cell_pkg::F32_MAX_LATENCY;  // of PASS, too; the least
    localparam int Most = Add < Mul ? Mul : Add;
    logic [31:0] z, t, c, unused_sum;

    quin_vector_op op1 (
        .clk_i, .rst_ni, .en_i, .op_i(op1_i), .x_i(a_i), .y_i(b_i), .z_o(z), .side_en_i(1'b0), .side_i(1'b0),
        .side_x_i(32'b0), .side_y_i(32'b0), .sum_o(unused_sum)
    );

    // The result stands in a register before the second operation, and c meets it there.
    logic [32*Most-1:0]  c_q;  // the newest in the lowest bits
    logic [31:0]         c_d;
    logic                add, mul;
    always_ff @(posedge clk_i) begin
        add <= op1_i == quin_pkg::VECTOR_OP_ADD || op1_i == quin_pkg::VECTOR_OP_SUB;
        mul <= op1_i == quin_pkg::VECTOR_OP_MUL;
    end
    always_comb begin
        if (add)
            c_d = c_q[32*Add-1 -: 32];
        else if (mul)
            c_d = c_q[32*Mul-1 -: 32];
        else
            c_d = c_q[32*Max-1 -: 32];
    end
    always_ff @(posedge clk_i) begin
        if (en_i) begin
            c_q <= {c_q[32*Most-33:0], c_i};
            t <= z;
            c <= c_d;
        end
    end
    quin_vector_op op2 (
        .clk_i, .rst_ni, .en_i, .op_i(op2_i), .x_i(t), .y_i(c), .z_o(y_o), .side_en_i, .side_i, .side_x_i,
        .side_y_i, .sum_o
    );

    logic unused;
    assign unused = ^unused_sum;
endmodule
`default_nettype wire
