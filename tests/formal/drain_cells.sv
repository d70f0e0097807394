// SPDX-License-Identifier: Apache-2.0
// Proof: the drain's sum is acc + (x | y) and its join is 3 y + sum or, for the first trit, sum, modulo 2^bits, for all
// inputs; in plain logic and, with QUIN_ECP5, in the carry cells as Yosys' model of CCU2C computes them.
`default_nettype none

module drain_cells (
    input logic        clk_i,
    input logic [31:0] acc_i,
    input logic [31:0] x_i,
    input logic [31:0] y_i,
    input logic        en_i,
    input logic        first_i,
    input logic [22:0] sum_i
);
    logic [31:0] sum;
    logic [37:0] y, expected_q;
    logic        known_q;
    quin_drain_sum sum_dut (.acc_i, .x_i, .y_i, .sum_o(sum));
    quin_join #(.SumBits(23), .JoinBits(38)) join_dut (.clk_i, .en_i, .first_i, .sum_i, .y_o(y));

    initial known_q = 1'b0;
    always_ff @(posedge clk_i) begin
        if (en_i) expected_q <= (first_i ? 38'd0 : y + y + y) + {{15{sum_i[22]}}, sum_i};
        if (en_i && first_i) known_q <= 1'b1;
    end

    always_comb begin
        assert (sum == acc_i + (x_i | y_i));
        if (known_q) assert (y == expected_q);
    end
endmodule

`default_nettype wire
