// SPDX-License-Identifier: Apache-2.0
// A group's reduction: SUM (quin_vector_sum) or MAX, ABSMAX, ARGMAX (quin_vector_best). Takes a step of
// Lanes elements a cycle, those visible, in order; groups follow each other without a pause as far as
// issue's distances hold. valid_o marks the one cycle of a group's result; index_o is ARGMAX's.
`default_nettype none
module quin_vector_reduce #(
    parameter int Lanes = 4,
    parameter int SumLoop = 4,
    parameter int SumBanks = 2
) (
    input  logic                clk_i,
    input  logic                rst_ni,
    input  logic [2:0]          reduce_i,
    input  logic                sum_i,      // reduce_i is SUM
    input  logic                valid_i,
    input  logic [2*Lanes:0]    meta_i,
    input  logic [32*Lanes-1:0] t_i,
    output logic                side_en_o,  // the lanes' adders, for SUM
    output logic                side_o,
    output logic [32*Lanes-1:0] side_x_o,
    output logic [32*Lanes-1:0] side_y_o,
    input  logic [32*Lanes-1:0] sums_i,
    output logic                sum_done_o,
    output logic                sum_idle_o,
    output logic                valid_o,
    output logic [31:0]         value_o,
    output logic [19:0]         index_o
);
    logic        last, sum_valid, best_valid;
    logic [31:0] sum_value, best_value;
    assign last = meta_i[2*Lanes];

    quin_vector_sum #(.Lanes(Lanes), .Loop(SumLoop), .Banks(SumBanks)) summer (
        .clk_i, .rst_ni, .valid_i(valid_i && sum_i), .last_i(last), .visible_i(meta_i[Lanes-1:0]), .t_i,
        .side_en_o, .side_o, .side_x_o, .side_y_o, .sum_i(sums_i), .valid_o(sum_valid), .value_o(sum_value),
        .idle_o(sum_idle_o)
    );
    quin_vector_best #(.Lanes(Lanes)) best (
        .clk_i, .rst_ni, .reduce_i, .valid_i(valid_i && !sum_i), .last_i(last), .visible_i(meta_i[Lanes-1:0]),
        .t_i,
        .valid_o(best_valid), .value_o(best_value), .index_o
    );
    assign sum_done_o = sum_valid;
    assign valid_o = sum_valid || best_valid;
    assign value_o = sum_i ? sum_value : best_value;

    logic unused;
    assign unused = ^meta_i[2*Lanes-1:Lanes];
endmodule
`default_nettype wire
