// SPDX-License-Identifier: Apache-2.0
// Joins the trits' sums of a value by Horner, most significant first: en_i: y = (first ? 0 : 3 y) + sum.
// y_o is there in the cycle after and stays. With QUIN_ECP5 the choice stands inside the carry cells.
`default_nettype none

module quin_join #(
    parameter int SumBits = 23,
    parameter int JoinBits = 38
) (
    input  logic                clk_i,
    input  logic                en_i,
    input  logic                first_i,
    input  logic [SumBits-1:0]  sum_i,   // signed
    output logic [JoinBits-1:0] y_o
);
    logic [JoinBits-1:0] tripled, addend, y;
    assign tripled = (y_o << 1) + y_o;
    assign addend = {{JoinBits-SumBits{sum_i[SumBits-1]}}, sum_i};

`ifdef QUIN_ECP5
    // As in quin_pe_add: LUT4 of {D, C, B, A} = {0, not first, tripled, addend} propagates addend ^ tripled
    // or addend; if it does not, the carry out is the addend's bit.
    localparam int Pairs = (JoinBits + 1) / 2;
    logic [2*Pairs-1:0] a, b, s;
    logic [Pairs:0]     carry;
    logic               unused_top;
    assign a = (2 * Pairs)'(addend);
    assign b = (2 * Pairs)'(tripled);
    assign carry[0] = 1'b0;
    assign y = s[JoinBits-1:0];
    assign unused_top = ^{carry[Pairs], s};

    genvar i;
    generate
        for (i = 0; i < Pairs; i = i + 1) begin : g_pair
            CCU2C #(.INIT0(16'h6a6a), .INIT1(16'h6a6a), .INJECT1_0("NO"), .INJECT1_1("NO")) cell_pair (
                .CIN(carry[i]), .COUT(carry[i+1]),
                .A0(a[2*i]), .B0(b[2*i]), .C0(!first_i), .D0(1'b0), .S0(s[2*i]),
                .A1(a[2*i+1]), .B1(b[2*i+1]), .C1(!first_i), .D1(1'b0), .S1(s[2*i+1])
            );
        end
    endgenerate
`else
    assign y = (first_i ? '0 : tripled) + addend;
`endif

    always_ff @(posedge clk_i)
        if (en_i) y_o <= y;
endmodule

`default_nettype wire
