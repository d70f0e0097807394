// SPDX-License-Identifier: Apache-2.0
// One place of the array: hi * 256 + lo = sum over a tile of trit * a, exact while it fits CarryBits + 8 bits.
//   en:         {hi, lo} += plus ? a : minus ? -a : 0   lo, 8 bits, wraps; hi counts the wraps up or down
//   end:        the sum that ends here goes to the shadow, and {hi, lo} becomes 0 for the next tile; with en, but for
//               places that are not in use: there the shadow has no meaning, and {hi, lo} is 0 already
// The trit's and the activation's beat is added at the clock edge; wrap_o tells in the same cycle that lo passes
// 0 or 256. Nothing changes without en, and neither hi nor lo for a zero trit.
`default_nettype none

module quin_pe #(
    parameter int CarryBits = 15
) (
    input  logic                 clk_i,
    input  logic                 rst_ni,
    input  logic                 en_i,
    input  logic                 end_i,
    input  logic                 plus_i,
    input  logic                 minus_i,
    input  logic [7:0]           a_i,
    output logic                 wrap_o,
    output logic [CarryBits+7:0] shadow_o  // hi * 256 + lo of the tile before
);
    logic [7:0]           lo_q;
    logic [CarryBits-1:0] hi_q;
    logic [CarryBits+7:0] sum;
    logic                 clear;

    quin_pe_add #(.CarryBits(CarryBits)) add (
        .acc_i({hi_q, lo_q}), .a_i, .plus_i, .minus_i, .sum_o(sum)
    );

    // Clearing is a synchronous reset, also at a tile's end: no gates in the way of the sum.
    assign clear = !rst_ni || end_i;

    always_ff @(posedge clk_i) begin
        if (clear) {hi_q, lo_q} <= '0;
        else if (en_i) {hi_q, lo_q} <= sum;
    end
    always_ff @(posedge clk_i)
        if (end_i) shadow_o <= sum;

    // hi moves by one at a wrap and else not at all: its lowest bit tells.
    assign wrap_o = en_i && (sum[8] ^ hi_q[0]);
endmodule

`default_nettype wire
