// SPDX-License-Identifier: Apache-2.0
// z = op(x, y): ADD, SUB in F32_ADD_LATENCY cycles, MUL in F32_MUL_LATENCY, MAX in 2, PASS in 1. PASS hands x
// on as the other operations see it, with subnormals as zeros; a NaN keeps its bits. One pair a cycle; op_i
// stays the same from a cycle before pairs come until none is inside. Only the cell that op_i names moves.
// The adder may serve another: side_i gives it side_x + side_y in place of x and y, sum_o is what leaves it;
// side_en_i moves it while such a pair is inside. The user sees to it that both never meet.
`default_nettype none
module quin_vector_op (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        en_i,
    input  logic [2:0]  op_i,
    input  logic [31:0] x_i,
    input  logic [31:0] y_i,
    output logic [31:0] z_o,
    input  logic        side_en_i,
    input  logic        side_i,
    input  logic [31:0] side_x_i,
    input  logic [31:0] side_y_i,
    output logic [31:0] sum_o
);
    logic        add, sub, mul, max, other;  // of op_i, a cycle later; other: MAX or PASS
    logic        side;
    logic [31:0] product, larger, max_x_q, max_y_q, short_q;
    always_ff @(posedge clk_i) begin
        add <= op_i == quin_pkg::VECTOR_OP_ADD || op_i == quin_pkg::VECTOR_OP_SUB;
        sub <= op_i == quin_pkg::VECTOR_OP_SUB;
        mul <= op_i == quin_pkg::VECTOR_OP_MUL;
        max <= op_i == quin_pkg::VECTOR_OP_MAX;
        other <= op_i != quin_pkg::VECTOR_OP_ADD && op_i != quin_pkg::VECTOR_OP_SUB &&
                 op_i != quin_pkg::VECTOR_OP_MUL;
    end

    assign side = side_i || !add;
    quin_f32_add adder (
        .clk_i, .rst_ni, .en_i((en_i && add) || side_en_i), .a_i(side ? side_x_i : x_i),
        .b_i(side ? side_y_i : y_i), .sub_i(!side && sub), .y_o(sum_o)
    );
    quin_f32_mul multiplier (.clk_i, .rst_ni, .en_i(en_i && mul), .a_i(x_i), .b_i(y_i), .y_o(product));
    quin_f32_max maximum (.a_i(max_x_q), .b_i(max_y_q), .y_o(larger));

    always_ff @(posedge clk_i) begin
        if (en_i && max) begin
            max_x_q <= x_i;
            max_y_q <= y_i;
        end
        if (en_i && other) short_q <= max ? larger : {x_i[31], x_i[30:0] & {31{x_i[30:23] != 0}}};
    end
    assign z_o = (sum_o & {32{add}}) | (product & {32{mul}}) | (short_q & {32{other}});
endmodule
`default_nettype wire
