// SPDX-License-Identifier: Apache-2.0
// y = the larger of a and b, flushed: NaN loses against a number, two NaN give the one NaN, +0 > -0
// (docs/numerics.md). With pass_i y = a, flushed, and a NaN keeps its bits. Latency 2
// (quin_cell_pkg::F32_MAX_LATENCY), one pair a cycle; en_i = 0 freezes the pipeline, rst_ni = 0 makes y +0.
//   1: compare   2: choose, flush
`default_nettype none
module quin_f32_max (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        en_i,
    input  logic        pass_i,
    input  logic [31:0] a_i,
    input  logic [31:0] b_i,
    output logic [31:0] y_o
);
    // Stage 1. The order of subnormals, zeros all, does not matter: the sign decides between them. Of two NaN
    // b is taken, which is the one NaN already.
    logic a_nan, b_nan, take_a;
    assign a_nan = a_i[30:23] == 8'hff && a_i[22:0] != 0;
    assign b_nan = b_i[30:23] == 8'hff && b_i[22:0] != 0;
    assign take_a = !a_nan && (b_nan || (a_i[31] != b_i[31] ? b_i[31] : (a_i[30:0] > b_i[30:0]) != a_i[31]));

    logic [31:0] a_q, b_q;
    logic        take_a_q, a_normal_q, b_normal_q;
    always_ff @(posedge clk_i) begin
        if (en_i) begin
            a_q <= a_i;
            b_q <= b_nan ? 32'h7fc00000 : b_i;
            take_a_q <= pass_i || take_a;
            a_normal_q <= a_i[30:23] != 0;
            b_normal_q <= b_i[30:23] != 0;
        end
    end

    // Stage 2.
    logic        normal;
    logic [31:0] taken;
    assign normal = take_a_q ? a_normal_q : b_normal_q;
    assign taken = take_a_q ? a_q : b_q;
    always_ff @(posedge clk_i) begin
        if (!rst_ni)
            y_o <= '0;
        else if (en_i)
            y_o <= {taken[31], taken[30:0] & {31{normal}}};
    end
endmodule
`default_nettype wire
