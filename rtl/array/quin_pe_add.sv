// SPDX-License-Identifier: Apache-2.0
// sum = acc + operand, where the operand is a for plus, -a for minus and 0 for neither (never both). acc is
// hi * 256 + lo, a is int8: lo wraps, and hi counts the wrap, carry_out - (operand is negative), up or down.
// Combinational. With QUIN_ECP5 the choice of the operand stands inside the carry cells, a LUT4 a bit and no more.
`default_nettype none

module quin_pe_add #(
    parameter int CarryBits = 15,
    parameter int SumBits = CarryBits + 8  // derived
) (
    input  logic [SumBits-1:0] acc_i,
    input  logic [7:0]         a_i,
    input  logic               plus_i,
    input  logic               minus_i,
    output logic [SumBits-1:0] sum_o
);
    // One carry chain: -a is ~a + 1, the 1 comes in from below; hi takes the carry of lo's adder as its carry in and
    // the operand's sign in every bit.
`ifdef QUIN_ECP5
    // The cell's LUT4 of {D, C, B, A} = {minus, plus, a, acc} says whether it propagates: acc, acc ^ a or
    // acc ^ ~a. If it does not, the carry out is the lower four bits' function of {B, A}: acc.
    localparam int Pairs = (SumBits + 2) / 2;
    logic [2*Pairs-1:0] acc, a, sum;
    logic [Pairs:0]     carry;
    logic               unused_top;
    assign acc = (2 * Pairs)'({acc_i, minus_i});  // the lowest cell makes the carry: acc, nothing to propagate
    assign a = (2 * Pairs)'({{CarryBits{a_i[7]}}, a_i, 1'b0});
    assign carry[0] = 1'b0;
    assign sum_o = sum[SumBits:1];
    assign unused_top = ^{carry[Pairs], sum};

    genvar i;
    generate
        for (i = 0; i < Pairs; i = i + 1) begin : g_pair
            CCU2C #(
                .INIT0(i == 0 ? 16'h000a : 16'ha96a), .INIT1(16'ha96a), .INJECT1_0("NO"), .INJECT1_1("NO")
            ) cell_pair (
                .CIN(carry[i]), .COUT(carry[i+1]),
                .A0(acc[2*i]), .B0(a[2*i]), .C0(plus_i), .D0(i == 0 ? 1'b1 : minus_i), .S0(sum[2*i]),
                .A1(acc[2*i+1]), .B1(a[2*i+1]), .C1(plus_i), .D1(minus_i), .S1(sum[2*i+1])
            );
        end
    endgenerate
`else
    logic [7:0]       operand;
    logic [SumBits:0] sum;
    logic             unused_bit;
    assign operand = (a_i & {8{plus_i}}) | (~a_i & {8{minus_i}});
    assign sum = {acc_i, 1'b1} + {{CarryBits{operand[7]}}, operand, minus_i};
    assign sum_o = sum[SumBits:1];
    assign unused_bit = sum[0];
`endif
endmodule

`default_nettype wire
