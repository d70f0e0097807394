// SPDX-License-Identifier: Apache-2.0
// One trit off a packed byte: 3 * q = (trit + 1) * 256 + rest. plus: the trit is +1; minus: it is -1. Combinational.
`default_nettype none

module quin_trit_tap (
    input  logic [7:0] byte_i,
    output logic       plus_o,
    output logic       minus_o,
    output logic [7:0] rest_o
);
    // 3 * q is 0 .. 765. Its lowest bit is that of q, and bits 7 .. 1 are a sum whose carry meets the highest bit of q.
    logic [7:0] sum;
    assign sum = {1'b0, byte_i[6:0]} + {1'b0, byte_i[7:1]};
    assign plus_o = byte_i[7] && sum[7];
    assign minus_o = !byte_i[7] && !sum[7];
    assign rest_o = {sum[6:0], byte_i[0]};
endmodule

`default_nettype wire
