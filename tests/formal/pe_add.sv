// SPDX-License-Identifier: Apache-2.0
// Proof: the adder of a PE is acc + a, acc - a or acc, modulo 2^SumBits, for all inputs; in plain logic and, with
// QUIN_ECP5, in the carry cells as Yosys' model of CCU2C computes them. Combinational: one step is everything.
`default_nettype none

module pe_add (
    input logic [22:0] acc_i,
    input logic [7:0]  a_i,
    input logic        plus_i,
    input logic        minus_i
);
    logic [22:0] sum, a, expected;
    quin_pe_add #(.CarryBits(15)) dut (.acc_i, .a_i, .plus_i, .minus_i, .sum_o(sum));
    assign a = {{15{a_i[7]}}, a_i};
    assign expected = plus_i ? acc_i + a : minus_i ? acc_i - a : acc_i;

    always_comb begin
        assume (!(plus_i && minus_i));
        assert (sum == expected);
    end
endmodule

`default_nettype wire
