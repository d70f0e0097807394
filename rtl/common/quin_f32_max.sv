// SPDX-License-Identifier: Apache-2.0
// y = the larger of a and b, flushed: NaN loses against a number, two NaN give the one NaN, +0 > -0
// (docs/numerics.md). Combinational.
`default_nettype none
module quin_f32_max (
    input  logic [31:0] a_i,
    input  logic [31:0] b_i,
    output logic [31:0] y_o
);
    // Subnormals count as zeros of their sign. The order of sign and magnitude as unsigned numbers: positive
    // ones above negative ones, the magnitudes of negative ones inverted.
    logic [31:0] a, b, a_key, b_key;
    logic        a_nan, b_nan;
    assign a = {a_i[31], a_i[30:0] & {31{a_i[30:23] != 0}}};
    assign b = {b_i[31], b_i[30:0] & {31{b_i[30:23] != 0}}};
    assign a_nan = a_i[30:23] == 8'hff && a_i[22:0] != 0;
    assign b_nan = b_i[30:23] == 8'hff && b_i[22:0] != 0;
    assign a_key = {!a[31], a[30:0] ^ {31{a[31]}}};
    assign b_key = {!b[31], b[30:0] ^ {31{b[31]}}};

    always_comb begin
        if (a_nan && b_nan)
            y_o = 32'h7fc00000;
        else if (b_nan || (!a_nan && a_key >= b_key))
            y_o = a;
        else
            y_o = b;
    end
endmodule
`default_nettype wire
