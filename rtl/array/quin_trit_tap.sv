// SPDX-License-Identifier: Apache-2.0
// One trit off a packed byte: 3 * q = (trit + 1) * 256 + rest. plus: the trit is +1; minus: it is -1. Combinational.
`default_nettype none

module quin_trit_tap (
    input  logic [7:0] byte_i,
    output logic       plus_o,
    output logic       minus_o,
    output logic [7:0] rest_o
);
    logic [9:0] triple;  // 0 .. 765
    assign triple = {1'b0, byte_i, 1'b0} + {2'b0, byte_i};
    assign plus_o = triple[9];
    assign minus_o = triple[9:8] == 2'd0;
    assign rest_o = triple[7:0];
endmodule

`default_nettype wire
