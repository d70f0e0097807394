// SPDX-License-Identifier: Apache-2.0
// y = the integer nearest to x as binary32, halves to even; the sign of zero is kept, |x| >= 2^23 and
// infinities are unchanged, NaN gives the one NaN (docs/numerics.md). Combinational.
`default_nettype none
module quin_f32_rint (
    input  logic [31:0] x_i,
    output logic [31:0] y_o
);
    // The pattern of a magnitude is rounded as an integer: a carry out of the fraction raises the exponent. Half a
    // unit is added and what lies below the unit dropped; after a tie the unit's bit is cleared too. That bit is the
    // hidden one for an exponent field of 127, and the pattern holds the field's lowest bit in its place: odd as well.
    logic [7:0]  exponent;
    logic [22:0] below, half;  // the fraction bits under the unit's; the highest of them
    logic [23:0] unit;
    logic [30:0] sum, rounded;
    logic        tie;
    assign exponent = x_i[30:23];
    // 7fffff >> (exponent - 127), read for exponents 127..149, whose five low bits are 31, 0, 1 .. 21
    assign below = exponent[4:0] == 5'd31 ? 23'h7fffff : 23'h3fffff >> exponent[4:0];
    assign half = below & ~{1'b0, below[22:1]};
    assign unit = {half, 1'b0};
    assign tie = (x_i[22:0] & below) == half;
    assign sum = x_i[30:0] + {8'b0, half};
    assign rounded = sum & ~{8'b0, below} & ~{7'b0, unit & {24{tie}}};

    logic nan;
    assign nan = exponent == 8'hff && x_i[22:0] != 0;
    assign y_o = nan ? 32'h7fc00000 :
                 exponent >= 8'd150 ? x_i :
                 exponent >= 8'd127 ? {x_i[31], rounded} :
                 exponent == 8'd126 && x_i[22:0] != 0 ? {x_i[31], 31'h3f800000} :  // 1/2 < |x| < 1
                 {x_i[31], 31'b0};
endmodule
`default_nettype wire
