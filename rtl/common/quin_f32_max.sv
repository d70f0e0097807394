// SPDX-License-Identifier: Apache-2.0
// y = the larger of a and b, flushed: NaN loses against a number, two NaN give the one NaN, +0 > -0
// (docs/numerics.md). Combinational.
`default_nettype none
module quin_f32_max (
    input  logic [31:0] a_i,
    input  logic [31:0] b_i,
    output logic [31:0] y_o
);
    // The order of subnormals, zeros all, does not matter: the sign decides between them.
    logic        a_nan, b_nan, take_a;
    logic [31:0] larger;
    assign a_nan = a_i[30:23] == 8'hff && a_i[22:0] != 0;
    assign b_nan = b_i[30:23] == 8'hff && b_i[22:0] != 0;
    assign take_a = !a_nan && (b_nan || (a_i[31] != b_i[31] ? b_i[31] : (a_i[30:0] > b_i[30:0]) != a_i[31]));
    assign larger = take_a ? a_i : b_i;
    assign y_o = a_nan && b_nan ? 32'h7fc00000 : {larger[31], larger[30:0] & {31{larger[30:23] != 0}}};
endmodule
`default_nettype wire
