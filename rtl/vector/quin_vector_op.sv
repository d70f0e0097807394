// SPDX-License-Identifier: Apache-2.0
// z = op(x, y): PASS x (as it is), ADD, SUB, MUL in F32_ADD_LATENCY cycles, MAX and PASS in 1. One pair a
// cycle; op_i stays the same while pairs are inside. Only the cell that op_i names is enabled.
`default_nettype none
module quin_vector_op (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        en_i,
    input  logic [2:0]  op_i,
    input  logic [31:0] x_i,
    input  logic [31:0] y_i,
    output logic [31:0] z_o
);
    logic        add, mul;
    logic [31:0] sum, product, larger, short_q;
    assign add = op_i == quin_pkg::VECTOR_OP_ADD || op_i == quin_pkg::VECTOR_OP_SUB;
    assign mul = op_i == quin_pkg::VECTOR_OP_MUL;

    quin_f32_add adder (.clk_i, .rst_ni, .en_i(en_i && add), .a_i(x_i), .b_i(y_i),
                        .sub_i(op_i == quin_pkg::VECTOR_OP_SUB), .y_o(sum));
    quin_f32_mul multiplier (.clk_i, .rst_ni, .en_i(en_i && mul), .a_i(x_i), .b_i(y_i), .y_o(product));
    quin_f32_max max (.a_i(x_i), .b_i(y_i), .y_o(larger));

    always_ff @(posedge clk_i)
        if (en_i && !add && !mul) short_q <= op_i == quin_pkg::VECTOR_OP_MAX ? larger : x_i;
    assign z_o = add ? sum : mul ? product : short_q;

    generate
        if (quin_cell_pkg::F32_ADD_LATENCY != quin_cell_pkg::F32_MUL_LATENCY) begin : g_unequal
            quin_vector_op_needs_adder_and_multiplier_of_one_latency stop ();
        end
    endgenerate
endmodule
`default_nettype wire
