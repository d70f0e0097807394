// SPDX-License-Identifier: Apache-2.0
// One trit off a packed byte: 3 * q = (trit + 1) * 256 + rest. nz: the trit is not 0; neg: it is -1 (or 0).
// Combinational.
`default_nettype none

module quin_trit_tap (
    input  logic [7:0] byte_i,
    output logic       nz_o,
    output logic       neg_o,
    output logic [7:0] rest_o
);
    logic [9:0] triple;
    assign triple = {1'b0, byte_i, 1'b0} + {2'b0, byte_i};
    assign neg_o = !triple[9];  // trit + 1 is 0, 1 or 2
    assign nz_o = !triple[8];
    assign rest_o = triple[7:0];
endmodule

`default_nettype wire
