// SPDX-License-Identifier: Apache-2.0
// z = op(x, y): ADD, SUB in F32_ADD_LATENCY cycles, MUL in F32_MUL_LATENCY, MAX and PASS in F32_MAX_LATENCY.
// PASS hands x on as the other operations see it, with subnormals as zeros; a NaN keeps its bits. One pair a
// cycle; op_i stays the same from two cycles before pairs come until none is inside. Only the cell that op_i
// names moves; the others give 0.
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
    logic        add, sub, mul, pass, other;  // of op_i, a cycle later; other: MAX or PASS
    logic [31:0] product, larger;
    always_ff @(posedge clk_i) begin
        add <= op_i == quin_pkg::VECTOR_OP_ADD || op_i == quin_pkg::VECTOR_OP_SUB;
        sub <= op_i == quin_pkg::VECTOR_OP_SUB;
        mul <= rst_ni && op_i == quin_pkg::VECTOR_OP_MUL;
        pass <= op_i != quin_pkg::VECTOR_OP_MAX;
        other <= rst_ni && op_i != quin_pkg::VECTOR_OP_ADD && op_i != quin_pkg::VECTOR_OP_SUB &&
                 op_i != quin_pkg::VECTOR_OP_MUL;
    end

    quin_f32_add adder (
        .clk_i, .rst_ni, .en_i((en_i && add) || side_en_i), .a_i(side_i ? side_x_i : x_i),
        .b_i(side_i ? side_y_i : y_i), .sub_i(!side_i && sub), .y_o(sum_o)
    );
    // A cell in reset gives 0.
    quin_f32_mul multiplier (.clk_i, .rst_ni(mul), .en_i(en_i && mul), .a_i(x_i), .b_i(y_i), .y_o(product));
    quin_f32_max maximum (
        .clk_i, .rst_ni(other), .en_i(en_i && other), .pass_i(pass), .a_i(x_i), .b_i(y_i), .y_o(larger)
    );
    assign z_o = (sum_o & {32{add}}) | product | larger;
endmodule
`default_nettype wire
