// SPDX-License-Identifier: Apache-2.0
// y = the integer nearest to x as binary32, halves to even; the sign of zero is kept, |x| >= 2^23 and
// infinities are unchanged, NaN gives the one NaN (docs/numerics.md). Latency quin_cell_pkg::F32_RINT_LATENCY;
// en_i = 0 freezes it. y_o comes through the adder behind the register.
`default_nettype none
module quin_f32_rint (
    input  logic        clk_i,
    input  logic        en_i,
    input  logic [31:0] x_i,
    output logic [31:0] y_o
);
    // The pattern of a magnitude is rounded as an integer: a carry out of the fraction raises the exponent. Half a
    // unit is added and what lies below the unit dropped; after a tie the unit's bit is cleared too. That bit is the
    // hidden one for an exponent field of 127, and the pattern holds the field's lowest bit in its place: odd as well.
    logic [7:0]  exponent;
    logic [22:0] below, below_q, half, half_q;  // the fraction bits under the unit's; the highest of them
    logic        nan, nan_q, keep_q, round_q, one_q, tie_q;
    logic [31:0] x_q;
    logic [30:0] sum, rounded;
    assign exponent = x_i[30:23];
    // 7fffff >> (exponent - 127), read for exponents 127..149, whose five low bits are 31, 0, 1 .. 21
    assign below = exponent[4:0] == 5'd31 ? 23'h7fffff : 23'h3fffff >> exponent[4:0];
    assign half = below & ~{1'b0, below[22:1]};
    assign nan = exponent == 8'hff && x_i[22:0] != 0;

    always_ff @(posedge clk_i) begin
        if (en_i) begin
            x_q <= x_i;
            below_q <= below;
            tie_q <= (x_i[22:0] & below) == half;
            nan_q <= nan;
            keep_q <= exponent >= 8'd150 && !nan;
            round_q <= exponent >= 8'd127 && exponent < 8'd150;
            one_q <= exponent == 8'd126 && x_i[22:0] != 0;  // 1/2 < |x| < 1
        end
    end

    assign half_q = below_q & ~{1'b0, below_q[22:1]};
    assign sum = x_q[30:0] + {8'b0, half_q};
    assign rounded = sum & ~{8'b0, below_q} & ~{7'b0, {half_q, 1'b0} & {24{tie_q}}};
    assign y_o[31] = x_q[31] && !nan_q;
    assign y_o[30:0] = (rounded & {31{round_q}}) | (x_q[30:0] & {31{keep_q}}) |
                       (31'h3f800000 & {31{one_q}}) | (31'h7fc00000 & {31{nan_q}});
endmodule
`default_nettype wire
